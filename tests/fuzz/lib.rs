//! Fuzz targets: everything that parses bytes of someone else. A target fails by a panic: of the code, or of an assertion
//! here.

#![expect(clippy::panic, clippy::expect_used, clippy::missing_panics_doc, reason = "a failed assertion is the finding")]

pub mod bodies;
pub mod events;
pub mod inputs;
pub mod vendors;

/// A target.
pub struct Target {
    /// The name, and the folder of its first inputs.
    pub name: &'static str,
    /// The input, for the table.
    pub parses: &'static str,
    /// Parses any bytes.
    pub run: fn(&[u8]),
}

/// The targets.
pub const TARGETS: [Target; 8] = [
    Target { name: "bss", parses: "bodies of the BSS's requests", run: bodies::bss },
    Target { name: "portal", parses: "bodies of the portal's requests", run: bodies::portal },
    Target { name: "reports", parses: "bodies of reports", run: bodies::reports },
    Target { name: "gateway", parses: "API Gateway's events", run: events::gateway },
    Target { name: "queues", parses: "events of the stream, the queues and the redrive", run: events::queues },
    Target { name: "vendors", parses: "answers of Dropsuite, Dropbox and ConnectWise", run: vendors::decode },
    Target { name: "conditions", parses: "ConnectWise's conditions, and texts in tickets", run: vendors::conditions },
    Target { name: "dates", parses: "ConnectWise's dates and time zones", run: vendors::dates },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_accepts_every_first_input() {
        for Target { name, .. } in TARGETS {
            let first = inputs::first(name).unwrap();
            assert!(!first.is_empty(), "{name} has no first inputs");
            for Target { run, .. } in TARGETS {
                for input in &first {
                    run(input);
                }
            }
        }
    }
}
