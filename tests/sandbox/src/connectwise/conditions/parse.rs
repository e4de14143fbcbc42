//! Parses text into a [`Condition`].

use std::iter::Peekable;
use std::vec::IntoIter;

use super::token::{Token, tokens};
use super::{Condition, Literal, Operator, Type};

/// Parses `text`. `type_of` returns the type of a supported field.
pub fn parse(text: &str, type_of: &dyn Fn(&str) -> Option<Type>) -> Result<Condition, String> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), type_of };
    let condition = parser.any()?;
    match parser.tokens.next() {
        None => Ok(condition),
        Some(token) => Err(format!("Unexpected {token:?}")),
    }
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<Token>>,
    type_of: &'a dyn Fn(&str) -> Option<Type>,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, String> {
        let mut condition = self.all()?;
        while self.keyword("or") {
            condition = Condition::Or(Box::new(condition), Box::new(self.all()?));
        }
        Ok(condition)
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut condition = self.one()?;
        while self.keyword("and") {
            condition = Condition::And(Box::new(condition), Box::new(self.one()?));
        }
        Ok(condition)
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.keyword("not") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.sign("(") {
            let condition = self.any()?;
            self.expect(")")?;
            return Ok(condition);
        }
        match self.tokens.next() {
            Some(Token::Word(name)) => self.comparison(name),
            Some(token) => Err(format!("Unexpected {token:?}")),
            None => Err("The condition ends too early.".to_owned()),
        }
    }

    fn comparison(&mut self, name: String) -> Result<Condition, String> {
        let Some(of) = (self.type_of)(&name) else { return Err(format!("{name} is not a recognized name.")) };
        if self.keyword("not") {
            return Ok(Condition::Not(Box::new(self.comparison(name)?)));
        }
        if self.keyword("in") {
            self.expect("(")?;
            let mut values = vec![self.value(&name, of)?];
            while self.sign(",") {
                values.push(self.value(&name, of)?);
            }
            self.expect(")")?;
            return Ok(Condition::In(name, values));
        }
        let operator = self.operator()?;
        let value = self.value(&name, of)?;
        let of_text = matches!(operator, Operator::Contains | Operator::Like);
        if of_text && !matches!((of, &value), (Type::Text, Literal::Text(_))) {
            return Err(format!("{name} can't be searched for text."));
        }
        Ok(Condition::Compare(name, operator, value))
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let signs = [
            ("=", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<", Operator::Less),
            ("<=", Operator::AtMost),
            (">", Operator::Greater),
            (">=", Operator::AtLeast),
        ];
        let sign = signs.into_iter().find(|(sign, _)| self.sign(sign)).map(|(_, operator)| operator);
        if let Some(operator) = sign {
            return Ok(operator);
        }
        let words = [("contains", Operator::Contains), ("like", Operator::Like)];
        let word = words.into_iter().find(|(word, _)| self.keyword(word)).map(|(_, operator)| operator);
        word.ok_or_else(|| "An operator is expected.".to_owned())
    }

    /// Parses a value of the field's type.
    fn value(&mut self, name: &str, of: Type) -> Result<Literal, String> {
        let Some(Token::Value(value)) = self.tokens.next() else {
            return Err(format!("A value for {name} is expected."));
        };
        let fits = match (&value, of) {
            (Literal::Null, _)
            | (Literal::Text(_), Type::Text)
            | (Literal::Number(_), Type::Number)
            | (Literal::Flag(_), Type::Flag)
            | (Literal::Date(_), Type::Date) => true,
            (Literal::Text(text), Type::Choice(words)) => {
                words.split_whitespace().any(|word| word.eq_ignore_ascii_case(text))
            }
            (_, _) => false,
        };
        match (fits, value) {
            (true, value) => Ok(value),
            (false, Literal::Text(text)) => Err(format!("{text} is not a recognized name.")),
            (false, value) => Err(format!("{value:?} can't be compared with {name}.")),
        }
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))).is_some()
    }

    fn sign(&mut self, wanted: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Sign(sign) if *sign == wanted)).is_some()
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        if self.sign(wanted) { Ok(()) } else { Err(format!("{wanted} is expected.")) }
    }
}
