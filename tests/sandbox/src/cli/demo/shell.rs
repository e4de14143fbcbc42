//! The bash that runs the commands of a walk-through. One shell runs all of them, so that definitions stay.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The longest that a command may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// Reads a command up to a zero byte, runs it, and ends its output with a zero byte.
const LOOP: &str = r#"while IFS= read -r -d '' _command; do eval "$_command" </dev/null 2>&1; printf '\0'; done"#;

/// A running bash. It ends when this is dropped.
pub struct Shell {
    commands: ChildStdin,
    outputs: BufReader<ChildStdout>,
    _process: Child,
}

impl Shell {
    /// Starts it, without the user's own start-up files.
    pub fn start() -> io::Result<Self> {
        let mut process = Command::new("bash")
            .args(["--noprofile", "--norc", "-c", LOOP])
            .env_remove("BASH_ENV")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("bash, which runs the commands: {error}")))?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(commands), Some(outputs)) => {
                Ok(Self { commands, outputs: BufReader::new(outputs), _process: process })
            }
            _ => Err(io::Error::other("bash has no standard input or output")),
        }
    }

    /// Runs `command` and returns what it prints, standard error included.
    pub async fn run(&mut self, command: &str) -> io::Result<String> {
        self.commands.write_all(command.as_bytes()).await?;
        self.commands.write_all(&[0]).await?;
        self.commands.flush().await?;
        let mut output = Vec::new();
        let reading = self.outputs.read_until(0, &mut output);
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("no end after {} s", PATIENCE.as_secs()));
        timeout(PATIENCE, reading).await.map_err(late)??;
        if output.pop() != Some(0) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the command ended the shell"));
        }
        Ok(String::from_utf8_lossy(&output).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn definitions_stay_and_both_outputs_are_read() {
        let mut shell = Shell::start().unwrap();
        assert_eq!(shell.run("greet() { echo \"hello $1\"; echo bye >&2; }").await.unwrap(), "");
        assert_eq!(shell.run("greet \\\nyou").await.unwrap(), "hello you\nbye\n");
        assert_eq!(shell.run("cat; false; printf x").await.unwrap(), "x");
    }

    #[tokio::test]
    async fn a_command_that_ends_the_shell_is_an_error() {
        let mut shell = Shell::start().unwrap();
        assert_eq!(shell.run("exit 0").await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
