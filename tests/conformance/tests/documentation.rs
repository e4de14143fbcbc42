//! Tests that the reference pages name every log message, metric and environment variable of the code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use conformance::queries::{LEFT_OUT, MAX_LOG_GROUPS, QUERIES};
use conformance::template::{Template, text};
use conformance::{declared, root};
use proc_macro2::{TokenStream, TokenTree};
use service_manager::endpoints::all_served;

/// Returns the Rust files below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// Returns the string literals among `tokens`, without their quotes.
fn literals(tokens: &TokenStream) -> Vec<String> {
    let text = |tree| match tree {
        TokenTree::Literal(literal) => {
            syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|text| text.value())
        }
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
    };
    tokens.clone().into_iter().filter_map(text).collect()
}

/// Calls `found` with each path of two identifiers, such as `tracing::info`, and the group that follows it.
fn calls(tokens: TokenStream, found: &mut impl FnMut(&str, &str, &TokenStream)) {
    let trees: Vec<_> = tokens.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        let before: Vec<_> =
            trees.iter().take(at).rev().map(ToString::to_string).filter(|text| text != "!").take(4).collect();
        if let [name, colon, other, path] = before.as_slice()
            && colon == ":"
            && other == ":"
        {
            found(path, name, &group.stream());
        }
        calls(group.stream(), found);
    }
}

/// Asserts that the page contains each of `names`.
fn assert_documented(page: &str, names: &BTreeSet<String>) {
    let text = std::fs::read_to_string(root().join("docs/reference").join(page)).unwrap();
    let missing: Vec<_> = names.iter().filter(|name| !text.contains(name.as_str())).collect();
    assert!(!names.is_empty() && missing.is_empty(), "docs/reference/{page} lacks {missing:#?}");
}

/// Returns the log messages, the metrics and the environment variables of the code.
fn names() -> (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>) {
    let (mut messages, mut metrics, mut variables) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for path in sources(&root().join("shared/src")).into_iter().chain(sources(&root().join("functions"))) {
        let tokens: TokenStream = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        calls(tokens, &mut |path, name, arguments| {
            let literals = literals(arguments);
            match (path, name) {
                ("tracing", "debug" | "info" | "warn" | "error") => messages.extend(literals.last().cloned()),
                ("metrics", "counter" | "histogram") => metrics.extend(literals.first().cloned()),
                ("config", "optional" | "required" | "parsed") => variables.extend(literals.first().cloned()),
                _ => {}
            }
        });
    }
    (messages, metrics, variables)
}

/// Calls `found` with each string literal, at any depth.
fn each_literal(tokens: &TokenStream, found: &mut impl FnMut(&str)) {
    for text in literals(tokens) {
        found(&text);
    }
    for tree in tokens.clone() {
        if let TokenTree::Group(group) = tree {
            each_literal(&group.stream(), found);
        }
    }
}

#[test]
fn a_text_names_only_endpoints_of_the_portal_that_exist() {
    let paths: BTreeSet<&str> = all_served().map(|endpoint| endpoint.path).collect();
    let mut named = BTreeSet::new();
    for path in sources(&root().join("shared/src")) {
        let tokens: TokenStream = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        each_literal(&tokens, &mut |text| {
            for (at, _) in text.match_indices("portal/") {
                let name = |letter: char| letter.is_ascii_lowercase() || letter == '/';
                let endpoint: String = text[at..].chars().take_while(|letter| name(*letter)).collect();
                if endpoint.split('/').filter(|part| !part.is_empty()).count() == 3 {
                    named.insert(endpoint);
                }
            }
        });
    }
    let unknown: Vec<_> = named.iter().filter(|endpoint| !paths.contains(endpoint.as_str())).collect();
    assert!(named.len() > 10 && unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn the_reference_names_every_log_message() {
    assert_documented("metrics-and-logs.md", &names().0);
}

#[test]
fn the_reference_names_every_metric() {
    assert_documented("metrics-and-logs.md", &names().1);
}

#[test]
fn the_reference_names_every_environment_variable() {
    assert_documented("settings.md", &names().2);
}

/// Returns the section of a page under an anchor: of a heading, or of an `id` before one. `None` if there is none.
fn section<'a>(page: &'a str, anchor: &str) -> Option<&'a str> {
    let slug = |heading: &str| -> String {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|letter| letter.is_alphanumeric() || ['-', '_'].contains(letter)).collect()
    };
    let named = page.split_once(&format!("<a id=\"{anchor}\"></a>")).map(|(_, rest)| rest);
    let sections = named.unwrap_or(page).split("\n## ").skip(1);
    sections.into_iter().find(|section| named.is_some() || slug(section.lines().next().unwrap_or_default()) == anchor)
}

/// An alarm that does not say what to do is ignored at night.
#[test]
fn each_alarm_names_its_chapter_and_each_chapter_is_complete() {
    let template = Template::read().unwrap();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let overview = std::fs::read_to_string(root().join("docs/how-to/alarms.md")).unwrap();
    assert!(alarms.len() > 30, "{}", alarms.len());
    for (name, alarm) in alarms {
        let description = text(alarm, "/Properties/AlarmDescription");
        let (_, reference) = description.split_once("Runbook: ").unwrap_or_else(|| panic!("{name} names no chapter"));
        let (path, anchor) = reference.split_once('#').unwrap_or_else(|| panic!("{name}: {reference}"));
        assert!(description.len() <= 1024 && path.starts_with("docs/how-to/"), "{name}: {description}");
        let page = std::fs::read_to_string(root().join(path)).unwrap();
        let chapter = section(&page, anchor).unwrap_or_else(|| panic!("{name}: {path} has no {anchor}"));
        for part in
            ["**Meaning.**", "**Customer impact.**", "**First command.**", "**Remedy.**", "**Over when**", "```sh"]
        {
            assert!(chapter.contains(part), "{path}#{anchor} has no {part}");
        }
        assert!(overview.contains(&format!("#{anchor}")) || overview.contains(&format!("\"{anchor}\"")), "{name}");
    }
}

#[test]
fn a_section_is_found_by_its_heading_or_its_id() {
    let page = "# A\n\n## First one\n1\n\n<a id=\"x\"></a>\n<a id=\"y\"></a>\n\n## Second: two\n2\n";
    assert!(section(page, "first-one").is_some_and(|text| text.contains('1') && !text.contains('2')));
    for anchor in ["second-two", "x", "y"] {
        assert!(section(page, anchor).is_some_and(|text| text.ends_with("2\n")), "{anchor}");
    }
    assert_eq!(section(page, "third"), None);
}

/// The console runs a query over at most 50 log groups, and `CloudFormation` takes at most 10,000 characters.
#[test]
fn saved_queries_stay_within_the_quotas() {
    let template = Template::read().unwrap();
    let saved = template.resources("AWS::Logs::QueryDefinition");
    assert_eq!(saved.len(), QUERIES.len());
    let read = declared::functions().iter().filter(|one| !LEFT_OUT.contains(&one.name.as_str())).count();
    assert_eq!(read + LEFT_OUT.len(), declared::functions().len(), "a function that is left out does not exist");
    let page = std::fs::read_to_string(root().join("docs/reference/metrics-and-logs.md")).unwrap();
    assert!(page.contains(&format!("so {} functions are left out", LEFT_OUT.len())));
    assert_eq!(LEFT_OUT.iter().find(|name| !page.contains(&format!("`{name}`"))), None, "it is not in the page");
    for (name, query) in saved {
        let groups = query.pointer("/Properties/LogGroupNames").unwrap().as_array().unwrap();
        assert!(groups.len() == read && groups.len() <= MAX_LOG_GROUPS, "{name}: {}", groups.len());
        assert!(text(query, "/Properties/QueryString").len() <= 10_000, "{name}");
    }
}

/// A word of a query that the operator replaces is in it, and no other word in capitals is.
#[test]
fn saved_queries_name_the_words_to_replace() {
    for query in QUERIES {
        let text = query.text();
        let capitals = text.split(|letter: char| !letter.is_ascii_alphabetic());
        let capitals: BTreeSet<_> =
            capitals.filter(|word| word.len() > 3 && word.chars().all(|letter| letter.is_ascii_uppercase())).collect();
        assert_eq!(capitals, query.replace.iter().copied().collect(), "{}", query.name);
    }
}
