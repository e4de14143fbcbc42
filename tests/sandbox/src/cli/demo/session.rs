//! One walk-through on a running stack.

use std::io;
use std::path::Path;

use sandbox::stack::Stack;
use similar::TextDiff;

use super::addresses::Addresses;
use super::document::{Step, Walkthrough};
use super::presenter::{self, Presenter};
use super::shell::Shell;
use crate::cli::Error;

/// A walk-through with the shell that runs it.
pub struct Session<'a> {
    walkthrough: &'a Walkthrough,
    path: &'a Path,
    base_url: &'a str,
    addresses: Addresses,
    shell: Shell,
}

/// The comparison of the outputs with the printed ones.
pub enum Comparison {
    /// All are the same; as many of them are not empty.
    Same(usize),
    /// The first difference, after as many outputs that are the same.
    Different {
        /// How many outputs are the same.
        passed: usize,
        /// The difference, as a unified diff and the command.
        report: String,
    },
}

impl<'a> Session<'a> {
    /// Starts a shell whose commands call `stack` at `addresses`. `path` is the file of `walkthrough`.
    pub fn start(
        walkthrough: &'a Walkthrough,
        path: &'a Path,
        stack: &'a Stack,
        addresses: Addresses,
    ) -> io::Result<Self> {
        Ok(Self { walkthrough, path, base_url: &stack.base_url, addresses, shell: Shell::start()? })
    }

    /// Prints each command and its output.
    pub async fn present(&mut self, mut presenter: Presenter) -> Result<(), Error> {
        presenter.begin(self.walkthrough, self.base_url)?;
        for step in &self.walkthrough.steps {
            presenter.command(step, &self.addresses.to_running(&step.command))?;
            let output = self.run(step).await?;
            presenter::output(&output)?;
        }
        Ok(presenter::end(self.walkthrough)?)
    }

    /// Runs commands up to the first output that is not the printed one.
    pub async fn compare(&mut self) -> Result<Comparison, Error> {
        let mut passed = 0;
        for step in &self.walkthrough.steps {
            let output = self.printed_output(step).await?;
            if output != step.expected {
                return Ok(Comparison::Different { passed, report: self.difference(step, &output) });
            }
            passed += usize::from(!output.is_empty());
        }
        Ok(Comparison::Same(passed))
    }

    /// Runs all commands and returns their outputs.
    pub async fn outputs(&mut self) -> Result<Vec<String>, Error> {
        let mut outputs = Vec::new();
        for step in &self.walkthrough.steps {
            outputs.push(self.printed_output(step).await?);
        }
        Ok(outputs)
    }

    /// The output of `step`, with the addresses that the file prints.
    async fn printed_output(&mut self, step: &Step) -> Result<String, Error> {
        let output = self.run(step).await?;
        Ok(self.addresses.to_printed(&output))
    }

    async fn run(&mut self, step: &Step) -> Result<String, Error> {
        let output = self.shell.run(&self.addresses.to_running(&step.command)).await;
        output.map_err(|error| format!("{}: {error}: {}", self.place(step), step.command).into())
    }

    fn difference(&self, step: &Step, output: &str) -> String {
        let place = self.place(step);
        let diff = TextDiff::from_lines(step.expected.as_str(), output);
        let diff = diff.unified_diff().header(&format!("{place}, as printed"), "the output now").to_string();
        format!("{diff}{place}: {}", step.command)
    }

    fn place(&self, step: &Step) -> String {
        format!("{}:{}", self.path.display(), step.line)
    }
}
