//! The words of an expression, as far as the refusals need them.

use serde_json::Value;

/// Returns names, placeholders and keywords, in order.
pub(super) fn words(expression: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, ':' | '#' | '_');
    expression.split(move |character| !is_part(character)).filter(|word| !word.is_empty())
}

/// An attribute's name begins with a letter; others need a placeholder.
pub(super) fn has_leading_underscore(expression: &str) -> bool {
    words(expression).any(|word| word.starts_with('_'))
}

/// Returns the number of comparisons, functions and logical operators of a condition. The `AND` of a `BETWEEN` stands for it.
pub(super) fn operators(condition: &str) -> usize {
    let comparisons =
        condition.split(|character| !matches!(character, '=' | '<' | '>')).filter(|part| !part.is_empty());
    let is_logical = |word: &str| ["AND", "OR", "NOT"].iter().any(|one| one.eq_ignore_ascii_case(word));
    let calls = |before: &str| before.ends_with(|last: char| last.is_ascii_alphanumeric());
    let functions = condition.match_indices('(').filter(|(at, _)| {
        let before = condition.get(..*at).unwrap_or_default().trim_end();
        calls(before) && words(before).last().is_some_and(|word| !is_logical(word))
    });
    let logical = words(condition).filter(|word| is_logical(word));
    comparisons.count() + functions.count() + logical.count()
}

/// Returns the attribute of a name or placeholder.
pub(super) fn resolved(word: &str, names: Option<&Value>) -> String {
    names.and_then(|names| names.get(word)?.as_str()).unwrap_or(word).to_owned()
}

/// Returns the top-level attributes that an update expression changes.
pub(super) fn targets(update: &str, names: Option<&Value>) -> Vec<String> {
    parts(update).into_iter().filter_map(|part| Some(resolved(words(part).next()?, names))).collect()
}

/// Returns the top-level attributes that an update expression sets to a value, with the value's placeholder.
pub(super) fn assignments<'a>(update: &'a str, names: Option<&Value>) -> Vec<(String, &'a str)> {
    let assignment = |part: &'a str| {
        let (target, value) = part.split_once('=')?;
        let (target, value) = (target.trim(), value.trim());
        let is_whole = words(target).eq([target]) && words(value).eq([value]) && value.starts_with(':');
        is_whole.then(|| (resolved(target, names), value))
    };
    parts(update).into_iter().filter_map(assignment).collect()
}

/// Splits an update expression into its actions, each without the keyword of its clause.
fn parts(update: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    let mut cut = |end: usize, next: usize| {
        parts.extend(update.get(begin..end).map(str::trim).filter(|part| !part.is_empty()));
        begin = next;
    };
    for (at, character) in update.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => cut(at, at + 1),
            _ => {}
        }
        let is_start = at == 0 || update[..at].ends_with(char::is_whitespace);
        let keyword = ["SET ", "REMOVE ", "ADD ", "DELETE "]
            .into_iter()
            .find(|keyword| update[at..].get(..keyword.len()).is_some_and(|text| text.eq_ignore_ascii_case(keyword)));
        if let Some(keyword) = keyword.filter(|_| is_start) {
            cut(at, at + keyword.len());
        }
    }
    cut(update.len(), update.len());
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operators_are_counted() {
        assert_eq!(operators("a = :a AND NOT b <> :b OR contains(c, :c)"), 6);
        assert_eq!(operators("a BETWEEN :a AND :b AND (c = :c OR begins_with(d, :d))"), 5);
        assert_eq!(operators(&vec!["n = :v"; 151].join(" OR ")), 301);
    }

    #[test]
    fn targets_and_assignments_are_found_in_every_clause() {
        let names = json!({ "#k": "pk" });
        let update = "SET a = :a, #k = if_not_exists(b, :b), m.x = :c remove d, e ADD f :f DELETE g :g";
        assert_eq!(targets(update, Some(&names)), ["a", "pk", "m", "d", "e", "f", "g"]);
        assert_eq!(assignments(update, Some(&names)), [("a".to_owned(), ":a")]);
    }
}
