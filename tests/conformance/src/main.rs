//! The command that writes and checks what follows from the list of endpoints.

use std::process::ExitCode;

use clap::Parser;
use conformance::template::Template;
use conformance::{Error, declared, generated, template_check};

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
}

fn main() -> Result<ExitCode, Error> {
    let arguments = Arguments::parse();
    let declared = declared::functions();
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
