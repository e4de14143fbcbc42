//! Moves the addresses that walk-throughs print to those of the stack that runs.

use sandbox::stack::{DEFAULT_PORT, Stack};

/// The host that walk-throughs print.
const HOST: &str = "127.0.0.1:";

/// The default ports with the ports of the running stack.
pub struct Addresses(Vec<(u16, u16)>);

impl Addresses {
    /// Those of `stack`.
    pub fn of(stack: &Stack) -> Self {
        Self((DEFAULT_PORT..).zip(stack.ports()).collect())
    }

    /// `text`, with the running stack's ports for the default ones.
    pub fn to_running(&self, text: &str) -> String {
        replace(text, |port| self.0.iter().find(|(default, _)| *default == port).map(|(_, running)| *running))
    }

    /// `text`, with the default ports for the running stack's.
    pub fn to_printed(&self, text: &str) -> String {
        replace(text, |port| self.0.iter().find(|(_, running)| *running == port).map(|(default, _)| *default))
    }
}

fn replace(text: &str, change: impl Fn(u16) -> Option<u16>) -> String {
    let mut parts = text.split(HOST);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
        let (port, rest) = part.split_at(end);
        replaced.push_str(HOST);
        match port.parse().ok().and_then(&change) {
            Some(port) => replaced.push_str(&port.to_string()),
            None => replaced.push_str(port),
        }
        replaced.push_str(rest);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_is_moved_once_and_others_stay() {
        let addresses = Addresses(vec![(9000, 9001), (9001, 9002)]);
        let text = "http://127.0.0.1:9000/api 127.0.0.1:9001 127.0.0.1:90001 127.0.0.1: 9000";
        let running = "http://127.0.0.1:9001/api 127.0.0.1:9002 127.0.0.1:90001 127.0.0.1: 9000";
        assert_eq!(addresses.to_running(text), running);
        assert_eq!(addresses.to_printed(running), text);
    }
}
