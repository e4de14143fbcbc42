//! Reads the walk-throughs of a Markdown file.
//!
//! A walk-through is made of the file's console blocks. Lines that begin with `$ ` are commands, lines that begin with
//! `> ` continue a command, and the lines up to the next command are its output. A block belongs to the walk-through that
//! its fence names: none (`console`) for Dropsuite, `console dropbox`, or `console connectwise`. Each walk-through has a
//! stack and a shell of its own.

use std::ops::Range;

use service_manager::vendor::VendorName;
use thiserror::Error;

/// The walk-through that a block belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The endpoints of the BSS, with Dropsuite.
    Dropsuite,
    /// The endpoints of the BSS, with Dropbox.
    Dropbox,
    /// The portal, with Dropsuite and `ConnectWise`.
    ConnectWise,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Dropsuite, Self::Dropbox, Self::ConnectWise];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropsuite => "dropsuite",
            Self::Dropbox => "dropbox",
            Self::ConnectWise => "connectwise",
        }
    }

    /// The vendor of its stack.
    pub const fn vendor(self) -> VendorName {
        match self {
            Self::Dropsuite | Self::ConnectWise => VendorName::Dropsuite,
            Self::Dropbox => VendorName::Dropbox,
        }
    }

    /// The topic of a fence's text behind `console`.
    fn of_fence(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::Dropsuite),
            "dropbox" => Some(Self::Dropbox),
            "connectwise" => Some(Self::ConnectWise),
            _ => None,
        }
    }
}

/// A command and the output that the file shows for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The heading above it, without `#`; empty before the first heading.
    pub heading: String,
    /// The paragraph right above its block, for the first command of a block; else empty.
    pub introduction: String,
    /// The command, with line breaks if it is continued.
    pub command: String,
    /// The output that the file shows. Each line ends with a line break.
    pub expected: String,
    /// The line of the command in the file, from 1.
    pub line: usize,
    /// The lines of the output in the file, from 0.
    pub output_lines: Range<usize>,
    /// The spaces in front of each line of the block.
    pub indent: usize,
}

/// The commands of one topic, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walkthrough {
    /// Its topic.
    pub topic: Topic,
    /// Its commands.
    pub steps: Vec<Step>,
}

/// A console block that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The fence names no known topic.
    #[error("line {0}: the console block is for none of: dropsuite (no name), dropbox, connectwise")]
    UnknownTopic(usize),
    /// A block begins with output.
    #[error("line {0}: output without a command above it in its block")]
    NoCommand(usize),
    /// A block is not closed.
    #[error("line {0}: the block that begins here is not closed")]
    NotClosed(usize),
}

/// The walk-throughs in `text`, in the order of their first blocks.
pub fn parse(text: &str) -> Result<Vec<Walkthrough>, ParseError> {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.read(index, line)?;
    }
    match reader.block {
        Some(block) => Err(ParseError::NotClosed(block.line)),
        None => Ok(by_topic(reader.steps)),
    }
}

fn by_topic(steps: Vec<(Topic, Step)>) -> Vec<Walkthrough> {
    let mut walkthroughs: Vec<Walkthrough> = Vec::new();
    for (topic, step) in steps {
        match walkthroughs.iter_mut().find(|walkthrough| walkthrough.topic == topic) {
            Some(walkthrough) => walkthrough.steps.push(step),
            None => walkthroughs.push(Walkthrough { topic, steps: vec![step] }),
        }
    }
    walkthroughs
}

/// An open fenced block.
struct Block {
    /// None for a block that is not a console's.
    topic: Option<Topic>,
    indent: usize,
    line: usize,
    place: Place,
}

/// The place of the next line in a console block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeCommands,
    InCommand,
    InOutput,
}

#[derive(Default)]
struct Reader {
    steps: Vec<(Topic, Step)>,
    heading: String,
    paragraph: String,
    paragraph_ended: bool,
    block: Option<Block>,
}

impl Reader {
    fn read(&mut self, index: usize, line: &str) -> Result<(), ParseError> {
        match self.block.take() {
            None => return self.read_prose(index, line),
            Some(_) if line.trim() == "```" => self.paragraph.clear(),
            Some(mut block) => {
                if let Some(topic) = block.topic {
                    // An empty line of an indented block has no indentation.
                    let line = line.get(block.indent..).unwrap_or_default();
                    block.place = self.read_console(topic, &block, index, line)?;
                }
                self.block = Some(block);
            }
        }
        Ok(())
    }

    fn read_prose(&mut self, index: usize, line: &str) -> Result<(), ParseError> {
        let trimmed = line.trim_start_matches(' ');
        // More backticks than three, or backticks behind them, quote a fence.
        if let Some(info) = trimmed.strip_prefix("```").filter(|info| !info.contains('`')) {
            let topic = match info.trim_end().strip_prefix("console") {
                Some(name) => Some(Topic::of_fence(name.trim_start()).ok_or(ParseError::UnknownTopic(index + 1))?),
                None => None,
            };
            let indent = line.len() - trimmed.len();
            self.block = Some(Block { topic, indent, line: index + 1, place: Place::BeforeCommands });
        } else if let Some(heading) = line.strip_prefix('#') {
            heading.trim_start_matches('#').trim().clone_into(&mut self.heading);
            self.paragraph.clear();
        } else if trimmed.is_empty() {
            self.paragraph_ended = true;
        } else {
            if std::mem::take(&mut self.paragraph_ended) {
                self.paragraph.clear();
            }
            if !self.paragraph.is_empty() {
                self.paragraph.push('\n');
            }
            self.paragraph.push_str(trimmed);
        }
        Ok(())
    }

    /// Reads a line of `block`, which has lost its indentation, and returns the place of the next one.
    fn read_console(&mut self, topic: Topic, block: &Block, index: usize, line: &str) -> Result<Place, ParseError> {
        let next = index + 1;
        if let Some(command) = line.strip_prefix("$ ") {
            let step = Step {
                heading: self.heading.clone(),
                introduction: std::mem::take(&mut self.paragraph),
                command: command.to_owned(),
                expected: String::new(),
                line: next,
                output_lines: next..next,
                indent: block.indent,
            };
            self.steps.push((topic, step));
            return Ok(Place::InCommand);
        }
        let Some((_, step)) = self.steps.last_mut().filter(|_| block.place != Place::BeforeCommands) else {
            return Err(ParseError::NoCommand(next));
        };
        if let Some(continuation) = line.strip_prefix("> ").filter(|_| block.place == Place::InCommand) {
            step.command.push('\n');
            step.command.push_str(continuation);
            step.output_lines = next..next;
            return Ok(Place::InCommand);
        }
        step.expected.push_str(line);
        step.expected.push('\n');
        step.output_lines.end = next;
        Ok(Place::InOutput)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        let [walkthrough] = parse(text).unwrap().try_into().unwrap();
        walkthrough.steps
    }

    #[test]
    fn a_block_is_read_as_commands_and_their_outputs() {
        let text = "# Title\n\n## Part\n\nFirst.\n\nDoes two\nthings:\n\n```console\n$ a=1\n$ echo $a\n1\n\n2\n```\n";
        let [define, print] = steps(text).try_into().unwrap();
        let expected = Step {
            heading: "Part".to_owned(),
            introduction: "Does two\nthings:".to_owned(),
            command: "a=1".to_owned(),
            expected: String::new(),
            line: 11,
            output_lines: 11..11,
            indent: 0,
        };
        assert_eq!(define, expected);
        let expected = Step {
            introduction: String::new(),
            command: "echo $a".to_owned(),
            expected: "1\n\n2\n".to_owned(),
            line: 12,
            output_lines: 12..15,
            ..expected
        };
        assert_eq!(print, expected);
    }

    #[test]
    fn a_command_is_continued_by_lines_with_a_prompt_until_its_output_begins() {
        let [step] = steps("```console\n$ echo 1 \\\n> 2\n1 2\n> 3\n```\n").try_into().unwrap();
        assert_eq!((step.command.as_str(), step.expected.as_str()), ("echo 1 \\\n2", "1 2\n> 3\n"));
        assert_eq!(step.output_lines, 3..5);
    }

    #[test]
    fn an_indented_block_loses_its_indentation_also_where_a_line_is_empty() {
        let [step] = steps("1. In a list:\n\n   ```console\n   $ f\n   a\n\n     b\n   ```\n").try_into().unwrap();
        assert_eq!((step.command.as_str(), step.expected.as_str(), step.indent), ("f", "a\n\n  b\n", 3));
        assert_eq!(step.introduction, "1. In a list:");
    }

    #[test]
    fn each_topic_is_a_walkthrough_and_other_blocks_are_none() {
        let text = "```console dropbox\n$ a\n```\n```sh\n# no heading\n$ b\n```\n```console\n$ c\n```\n\
                    ```console dropbox\n$ d\n```\nWrite ```` ```console x ```` there.\n";
        let commands: Vec<_> = parse(text)
            .unwrap()
            .into_iter()
            .map(|walkthrough| {
                let commands: Vec<_> = walkthrough.steps.into_iter().map(|step| step.command).collect();
                (walkthrough.topic, commands.join(" "))
            })
            .collect();
        assert_eq!(commands, [(Topic::Dropbox, "a d".to_owned()), (Topic::Dropsuite, "c".to_owned())]);
    }

    #[test]
    fn a_block_that_cannot_be_run_is_refused_with_its_line() {
        assert_eq!(parse("\n```console box\n```\n"), Err(ParseError::UnknownTopic(2)));
        assert_eq!(parse("```console\n$ a\n```\n```console\n1\n```\n"), Err(ParseError::NoCommand(5)));
        assert_eq!(parse("text\n\n```console\n$ a\n"), Err(ParseError::NotClosed(3)));
    }

    #[test]
    fn every_tutorial_is_one_walkthrough_with_outputs() {
        for topic in Topic::ALL {
            let walkthroughs = parse(super::super::tutorial(topic)).unwrap();
            let [walkthrough] = walkthroughs.try_into().unwrap();
            assert_eq!(walkthrough.topic, topic);
            assert!(walkthrough.steps.iter().any(|step| !step.expected.is_empty()), "{topic:?}");
        }
    }
}
