//! Moves the addresses that walk-throughs print to those of the stack that runs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sandbox::stack::{DEFAULT_PORT, Stack};

/// The host that walk-throughs print.
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Pairs of a text to find and the text to write in its place.
type Pairs = Vec<(String, String)>;

/// The printed addresses with those that are called instead.
pub struct Addresses {
    called: Pairs,
    printed: Pairs,
}

impl Addresses {
    /// Those of `stack`, which listens on `listening`. If `functions` are given, they are called instead of the stack's own
    /// endpoints.
    pub fn of(stack: &Stack, listening: IpAddr, functions: Option<SocketAddr>) -> Self {
        Self::new(stack.ports(), listening, functions)
    }

    fn new(ports: impl Iterator<Item = u16>, listening: IpAddr, functions: Option<SocketAddr>) -> Self {
        let host = if listening.is_unspecified() { HOST } else { listening };
        let (mut called, mut printed) = (Pairs::new(), Pairs::new());
        for (default, port) in (DEFAULT_PORT..).zip(ports) {
            let default = SocketAddr::new(HOST, default).to_string();
            let functions = functions.filter(|_| called.is_empty());
            called.push((default.clone(), functions.unwrap_or_else(|| SocketAddr::new(host, port)).to_string()));
            // Functions in containers know the stack by another host, and name customers this one.
            printed.extend([host, HOST].map(|host| (SocketAddr::new(host, port).to_string(), default.clone())));
        }
        Self { called, printed }
    }

    /// `text`, with the addresses to call for the printed ones.
    pub fn to_running(&self, text: &str) -> String {
        replace(text, &self.called)
    }

    /// `text`, with the printed addresses for the running stack's.
    pub fn to_printed(&self, text: &str) -> String {
        replace(text, &self.printed)
    }
}

/// `text` with each address of `pairs` replaced once; a longer port is another address.
fn replace(text: &str, pairs: &Pairs) -> String {
    let (mut replaced, mut rest) = (String::new(), text);
    let first = |rest: &str| {
        let found = pairs.iter().filter_map(|(from, to)| Some((position(rest, from)?, from.len(), to)));
        found.min_by_key(|(position, ..)| *position).map(|(position, length, to)| (position, length, to.as_str()))
    };
    while let Some((position, length, to)) = first(rest) {
        let (before, found) = rest.split_at(position);
        replaced.push_str(before);
        replaced.push_str(to);
        (_, rest) = found.split_at(length);
    }
    replaced + rest
}

fn position(text: &str, address: &str) -> Option<usize> {
    let ends = |position: usize| {
        let (_, rest) = text.split_at(position + address.len());
        !rest.starts_with(|character: char| character.is_ascii_digit())
    };
    text.match_indices(address).map(|(position, _)| position).find(|&position| ends(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "http://127.0.0.1:9000/api 127.0.0.1:9001 127.0.0.1:90001 127.0.0.1: 9000";

    #[test]
    fn each_port_is_moved_once_and_others_stay() {
        let addresses = Addresses::new([9001, 9002].into_iter(), HOST, None);
        let running = "http://127.0.0.1:9001/api 127.0.0.1:9002 127.0.0.1:90001 127.0.0.1: 9000";
        assert_eq!(addresses.to_running(TEXT), running);
        assert_eq!(addresses.to_printed(running), TEXT);
    }

    #[test]
    fn functions_are_called_where_they_are_and_name_the_stack_by_either_host() {
        let listening = "172.17.0.1".parse().unwrap();
        let addresses = Addresses::new([9200, 9201].into_iter(), listening, Some("127.0.0.1:3000".parse().unwrap()));
        let running = "http://127.0.0.1:3000/api 172.17.0.1:9201 127.0.0.1:90001 127.0.0.1: 9000";
        assert_eq!(addresses.to_running(TEXT), running);
        assert_eq!(addresses.to_printed("172.17.0.1:9201 127.0.0.1:9201"), "127.0.0.1:9001 127.0.0.1:9001");
    }

    #[test]
    fn a_stack_that_listens_everywhere_is_called_on_this_host() {
        let addresses = Addresses::new([9200].into_iter(), "0.0.0.0".parse().unwrap(), None);
        assert_eq!(addresses.to_running("127.0.0.1:9000"), "127.0.0.1:9200");
    }
}
