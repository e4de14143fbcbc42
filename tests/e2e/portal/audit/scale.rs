//! An audit costs in proportion to the organizations and agreements. `ORGANIZATIONS=2000` sets the number of organizations; a
//! tenth of them is the other measurement.

use jiff::SignedDuration;
use sandbox::background;
use sandbox::stack::Options;
use serde_json::json;

use crate::client::Bss;
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

async fn quiet_audit(organizations: usize) -> Cost {
    let options = Options { stream: true, dynamodb: None, ..Options::from_env() };
    let mut msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    for number in 1..=organizations {
        let name = format!("Company {number}");
        let (company, agreement) = msp.adds_company(&name).await;
        for _ in 1..agreements_of(number) {
            msp.adds_agreement(company, "Other services").await;
        }
        let email = format!("it@company{number}.example");
        let sold = json!({"company": company, "agreement": agreement, "businessName": name, "email": email});
        msp.done(ORDER, &order(sold)).await;
        if number.is_multiple_of(20) {
            // ConnectWise counts the requests of a minute.
            msp.bss.stack.clock.advance(SignedDuration::from_mins(1));
            msp = msp.with_new_session().await;
        }
    }
    msp.wait_for_additions().await;
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
