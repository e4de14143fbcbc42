//! Who names whom: rooms, files and other packages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::graph::Graph;
use crate::names::{ModulePath, Names, Source, Target};
use crate::references::{self, Kind, Reference};

/// Who names whom in the sources.
///
/// Paths are seen, method calls are not: `account.email()` leads to no edge, the `use` of the account's type does.
#[derive(Default)]
pub struct Survey {
    /// Rooms by the rooms that they name.
    pub rooms: Graph,
    /// Files by the files whose items they name.
    pub files: Graph,
    /// Rooms by the paths outside `shared/src` that they name.
    pub outside: Graph,
    /// The module documentation of each room.
    pub documentation: BTreeMap<String, String>,
}

impl Survey {
    /// Surveys all files in `folder` and below.
    pub fn read(folder: &Path) -> Self {
        let mut sources = Vec::new();
        read(folder, "", &mut sources);
        Self::of(&sources)
    }

    /// Surveys `sources`.
    pub fn of(sources: &[Source]) -> Self {
        let names = Names::of(sources);
        let mut survey = Self::default();
        for source in sources {
            survey.files.entry(source.file.clone()).or_default();
            if let [room] = source.module().as_slice() {
                let lines = source.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
                survey.documentation.insert(room.clone(), lines.collect::<Vec<_>>().join(" "));
            }
            if let Some(room) = room(&source.module()) {
                survey.rooms.entry(room).or_default();
            }
        }
        for reference in references::of(sources) {
            survey.add(sources, &names, &reference);
        }
        survey
    }

    fn add(&mut self, sources: &[Source], names: &Names, reference: &Reference) {
        let source = &sources[reference.file];
        let (target, through) = names.resolve(&reference.module, &reference.segments);
        let text = source.text.lines().nth(reference.line - 1).unwrap_or_default().trim();
        let path = reference.segments.join("::");
        let place = format!("shared/src/{}:{}: {path} in `{text}`", source.file, reference.line);
        if let Some(here) = room(&source.module()) {
            let mut there: BTreeSet<_> = through.iter().filter_map(room).collect();
            if let Target::Item(module) = &target {
                there.extend(room(module));
            }
            for there in there.into_iter().filter(|there| *there != here) {
                push(&mut self.rooms, &here, &there, &place);
            }
            // A single word in a path is a local name more often than a package.
            if let Target::Outside(path) = &target
                && (path.len() > 1 || reference.kind != Kind::Path)
            {
                push(&mut self.outside, &here, &path.join("::"), &place);
            }
        }
        let defined = match &target {
            // A facade hands on what is defined below it. A path through the facade leads to the file that defines the item.
            Target::Item(module) if reference.kind == Kind::ReExport && module.starts_with(&reference.module) => None,
            Target::Item(module) => Some(module),
            Target::Module(module) if reference.kind == Kind::Glob => Some(module),
            Target::Module(_) | Target::Outside(_) => None,
        };
        if let Some(file) = defined.and_then(|module| names.file(module)).filter(|file| *file != reference.file) {
            push(&mut self.files, &source.file, &sources[file].file, &place);
        }
    }
}

fn push(graph: &mut Graph, from: &str, to: &str, place: &str) {
    let places = graph.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default();
    places.push(place.to_owned());
}

/// The room that `module` stands in; none for `lib.rs`.
fn room(module: &ModulePath) -> Option<String> {
    module.first().cloned()
}

fn read(folder: &Path, below: &str, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source::new(name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
