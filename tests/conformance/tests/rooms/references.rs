//! Each place in the sources that names something: `use` declarations, paths, and paths within macros and attributes.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, Macro, Meta, Visibility};

use crate::names::{ModulePath, Segments, Source, leaves};

/// How something is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In a path of an expression, a type, a pattern, a macro or an attribute.
    Path,
    /// In a `use`.
    Import,
    /// In a `use` with `*`.
    Glob,
    /// In a `pub use`.
    ReExport,
}

/// A place that names something.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The file, by its place among the sources.
    pub file: usize,
    /// The module that the place is in.
    pub module: ModulePath,
    /// The path, as it is written.
    pub segments: Segments,
    /// Its line.
    pub line: usize,
    /// How it is named.
    pub kind: Kind,
}

/// Each reference of all of `sources`.
pub fn of(sources: &[Source]) -> Vec<Reference> {
    let mut found = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let mut reader = Reader { file, module: source.module(), found: &mut found };
        reader.visit_file(&source.syntax);
    }
    found
}

fn segments(path: &syn::Path) -> Segments {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

struct Reader<'a> {
    file: usize,
    module: ModulePath,
    found: &'a mut Vec<Reference>,
}

impl Reader<'_> {
    fn add(&mut self, segments: Segments, line: usize, kind: Kind) {
        self.found.push(Reference { file: self.file, module: self.module.clone(), segments, line, kind });
    }

    /// Adds each `a::b::c` in `tokens`, also within brackets, and `with_texts` those that are written as a text. Names after
    /// a dot are fields and methods.
    fn scan(&mut self, tokens: TokenStream, with_texts: bool) {
        let mut chain: Option<(Segments, usize)> = None;
        let mut colons = 0;
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let (name, line) = (ident.to_string(), ident.span().start().line);
                    match &mut chain {
                        Some((segments, _)) if colons == 2 => segments.push(name),
                        // `::name` is of another package, `.name` a field or a method.
                        None if colons == 2 || after_dot => {}
                        _ => self.finish(chain.replace((vec![name], line))),
                    }
                    (colons, after_dot) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Punct(punct) => {
                    self.finish(chain.take());
                    (colons, after_dot) = (0, punct.as_char() == '.');
                }
                TokenTree::Group(group) => {
                    self.finish(chain.take());
                    (colons, after_dot) = (0, false);
                    self.scan(group.stream(), with_texts);
                }
                TokenTree::Literal(literal) => {
                    self.finish(chain.take());
                    (colons, after_dot) = (0, false);
                    let text = literal.to_string();
                    if with_texts && let Ok(path) = syn::parse_str(text.trim_matches('"')) {
                        self.add(segments(&path), literal.span().start().line, Kind::Path);
                    }
                }
            }
        }
        self.finish(chain);
    }

    fn finish(&mut self, chain: Option<(Segments, usize)>) {
        if let Some((segments, line)) = chain {
            self.add(segments, line, Kind::Path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        if let Some((_, items)) = &item.content {
            self.module.push(item.ident.to_string());
            for item in items {
                self.visit_item(item);
            }
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let public = !matches!(item.vis, Visibility::Inherited);
        for leaf in leaves(item) {
            let kind = match (public, leaf.glob) {
                (true, _) => Kind::ReExport,
                (false, true) => Kind::Glob,
                (false, false) => Kind::Import,
            };
            self.add(leaf.segments, leaf.line, kind);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            self.add(segments(path), first.ident.span().start().line, Kind::Path);
        }
        syn::visit::visit_path(self, path);
    }

    /// `pub(in crate::a)` says who may name the item, and names nothing itself.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        self.visit_path(&invocation.path);
        self.scan(invocation.tokens.clone(), false);
    }

    /// Serde's attributes name functions within texts: `deserialize_with = "decode::text"`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().segments.len() > 1 {
            self.visit_path(attribute.path());
        }
        if let Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone(), true);
        }
    }
}
