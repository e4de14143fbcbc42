//! The default of a command of an operator: it reports, and changes nothing.

/// The default of `dryRun`, so that a command changes nothing unless that is asked for.
pub fn dry_run_by_default() -> bool {
    true
}
