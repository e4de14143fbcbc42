//! Runs the binary.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// The end of a run.
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

/// The binary with `arguments`, without the variables of the shell that runs the tests.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-stack"));
    command.args(arguments);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("SERVICE_MANAGER_") || name.ends_with("_BASE_URL") || name.starts_with("AWS_") {
            command.env_remove(&variable);
        }
    }
    command
}

/// Runs the binary to its end.
pub fn run(arguments: &[&str]) -> Ended {
    run_with(arguments, &[], "")
}

/// The same with environment variables and a standard input.
pub fn run_with(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ended {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A program that reads nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ended = child.wait_with_output().unwrap();
    Ended {
        status: ended.status.code().unwrap(),
        output: String::from_utf8(ended.stdout).unwrap(),
        errors: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// A stack that the binary runs.
pub struct Running {
    /// Its start-up screen.
    pub screen: String,
    child: Child,
}

impl Running {
    /// Starts one on free ports and waits until it is ready.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_logging(arguments, Stdio::null())
    }

    /// The same with standard error, which is the log, going to `log`.
    pub fn start_logging(arguments: &[&str], log: impl Into<Stdio>) -> Self {
        Self::run(command(&["--port", "0"]).args(arguments).stderr(log))
    }

    /// The same with environment variables.
    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        Self::run(command(&["--port", "0"]).envs(variables.iter().copied()))
    }

    fn run(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut running = Self { screen: String::new(), child };
        let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        while !running.screen.lines().last().is_some_and(|line| line.starts_with("Ready")) {
            running.screen += &(lines.next().expect("a line that begins with Ready").unwrap() + "\n");
        }
        running
    }

    /// The rest of the screen's line that begins with `label`.
    pub fn line(&self, label: &str) -> &str {
        let line = self.screen.lines().find_map(|line| line.trim_start().strip_prefix(label));
        line.expect(label).trim_start()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
