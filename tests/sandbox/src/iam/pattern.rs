//! Wildcards of policies: `*` stands for any characters, `?` for one.

/// Returns `true` if `text` matches `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // The last `*`, and the position in the text from which it is tried again.
    let mut star = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(expected) if *expected == '?' || text.get(position) == Some(expected) => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((back, from)) = star else { return false };
                star = Some((back, from + 1));
                at = back + 1;
                position = from + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

/// Returns `true` if the ARN matches `pattern`, or the pattern is `*`. A wildcard matches within one of the six parts of an
/// ARN, and none in its first three.
pub(super) fn matches_arn(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (patterns, parts): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == 6
        && parts.len() == 6
        && patterns.iter().zip(parts).enumerate().all(
            |(index, (pattern, part))| {
                if index < 3 { *pattern == part } else { matches(pattern, part) }
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_or_one_character() {
        for (pattern, text) in [
            ("dynamodb:GetItem", "dynamodb:GetItem"),
            ("dynamodb:*", "dynamodb:"),
            ("*Item", "dynamodb:GetItem"),
            ("dynamodb:?etItem", "dynamodb:GetItem"),
            ("a*b*c", "a-b-b-c"),
            ("*", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("dynamodb:Get", "dynamodb:GetItem"), ("?", ""), ("a*b", "a-b-c"), ("", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_wildcard_stays_within_its_part_of_an_arn() {
        let table = "arn:aws:dynamodb:eu-west-1:000000000000:table/t";
        for pattern in ["*", table, "arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:eu-west-?:000000000000:*"] {
            assert!(matches_arn(pattern, table), "{pattern}");
        }
        assert!(matches_arn("arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:eu-west-1:0:table/t/index/i"));
        for pattern in ["arn:aws:*", "arn:aws:d*:eu-west-1:000000000000:table/t", "arn:*:table/t", "table/t"] {
            assert!(!matches_arn(pattern, table), "{pattern}");
        }
        assert!(
            !matches_arn(table, "arn:aws:dynamodb:eu-west-1:000000000000:table/t/index/work"),
            "an index is another"
        );
    }
}
