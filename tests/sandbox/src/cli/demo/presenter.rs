//! Prints a walk-through as it runs.

use std::io::{self, BufRead, IsTerminal, Write};

use super::document::{Step, Walkthrough};

/// Prints each heading once, each command with the text above it, and outputs.
pub struct Presenter {
    heading: String,
    pause: bool,
}

impl Presenter {
    /// Waits for Enter before each command if `pause` is set.
    pub fn new(pause: bool) -> Self {
        Self { heading: String::new(), pause }
    }

    /// Prints where the commands run.
    pub fn begin(&self, walkthrough: &Walkthrough, base_url: &str) -> io::Result<()> {
        let (topic, count) = (walkthrough.topic.name(), walkthrough.steps.len());
        writeln!(io::stdout(), "Walk-through {topic}: {count} commands on a new stack, {base_url}")?;
        if self.pause {
            writeln!(io::stdout(), "Press Enter to run each command, Ctrl-C to stop.")?;
        }
        Ok(())
    }

    /// Prints what stands above a step, and its command.
    pub fn command(&mut self, step: &Step, command: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.heading != step.heading {
            self.heading.clone_from(&step.heading);
            writeln!(out, "\n=== {} ===", step.heading)?;
        }
        if !step.introduction.is_empty() {
            writeln!(out, "\n{}\n", step.introduction)?;
        }
        write!(out, "$ {}", command.replace('\n', "\n> "))?;
        out.flush()?;
        if self.pause {
            io::stdin().lock().read_line(&mut String::new())?;
        }
        // The Enter of a terminal is on the screen already.
        if !self.pause || !io::stdin().is_terminal() {
            writeln!(out)?;
        }
        Ok(())
    }
}

/// Prints an output.
pub fn output(output: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(output.as_bytes())?;
    if !output.is_empty() && !output.ends_with('\n') {
        writeln!(out)?;
    }
    out.flush()
}

/// Prints how to go on by hand.
pub fn end(walkthrough: &Walkthrough) -> io::Result<()> {
    let vendor = walkthrough.topic.vendor();
    writeln!(
        io::stdout(),
        "\nThe walk-through is over and its stack has stopped. To run commands by hand, start a stack with\n\
         \"cargo run -- --vendor {vendor}\" and paste them into another terminal."
    )
}
