//! Tokens of the query language.

use super::Literal;
use crate::connectwise::date;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name or a keyword.
    Word(String),
    /// A value other than a keyword.
    Value(Literal),
    /// `= != < <= > >= ( ) ,`
    Sign(&'static str),
}

const SIGNS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Splits `text` into tokens.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' | '\'' => string(rest, first)?,
            '[' => bracketed(rest)?,
            _ if first.is_ascii_digit() || first == '-' => number(rest)?,
            _ if first.is_alphabetic() || first == '_' => word(rest),
            _ => sign(rest)?,
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn string(text: &str, quote: char) -> Result<(Token, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, character)) = chars.next() {
        match character {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ if character == quote => {
                let after = text.get(at + quote.len_utf8()..).unwrap_or_default();
                return Ok((Token::Value(Literal::Text(value)), after));
            }
            _ => value.push(character),
        }
    }
    Err("String is not closed.".to_owned())
}

fn bracketed(text: &str) -> Result<(Token, &str), String> {
    let inside = text.strip_prefix('[').unwrap_or(text);
    let (written, after) = inside.split_once(']').ok_or("Date is not closed.")?;
    let date = date::parse_condition(written).ok_or_else(|| format!("{written} is not a date."))?;
    Ok((Token::Value(Literal::Date(date)), after))
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let (written, after) = split(text, |c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let number = written.parse().map_err(|_| format!("{written} is not a number."))?;
    Ok((Token::Value(Literal::Number(number)), after))
}

fn word(text: &str) -> (Token, &str) {
    let (word, after) = split(text, |c| c.is_alphanumeric() || matches!(c, '_' | '/'));
    let token = match word.to_ascii_lowercase().as_str() {
        "true" => Token::Value(Literal::Flag(true)),
        "false" => Token::Value(Literal::Flag(false)),
        "null" => Token::Value(Literal::Null),
        _ => Token::Word(word.to_owned()),
    };
    (token, after)
}

fn sign(text: &str) -> Result<(Token, &str), String> {
    let found = SIGNS.into_iter().find_map(|sign| Some((Token::Sign(sign), text.strip_prefix(sign)?)));
    found.ok_or_else(|| format!("Unexpected {}", text.chars().take(1).collect::<String>()))
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}
