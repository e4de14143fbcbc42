//! Rows of `portal/audit/…`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connectwise::api::addition::number;
use crate::connectwise::{AdditionId, AgreementId, CompanyId, TicketId};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};
use crate::store::{AuditRun, AuditSettings, AuditState, AuditSummary, Finding, FindingKind, Fix, MoneyDirection};

/// State of the last audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "AuditState"))]
#[serde(rename_all = "camelCase")]
pub enum StateView {
    /// There was none.
    None,
    /// It waits to begin.
    Queued,
    /// It reads and compares.
    Running,
    /// It has compared everything.
    Complete,
    /// It ended before it had compared everything.
    Failed,
}

/// The last audit.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Audit"))]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    state: StateView,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    finished_at: Option<Timestamp>,
    /// Number of agreements whose additions were read so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreements: Option<u32>,
    /// Reason of the last attempt that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl AuditView {
    /// Returns the view of a run; `None` before the first one.
    pub fn new(run: Option<AuditRun>) -> Self {
        let state = match run.as_ref().map(|run| run.state) {
            None => StateView::None,
            Some(AuditState::Queued) => StateView::Queued,
            Some(AuditState::Running) => StateView::Running,
            Some(AuditState::Complete) => StateView::Complete,
            Some(AuditState::Failed) => StateView::Failed,
        };
        Self {
            state,
            started_at: run.as_ref().map(|run| run.started_at),
            finished_at: run.as_ref().and_then(|run| run.finished_at),
            agreements: run.as_ref().map(|run| run.progress.agreements),
            reason: run.and_then(|run| run.reason),
        }
    }
}

/// Number of findings of a kind.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct KindCount {
    kind: FindingKind,
    findings: usize,
}

/// Money in a month, in one currency.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct SumView {
    currency: String,
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Number"))]
    not_invoiced: Value,
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Number"))]
    invoiced_too_much: Value,
}

/// Summary of a complete audit. Dismissed findings are not counted.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "AuditRun"))]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    started_at: Timestamp,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    finished_at: Timestamp,
    organizations: usize,
    additions: usize,
    findings: usize,
    by_kind: Vec<KindCount>,
    sums: Vec<SumView>,
}

impl From<AuditSummary> for RunView {
    fn from(summary: AuditSummary) -> Self {
        let findings = summary.findings();
        let sums = summary.sums.into_iter().map(|(currency, sums)| SumView {
            currency,
            not_invoiced: number(sums.not_invoiced),
            invoiced_too_much: number(sums.invoiced_too_much),
        });
        Self {
            started_at: summary.started_at,
            finished_at: summary.finished_at,
            organizations: summary.organizations,
            additions: summary.additions,
            findings,
            by_kind: summary.by_kind.into_iter().map(|(kind, findings)| KindCount { kind, findings }).collect(),
            sums: sums.collect(),
        }
    }
}

/// How findings are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ApplyMode {
    /// They wait for `portal/audit/apply`.
    Ask,
    /// Fixes that only synchronize an addition are applied by the audit.
    Automatically,
}

/// The MSP's choices.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "AuditSettings"))]
#[serde(rename_all = "camelCase")]
pub struct SettingsView {
    /// How findings are applied.
    pub apply: ApplyMode,
    /// The ticket that gets a note once a month if there is anything to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
}

impl From<AuditSettings> for SettingsView {
    fn from(settings: AuditSettings) -> Self {
        let apply = if settings.applies { ApplyMode::Automatically } else { ApplyMode::Ask };
        Self { apply, ticket: settings.ticket }
    }
}

/// Money of a finding in a month.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "FindingMoney"))]
pub struct MoneyView {
    currency: String,
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Number"))]
    amount: Value,
    direction: MoneyDirection,
}

/// The MSP's note that a finding is in order.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct DismissalView {
    note: String,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    at: Timestamp,
}

/// A finding.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Finding"))]
#[serde(rename_all = "camelCase")]
pub struct FindingView {
    id: String,
    kind: FindingKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<ExternalId>,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<ApplicationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<AgreementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addition: Option<AdditionId>,
    /// The quantity that ConnectWise invoices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    billed: Option<Value>,
    /// The quantity to invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_month: Option<MoneyView>,
    /// The MSP's business day on which it was found first.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date")))]
    since: Date,
    text: String,
    advice: String,
    /// The fix that needs no other input; absent if a person must act.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dismissed: Option<DismissalView>,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        Self {
            id: finding.id(),
            kind: finding.kind,
            organization: finding.organization,
            name: finding.name,
            application: finding.account.as_ref().map(|account| account.application),
            account: finding.account.map(|account| account.account),
            subscription: finding.subscription,
            company: finding.company,
            agreement: finding.agreement,
            addition: finding.addition,
            billed: finding.billed.map(number),
            due: finding.due,
            per_month: finding.per_month.map(|money| MoneyView {
                currency: money.currency,
                amount: number(money.amount),
                direction: money.direction,
            }),
            since: finding.since,
            text: finding.text,
            advice: finding.advice,
            fix: finding.fix,
            dismissed: finding.dismissed.map(|dismissal| DismissalView { note: dismissal.note, at: dismissal.at }),
        }
    }
}
