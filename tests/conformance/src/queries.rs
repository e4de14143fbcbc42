//! The saved queries of CloudWatch Logs Insights. They are written here once; the template and the documentation have
//! generated copies.

use std::fmt::Write as _;

use crate::Error;
use crate::declared::Declared;

/// Most log groups that one query may read, by the quotas of CloudWatch Logs.
pub const MAX_LOG_GROUPS: usize = 50;

/// Functions that the queries leave out, because the quota does not suffice for all: they answer the same to everybody, serve
/// pages, sign people in, or read or mark items of the table, and call neither the vendor nor ConnectWise. The operator of the
/// last three sees their reports.
pub const LEFT_OUT: [&str; 40] = [
    "accounts-syncoptions",
    "fields-additionalinfo",
    "portal-app",
    "portal-session-get",
    "portal-session-delete",
    "portal-settings-get",
    "portal-plans-list",
    "portal-links-delete",
    "portal-links-list",
    "portal-additions-list",
    "portal-snoozes-delete",
    "portal-snoozes-list",
    "portal-snoozes-save",
    "portal-ticketfields-delete",
    "portal-ticketfields-list",
    "portal-ticketrules-get",
    "portal-ticketrules-save",
    "portal-tickets-list",
    "portal-audit-list",
    "portal-audit-csv",
    "portal-audit-dismiss",
    "portal-history-list",
    "portal-history-csv",
    "portal-audit-run",
    "portal-audit-settings",
    "portal-identity-get",
    "portal-identity-save",
    "portal-identity-delete",
    "portal-people-list",
    "portal-people-save",
    "portal-people-delete",
    "portal-session-start",
    "portal-session-callback",
    "portal-usagekey-create",
    "portal-usagekey-get",
    "portal-usagekey-revoke",
    "connectwise-schedule",
    "customers-move",
    "tokens-replace",
    "teams-migrate",
];

/// A saved query.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Name, below the name of the stack.
    pub name: &'static str,
    /// The question that it answers, for the documentation.
    pub question: &'static str,
    /// Words in capitals that the reader replaces.
    pub replace: &'static [&'static str],
    /// The query, one command a line.
    pub lines: &'static [&'static str],
}

/// Unfolds the calls of a line, one row each.
const EACH_CALL: &str = "fields jsonParse(fields.vendor_calls) as calls | unnest calls into call";

/// All saved queries.
pub const QUERIES: [Query; 12] = [
    Query {
        name: "customers-of-a-code",
        question: "Which customers received an error code?",
        replace: &["CODE"],
        lines: &[
            "filter fields.message = \"request\" and fields.code = CODE",
            "stats count(*) as requests, min(@timestamp) as first, max(@timestamp) as last by fields.application, fields.partner, fields.account, fields.organization",
            "sort last desc",
            "limit 1000",
        ],
    },
    Query {
        name: "one-request",
        question: "What happened in one request? `REFERENCE` is the reference of an error, a request id or the BSS's TrackId.",
        replace: &["REFERENCE"],
        lines: &[
            "fields @timestamp, @log, @message",
            "filter @message like \"REFERENCE\"",
            "sort @timestamp",
            "limit 1000",
        ],
    },
    Query {
        name: "requests-of-an-account",
        question: "What was asked for an account of the BSS, and with what result?",
        replace: &["ACCOUNT"],
        lines: &[
            "filter fields.message = \"request\" and fields.account = \"ACCOUNT\"",
            "sort @timestamp desc",
            "display @timestamp, fields.request_id, fields.track_id, fields.endpoint, fields.subscription, fields.organization, fields.product, fields.quantity, fields.code, fields.reason",
            "limit 1000",
        ],
    },
    Query {
        name: "requests-of-an-application",
        question: "What did an installation of the BSS, or an MSP in the portal, ask for?",
        replace: &["APPLICATION"],
        lines: &[
            "filter fields.message = \"request\" and fields.application = \"APPLICATION\"",
            "sort @timestamp desc",
            "display @timestamp, fields.request_id, fields.key_number, fields.endpoint, fields.account, fields.company, fields.subscription, fields.code, fields.reason",
            "limit 1000",
        ],
    },
    Query {
        name: "calls-for-an-account",
        question: "What was sent to the vendor and to ConnectWise for an account?",
        replace: &["ACCOUNT"],
        lines: &[
            "filter fields.account = \"ACCOUNT\" and ispresent(fields.vendor_calls)",
            "sort @timestamp desc",
            EACH_CALL,
            "display @timestamp, fields.message, fields.endpoint, fields.organization, call.method, call.path, call.status, call.error, call.duration_ms, call.body",
            "limit 1000",
        ],
    },
    Query {
        name: "calls-of-a-partner",
        question: "How do the vendor and ConnectWise answer the calls of a partner?",
        replace: &["PARTNER"],
        lines: &[
            "filter fields.partner = \"PARTNER\" or fields.msp = \"PARTNER\"",
            EACH_CALL,
            "stats count(*) as calls, max(call.duration_ms) as slowest_ms, max(@timestamp) as last by call.method, call.path, call.status, call.error",
            "sort calls desc",
            "limit 1000",
        ],
    },
    Query {
        name: "calls-with-a-body",
        question: "Which request sent a body? `DIGEST` is [computed from it](../reference/metrics-and-logs.md#vendor-calls).",
        replace: &["DIGEST"],
        lines: &[
            "filter fields.vendor_calls like \"DIGEST\"",
            "sort @timestamp desc",
            "display @timestamp, fields.message, fields.request_id, fields.attempt_id, fields.application, fields.account, fields.subscription, fields.organization",
            "limit 1000",
        ],
    },
    Query {
        name: "slow-calls",
        question: "Which calls took more than five seconds?",
        replace: &[],
        lines: &[
            "filter ispresent(fields.vendor_calls)",
            EACH_CALL,
            "filter call.duration_ms > 5000",
            "sort call.duration_ms desc",
            "display @timestamp, fields.message, fields.endpoint, fields.partner, fields.msp, call.method, call.path, call.status, call.error, call.duration_ms",
            "limit 1000",
        ],
    },
    Query {
        name: "failed-additions-and-tickets",
        question: "Which additions and tickets wait for a person, and why?",
        replace: &[],
        lines: &[
            "filter fields.message = \"sync finished\" and fields.state = \"failed\"",
            "stats count(*) as attempts, max(@timestamp) as last by fields.msp, fields.kind, fields.application, fields.account, fields.organization, fields.partition, fields.reason",
            "sort last desc",
            "limit 1000",
        ],
    },
    Query {
        name: "stuck-jobs",
        question: "Which orders were left unfinished, and why can they not be finished?",
        replace: &[],
        lines: &[
            "filter fields.message in [\"abandoned job is stuck\", \"renewal check is stuck\"]",
            "sort @timestamp desc",
            "display @timestamp, fields.application, fields.partner, fields.account, fields.subscription, fields.organization, fields.operation, fields.step, fields.since, fields.reason",
            "limit 1000",
        ],
    },
    Query {
        name: "failed-checks",
        question: "Which organizations' backups cannot be checked, and why?",
        replace: &[],
        lines: &[
            "filter fields.message in [\"failed to check organization\", \"the vendor refuses the MSP's tokens\"]",
            "stats count(*) as checks, max(@timestamp) as last by fields.msp, fields.organization, fields.message, fields.error",
            "sort last desc",
            "limit 1000",
        ],
    },
    Query {
        name: "callers-by-key",
        question: "Which key do the installations and the reporters use?",
        replace: &[],
        lines: &[
            "filter fields.message = \"request\" and ispresent(fields.key_number)",
            "stats count(*) as requests, max(@timestamp) as last by fields.application, fields.reporter, fields.key_number",
            "sort last desc",
        ],
    },
];

impl Query {
    /// Returns the query as one text.
    pub fn text(&self) -> String {
        self.lines.join("\n| ")
    }

    /// Returns the logical id in the template.
    pub fn id(&self) -> String {
        let capital = |word: &str| {
            let (first, rest) = word.split_at_checked(1).unwrap_or_default();
            first.to_uppercase() + rest
        };
        format!("{}Query", self.name.split('-').map(capital).collect::<String>())
    }
}

/// Returns the queries as resources of the template. Each reads the logs of all functions but [`LEFT_OUT`].
pub fn resources(declared: &[Declared]) -> Result<String, Error> {
    let read = declared.iter().filter(|one| !LEFT_OUT.contains(&one.name.as_str()));
    let logs: Vec<_> = read.map(|one| format!("!Ref {}Log", one.id())).collect();
    let logs: Vec<_> = logs.chunks(4).map(|row| format!("        {}", row.join(", "))).collect();
    let logs = logs.join(",\n");
    let mut text = String::new();
    for query in QUERIES {
        let lines = query.text().replace('\n', "\n        ");
        writeln!(
            text,
            "  {}:\n    Type: AWS::Logs::QueryDefinition\n    Properties:\n      Name: !Sub ${{AWS::StackName}}/{}\n      LogGroupNames: [\n{logs}]\n      QueryString: |-\n        {lines}\n",
            query.id(),
            query.name
        )?;
    }
    Ok(text)
}

/// Returns the table of queries for operators.
pub fn table() -> Result<String, Error> {
    let mut table = "| query | answers | replace |\n| --- | --- | --- |\n".to_owned();
    for query in QUERIES {
        let words: Vec<_> = query.replace.iter().map(|word| format!("`{word}`")).collect();
        let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        writeln!(table, "| `{}` | {} | {words} |", query.name, query.question)?;
    }
    Ok(table)
}

/// Returns the texts of the queries for the reference.
pub fn texts() -> Result<String, Error> {
    let mut texts = String::new();
    for query in QUERIES {
        writeln!(texts, "`{}`:\n\n```text\n{}\n```\n", query.name, query.text())?;
    }
    Ok(texts)
}
