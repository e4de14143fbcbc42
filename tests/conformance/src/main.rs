//! The command that writes and checks what follows from the list of endpoints.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use conformance::template::Template;
use conformance::{Error, declared, generated, template_check, transformed};

/// Writes what follows from the sources, and checks template.yaml.
///
/// From the list of endpoints and the list of background functions: the binaries in functions/Cargo.toml, the binaries of
/// endpoints that are missing in functions/, the routes of `cargo lambda watch` in Cargo.toml, and
/// tests/conformance/openapi.json. From the error codes and the vendors' settings fields: their tables in docs/reference/.
///
/// template.yaml is not written. The command prints each difference: a role with more or fewer permissions than the
/// grants of its function, and for an endpoint that the template lacks the function, role, log group, route and alarms
/// to paste.
///
/// Exits with 0 if everything agrees, and with 1 if something is left to do.
#[derive(Debug, Parser)]
#[command(name = "cargo run -p conformance --", verbatim_doc_comment)]
struct Arguments {
    /// Write nothing; print the differences.
    #[arg(long)]
    check: bool,
    /// Only compare the roles in these templates, which SAM made of template.yaml, with those in template.yaml.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    transformed: Vec<PathBuf>,
}

fn main() -> Result<ExitCode, Error> {
    let arguments = Arguments::parse();
    let declared = declared::functions();
    if !arguments.transformed.is_empty() {
        return compare(&arguments.transformed, declared.len());
    }
    let mut left = 0;
    for file in generated::files(&declared)?.into_iter().filter(|file| file.old != file.new) {
        if arguments.check {
            println!("{}", file.diff());
            left += 1;
        } else {
            file.write()?;
            println!("{}: written", file.path);
        }
    }
    for finding in template_check::findings(&Template::read()?, &declared) {
        println!("{finding}");
        left += 1;
    }
    println!("{} functions; {left} differences left", declared.len());
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compares the roles in transformed templates with those in `template.yaml`.
fn compare(files: &[PathBuf], functions: usize) -> Result<ExitCode, Error> {
    let mut found = 0;
    for file in files {
        let findings = transformed::findings(file)?;
        found += findings.len();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        println!("{name}: the roles of {functions} functions, {} differences", findings.len());
        for finding in findings {
            println!("{finding}");
        }
    }
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
