//! The file that a walk-through comes from.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fs, io};

use super::document::{self, Topic, Walkthrough};
use super::rewrite::rewritten;
use crate::cli::Error;

/// A tutorial's name, or the path of a Markdown file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A tutorial, which is part of the binary.
    Tutorial(Topic),
    /// A file.
    File(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(topic) = Topic::ALL.into_iter().find(|topic| topic.name() == text) {
            return Ok(Self::Tutorial(topic));
        }
        let path = PathBuf::from(text);
        if path.extension().is_some_and(|extension| extension == "md") {
            return Ok(Self::File(path));
        }
        Err(format!("neither {} nor the path of a Markdown file (.md)", Topic::ALL.map(Topic::name).join(", ")))
    }
}

/// A Markdown file with walk-throughs.
#[derive(Debug)]
pub struct Source {
    /// The name in results, like `dropbox` or `README.md`.
    pub name: String,
    path: PathBuf,
    text: String,
    /// At least one.
    pub walkthroughs: Vec<Walkthrough>,
}

impl Source {
    /// Reads `target`.
    pub fn open(target: &Target) -> Result<Self, Error> {
        let (name, path, text) = match target {
            Target::Tutorial(topic) => (topic.name().to_owned(), tutorial_path(*topic), tutorial(*topic).to_owned()),
            Target::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                (path.display().to_string(), path.clone(), text)
            }
        };
        let walkthroughs = document::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if walkthroughs.iter().flat_map(|walkthrough| &walkthrough.steps).all(|step| step.expected.is_empty()) {
            return Err(
                format!("{}: no console block shows an output, so there is nothing to run", path.display()).into()
            );
        }
        Ok(Self { name, path, text, walkthroughs })
    }

    /// The name of one of the walk-throughs in results.
    pub fn name_of(&self, walkthrough: &Walkthrough) -> String {
        match self.walkthroughs.len() {
            1 => self.name.clone(),
            _ => format!("{} ({})", self.name, walkthrough.topic.name()),
        }
    }

    /// The path to show for the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `outputs`, one for each step of `walkthrough`, into the file.
    pub fn write(&mut self, position: usize, outputs: &[String]) -> Result<(), Error> {
        let in_file = fs::read_to_string(&self.path).map_err(|error| self.failed(&error))?;
        if in_file != self.text {
            return Err(format!("{}: changed since this program was built or began", self.path.display()).into());
        }
        let text =
            rewritten(&self.text, position, outputs).map_err(|error| format!("{}: {error}", self.path.display()))?;
        fs::write(&self.path, &text).map_err(|error| self.failed(&error))?;
        self.walkthroughs = document::parse(&text).map_err(|error| format!("{}: {error}", self.path.display()))?;
        self.text = text;
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.path.display())
    }
}

/// The text of a tutorial, as it was when this binary was built.
pub fn tutorial(topic: Topic) -> &'static str {
    match topic {
        Topic::Dropsuite => include_str!("../../../../../docs/tutorial/dropsuite.md"),
        Topic::Dropbox => include_str!("../../../../../docs/tutorial/dropbox.md"),
        Topic::ConnectWise => include_str!("../../../../../docs/tutorial/connectwise.md"),
    }
}

/// The file of a tutorial, seen from the repository's root.
fn tutorial_path(topic: Topic) -> PathBuf {
    Path::new("docs/tutorial").join(topic.name()).with_extension("md")
}
