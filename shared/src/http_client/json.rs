//! Decoding of another system's JSON. Two habits of `serde` would believe an answer that says something else: a list is
//! accepted in place of an object, with the members by position, and `3.0` is not accepted as an integer.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Number, Value};

use super::decode::decode_reason;

/// Decodes a response, or a row of one, as a `T`. Where `T` has an object, only an object is accepted. A number without a
/// fraction is an integer, however it is written.
///
/// # Errors
/// The path of the member and what was expected, without its value.
pub fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(Strict(value)).map_err(|error| decode_reason(&error))
}

/// Returns the number as an integer if it has no fraction and fits in 53 bits, within which `f64` is exact.
fn integer(number: &Number) -> Option<i64> {
    const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().filter(|_| number.is_f64())?;
    let fits = float.fract() == 0.0 && float.abs() <= MAX_EXACT;
    fits.then(|| format!("{float:.0}").parse().ok()).flatten()
}

struct Strict(Value);

impl IntoDeserializer<'_, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Object(members) => {
                visitor.visit_map(MapDeserializer::new(members.into_iter().map(|(name, value)| (name, Self(value)))))
            }
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Self))),
            Value::Number(number) => match integer(&number) {
                Some(integer) => Value::from(integer).deserialize_any(visitor),
                None => Value::Number(number).deserialize_any(visitor),
            },
            other @ (Value::Null | Value::Bool(_) | Value::String(_)) => other.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match &self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &"an object")),
            Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    struct Row {
        #[serde(default)]
        count: Option<u32>,
        #[serde(default)]
        price: Option<Decimal>,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        word: Option<Word>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    struct Inner {
        #[serde(default)]
        name: String,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    enum Word {
        Known,
        #[serde(untagged)]
        Other(String),
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        for (value, reason) in [
            (json!([]), ".: expected an object"),
            (json!([3]), ".: expected an object"),
            (json!({"inner": []}), "inner: expected an object"),
            (json!({"inner": ["x"]}), "inner: expected an object"),
            (json!("x"), ".: expected struct Row"),
        ] {
            assert_eq!(from_json::<Row>(value.clone()).unwrap_err(), reason, "{value}");
        }
        assert_eq!(from_json::<Vec<Row>>(json!({})).unwrap_err(), ".: expected a sequence");
        assert_eq!(from_json::<Vec<Row>>(json!([[]])).unwrap_err(), "[0]: expected an object");
        assert_eq!(from_json::<Row>(json!({"inner": {}})).unwrap().inner, Some(Inner::default()));
        assert_eq!(from_json::<Row>(json!({"inner": null})).unwrap(), Row::default());
    }

    #[test]
    fn a_number_without_a_fraction_is_an_integer() {
        let count = |value: Value| from_json::<Row>(json!({ "count": value })).map(|row| row.count);
        assert_eq!(count(json!(3.0)), Ok(Some(3)));
        assert_eq!(count(json!(3e2)), Ok(Some(300)));
        assert_eq!(count(json!(3.5)).unwrap_err(), "count: expected u32");
        assert_eq!(count(json!(-3.0)).unwrap_err(), "count: expected u32");
        assert_eq!(count(json!(1e300)).unwrap_err(), "count: expected u32");
    }

    #[test]
    fn words_that_are_not_known_are_kept() {
        let word = |word: &str| from_json::<Row>(json!({ "word": word })).unwrap().word;
        assert_eq!((word("Known"), word("New")), (Some(Word::Known), Some(Word::Other("New".to_owned()))));
    }

    proptest! {
        #[test]
        fn amounts_stay_what_they_are(units in -9_999_999_999_i64..9_999_999_999, scale in 0..4_u32) {
            let amount = Decimal::new(units, scale);
            let value: Value = serde_json::from_str(&format!(r#"{{"price": {amount}}}"#)).unwrap();
            prop_assert_eq!(from_json::<Row>(value).unwrap().price, Some(amount));
        }
    }
}
