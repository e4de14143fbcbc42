//! An audit costs in proportion to the organizations and agreements. `ORGANIZATIONS=2000` sets the number of organizations; a
//! tenth of them is the other measurement.

use std::num::NonZeroU32;

use sandbox::background;
use sandbox::connectwise::Settings;
use sandbox::stack::Options;
use serde_json::{Value, json};

use crate::client::{BACKUP, Bss, is_history};
use crate::portal::audit::month::in_short;
use crate::portal::msp::bodies::{order, plan};
use crate::portal::msp::{AUDIT, CREATE_PLAN, Msp, ORDER};

/// Requests to ConnectWise in a minute, as the template limits the function.
const CONNECTWISE_PER_MINUTE: usize = 160;
/// Requests to the vendor in a minute, as the template limits the function.
const VENDOR_PER_MINUTE: usize = 30;

/// The cost of a quiet audit.
#[derive(Debug)]
struct Cost {
    organizations: usize,
    agreements: usize,
    connectwise: usize,
    vendor: usize,
    read_units: f64,
    write_units: f64,
    /// Largest memory of the process during the audit, without that before it, in MB. It includes what the sandboxes make of
    /// their answers. `None` where the system does not tell.
    memory: Option<u64>,
}

impl Cost {
    /// Returns the minutes that the requests take at the configured limits.
    fn minutes(&self) -> usize {
        self.connectwise.div_ceil(CONNECTWISE_PER_MINUTE).max(self.vendor.div_ceil(VENDOR_PER_MINUTE))
    }
}

/// Returns the number of agreements of a company: most have one or two, and each fortieth has 50.
fn agreements_of(company: usize) -> usize {
    if company.is_multiple_of(40) { 50 } else { 1 + company % 2 }
}

/// The memory of this process, as Linux shows it.
mod memory {
    use std::fs;

    const KILOBYTES_PER_MB: u64 = 1024;

    /// Makes the largest memory until now that of now.
    pub fn forget_largest() {
        let reset_of_the_largest = "5";
        // Elsewhere there is no such file, and no figure.
        let _ = fs::write("/proc/self/clear_refs", reset_of_the_largest);
    }

    /// Returns the memory of now and the largest, in MB.
    pub fn now_and_largest() -> Option<[u64; 2]> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let of = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Some([of("VmRSS:")? / KILOBYTES_PER_MB, of("VmHWM:")? / KILOBYTES_PER_MB])
    }
}

/// The names that a customer has in the table.
struct Customer {
    organization: String,
    company: u32,
    agreement: u32,
    addition: Value,
}

impl Customer {
    /// Returns the table's item of this customer as one of `other`. It is the same if it is not of a customer.
    fn item_of(&self, other: &Self, item: &Value) -> Value {
        match item {
            Value::Object(attributes) => attributes
                .iter()
                .map(|(name, value)| {
                    let number = match name.as_str() {
                        "company" => Some(other.company.to_string()),
                        "agreement" => Some(other.agreement.to_string()),
                        "addition" => Some(other.addition.to_string()),
                        _ => None,
                    };
                    let value = match number {
                        Some(number) if value.get("N").is_some() => json!({ "N": number }),
                        _ if name == "S" => Value::from(self.text_of(other, value.as_str().unwrap())),
                        _ => self.item_of(other, value),
                    };
                    (name.clone(), value)
                })
                .collect(),
            Value::Array(values) => values.iter().map(|value| self.item_of(other, value)).collect(),
            value => value.clone(),
        }
    }

    /// Returns a text whose parts, between `#` and `/`, may be names of this customer, as one of `other`.
    fn text_of(&self, other: &Self, text: &str) -> String {
        let names = |of: &Self| {
            let subscription = format!("{}-1", of.company);
            [
                of.organization.clone(),
                of.company.to_string(),
                of.agreement.to_string(),
                of.addition.to_string(),
                subscription,
            ]
        };
        let (from, to) = (names(self), names(other));
        let part = |part: &str| {
            let (name, separator) = part.split_at(part.trim_end_matches(['#', '/']).len());
            let at = from.iter().position(|from| from == name);
            format!("{}{separator}", at.map_or(name, |at| to[at].as_str()))
        };
        text.split_inclusive(['#', '/']).map(part).collect()
    }
}

/// Sells to a company, and adds `others` like it: at the vendor, in ConnectWise and to the table.
async fn sell(msp: &Msp, others: usize) {
    let (company, agreement) = msp.adds_company("Company 1").await;
    let order = order(json!({"company": company, "agreement": agreement, "businessName": "Company 1"}));
    msp.done(ORDER, &order).await;
    msp.wait_for_additions().await;
    let stack = msp.bss.stack.clone();
    stack.dynamodb.stop_stream(&stack.table).await.unwrap();
    let sold = msp.bss.organizations().last().unwrap().clone();
    let organization = sold["id"].as_str().unwrap().to_owned();
    let addition = msp.addition();
    let first = Customer { organization, company, agreement, addition: addition["id"].clone() };
    let product = u32::try_from(addition["product"]["id"].as_u64().unwrap()).unwrap();
    let table = msp.bss.table().await;
    let mut copies = Vec::new();
    for number in 2..2 + others {
        let name = format!("Company {number}");
        let (company, agreement) = msp.adds_company(&name).await;
        for _ in 1..agreements_of(number) {
            msp.adds_agreement(company, "Other services").await;
        }
        let addition = msp.adds(agreement, product, 3).await;
        let reference = sold["external_id"].as_str().unwrap();
        let reference = reference.strip_suffix(&first.company.to_string()).unwrap().to_owned() + &company.to_string();
        let created = stack.dropsuite.create_in_portal(&json!({
            "email": format!("it@company{number}.example"), "organization_name": name, "country": "US",
            "plan_id": BACKUP, "seats": 3, "external_id": reference,
        }));
        let organization = created.unwrap()["id"].as_str().unwrap().to_owned();
        let other = Customer { organization, company, agreement, addition };
        copies.extend(
            table
                .iter()
                .filter(|item| !is_history(item))
                .map(|item| first.item_of(&other, item))
                .filter(|copy| !table.contains(copy)),
        );
    }
    stack.dynamodb.fill(&stack.table, &copies).await.unwrap();
}

async fn quiet_audit(organizations: usize) -> Cost {
    // The limits are computed from the number of requests. Here nothing waits for them.
    let options = Options {
        stream: true,
        dynamodb: None,
        connectwise_requests_per_minute: Some(NonZeroU32::MAX),
        ..Options::from_env()
    };
    let msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    msp.bss.stack.connectwise.set_settings(Settings { requests_per_minute: None, ..Settings::default() });
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    sell(&msp, organizations - 1).await;
    let msp = msp.with_new_session().await;
    let before = in_short(&msp.audits().await);
    assert_eq!(before.len(), 1, "{before:?}");
    let stack = &msp.bss.stack;
    let calls = || (stack.connectwise.calls().len(), stack.dropsuite.calls().len());
    let ((connectwise, vendor), agreements) = (calls(), msp.records("agreement").len());
    msp.done(AUDIT, &json!({})).await;
    stack.dynamodb.meter();
    memory::forget_largest();
    let at_first = memory::now_and_largest();
    background::audit(&stack.app, &stack.queues).await.unwrap();
    let at_last = memory::now_and_largest();
    let consumed = stack.dynamodb.consumed();
    let after = calls();
    assert_eq!(in_short(&msp.get("audit/list").await), before);
    Cost {
        organizations,
        agreements,
        connectwise: after.0 - connectwise,
        vendor: after.1 - vendor,
        read_units: consumed.iter().map(|operation| operation.reads).sum(),
        write_units: consumed.iter().map(|operation| operation.writes).sum(),
        memory: at_first.zip(at_last).map(|([first, _], [_, largest])| largest.saturating_sub(first)),
    }
}

#[tokio::test]
async fn an_audit_costs_in_proportion_to_the_organizations() {
    let organizations = std::env::var("ORGANIZATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let few = quiet_audit(organizations / 10).await;
    let many = quiet_audit(organizations).await;
    for cost in [&few, &many] {
        println!("{cost:?}: {} minutes at the configured limits, memory {:?} MB", cost.minutes(), cost.memory);
        assert!(cost.connectwise <= cost.agreements + cost.agreements / 1000 + 10, "one request for each agreement");
        assert!(cost.vendor <= cost.organizations / 25 + 5, "one request for each page");
    }
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let per = |units: f64, cost: &Cost| units / cost.organizations as f64;
    let ratio = per(many.read_units, &many) / per(few.read_units, &few);
    println!("read units of an organization: {:.1}, ratio {ratio:.2}", per(many.read_units, &many));
    assert!(ratio <= 1.1, "an organization costs the same, however many there are");
    assert!(
        per(many.write_units - 20.0, &many) <= 0.5,
        "a quiet audit writes what it has read, and no finding: {many:?}"
    );
}
