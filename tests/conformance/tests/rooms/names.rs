//! The meaning of each name in the sources, from the modules, the items that each defines, and its `use` declarations.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;
use syn::{Item, ItemMod, ItemUse, UseTree};

/// The path of a module, without `crate`. That of `lib.rs` is empty.
pub type ModulePath = Vec<String>;

/// A path as it is written, one word per segment.
pub type Segments = Vec<String>;

/// How deep `use` declarations that lead to others are followed. A declaration that leads to itself ends here.
const DEPTH: usize = 12;

/// A source file, parsed.
pub struct Source {
    /// Its path below `shared/src`, such as `store/mod.rs`.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Its items.
    pub syntax: syn::File,
}

impl Source {
    /// Parses `text`.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        let (file, text) = (file.into(), text.into());
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        Self { file, text, syntax }
    }

    /// The module that the file is.
    pub fn module(&self) -> ModulePath {
        let stem = self.file.trim_end_matches(".rs");
        let stem = stem.strip_suffix("/mod").unwrap_or(stem);
        if stem == "lib" { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }
    }
}

/// The leaf of a `use` declaration.
pub struct Leaf {
    /// Its path from the first segment on.
    pub segments: Segments,
    /// The name that it makes known in the module; none for `*` and for `as _`.
    pub alias: Option<String>,
    /// True for `*`.
    pub glob: bool,
    /// Where it is written.
    pub line: usize,
}

/// The leaves of `item`.
pub fn leaves(item: &ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn collect(tree: &UseTree, before: &mut Segments, found: &mut Vec<Leaf>) {
    let mut leaf = |ident: &proc_macro2::Ident, alias: &proc_macro2::Ident| {
        let mut segments = before.clone();
        let mut alias = alias.to_string();
        // `use a::b::{self}` makes `b` known.
        if ident == "self" && !segments.is_empty() {
            if alias == "self" {
                alias = segments.last().cloned().unwrap_or_default();
            }
        } else {
            segments.push(ident.to_string());
        }
        let alias = Some(alias).filter(|alias| alias != "_");
        found.push(Leaf { segments, alias, glob: false, line: ident.span().start().line });
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            collect(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => leaf(&name.ident, &name.ident),
        UseTree::Rename(rename) => leaf(&rename.ident, &rename.rename),
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            found.push(Leaf { segments: before.clone(), alias: None, glob: true, line });
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, before, found)),
    }
}

/// The end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An item, defined in this module.
    Item(ModulePath),
    /// A module.
    Module(ModulePath),
    /// Something outside the sources, by its path: an item of another package, a local name, a primitive type.
    Outside(Segments),
}

/// The meaning of a name within a module.
enum Meaning {
    Item,
    Module,
    Alias(Segments),
}

struct Module {
    file: usize,
    names: BTreeMap<String, Vec<Meaning>>,
    globs: Vec<Segments>,
}

/// Each module by its path.
#[derive(Default)]
pub struct Names {
    modules: BTreeMap<ModulePath, Module>,
}

impl Names {
    /// The names of all of `sources`.
    pub fn of(sources: &[Source]) -> Self {
        let mut names = Self::default();
        for (file, source) in sources.iter().enumerate() {
            let mut collector = Collector { names: &mut names, file, at: source.module() };
            collector.open();
            collector.visit_file(&source.syntax);
        }
        names
    }

    /// The file, by its place among the sources, that `module` is written in.
    pub fn file(&self, module: &ModulePath) -> Option<usize> {
        self.modules.get(module).map(|module| module.file)
    }

    /// Where `segments` lead from the module `from`, and each module that they lead through.
    pub fn resolve(&self, from: &ModulePath, segments: &[String]) -> (Target, BTreeSet<ModulePath>) {
        let mut through = BTreeSet::new();
        let target = self.walk(from, segments, &mut through, 0);
        through.remove(from);
        (target, through)
    }

    fn walk(&self, from: &ModulePath, segments: &[String], through: &mut BTreeSet<ModulePath>, depth: usize) -> Target {
        let outside = || Target::Outside(segments.to_vec());
        let mut at = from.clone();
        let mut rest = segments;
        let mut anchored = false;
        while let [first, after @ ..] = rest {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                _ => break,
            }
            anchored = true;
            rest = after;
        }
        while let [name, after @ ..] = rest {
            if self.modules.contains_key(&at) {
                through.insert(at.clone());
            }
            match self.look_up(&at, name, !after.is_empty(), through, depth) {
                Some(Target::Module(module)) => at = module,
                Some(Target::Outside(path)) => return Target::Outside([path.as_slice(), after].concat()),
                Some(found) => return found,
                // Written by a macro, or else the compiler would not know it either.
                None if anchored && self.modules.contains_key(&at) => return Target::Item(at),
                None => return outside(),
            }
            anchored = true;
            rest = after;
        }
        through.insert(at.clone());
        Target::Module(at)
    }

    /// The meaning of `name` in the module `at`. If it has several, a module goes first where the path goes on, and an
    /// item where it ends.
    fn look_up(
        &self,
        at: &ModulePath,
        name: &String,
        goes_on: bool,
        through: &mut BTreeSet<ModulePath>,
        depth: usize,
    ) -> Option<Target> {
        let module = self.modules.get(at).filter(|_| depth < DEPTH)?;
        let mut found = Vec::new();
        for meaning in module.names.get(name).into_iter().flatten() {
            found.push(match meaning {
                Meaning::Item => Target::Item(at.clone()),
                Meaning::Module => Target::Module([at.as_slice(), std::slice::from_ref(name)].concat()),
                Meaning::Alias(segments) => self.walk(at, segments, through, depth + 1),
            });
        }
        if found.is_empty() {
            for glob in &module.globs {
                if let Target::Module(from) = self.walk(at, glob, &mut BTreeSet::new(), depth + 1) {
                    found.extend(self.look_up(&from, name, goes_on, through, depth + 1));
                }
            }
        }
        let rank = |target: &Target| match target {
            Target::Module(_) => usize::from(!goes_on),
            Target::Item(_) => usize::from(goes_on),
            Target::Outside(_) => 2,
        };
        found.into_iter().min_by_key(rank)
    }
}

/// Reads the names of one file.
struct Collector<'a> {
    names: &'a mut Names,
    file: usize,
    at: ModulePath,
}

impl Collector<'_> {
    fn open(&mut self) -> &mut Module {
        let empty = Module { file: self.file, names: BTreeMap::new(), globs: Vec::new() };
        self.names.modules.entry(self.at.clone()).or_insert(empty)
    }

    fn add(&mut self, name: &proc_macro2::Ident, meaning: Meaning) {
        self.open().names.entry(name.to_string()).or_default().push(meaning);
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Const(item) => self.add(&item.ident, Meaning::Item),
            Item::Enum(item) => self.add(&item.ident, Meaning::Item),
            Item::Fn(item) => self.add(&item.sig.ident, Meaning::Item),
            Item::Static(item) => self.add(&item.ident, Meaning::Item),
            Item::Struct(item) => self.add(&item.ident, Meaning::Item),
            Item::Trait(item) => self.add(&item.ident, Meaning::Item),
            Item::TraitAlias(item) => self.add(&item.ident, Meaning::Item),
            Item::Type(item) => self.add(&item.ident, Meaning::Item),
            Item::Union(item) => self.add(&item.ident, Meaning::Item),
            Item::Macro(item) => item.ident.iter().for_each(|ident| self.add(ident, Meaning::Item)),
            _ => {}
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.add(&item.ident, Meaning::Module);
        if item.content.is_some() {
            self.at.push(item.ident.to_string());
            self.open();
            syn::visit::visit_item_mod(self, item);
            self.at.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for leaf in leaves(item) {
            let module = self.open();
            if leaf.glob {
                module.globs.push(leaf.segments);
            } else if let Some(alias) = leaf.alias {
                module.names.entry(alias).or_default().push(Meaning::Alias(leaf.segments));
            }
        }
    }
}
