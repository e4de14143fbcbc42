use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use crate::bss::lenient::*;

/// One member of each kind.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Probe {
    #[serde(deserialize_with = "text")]
    text: String,
    #[serde(deserialize_with = "id")]
    id: String,
    #[serde(deserialize_with = "boolean")]
    boolean: bool,
    #[serde(deserialize_with = "integer")]
    integer: Option<i64>,
    #[serde(deserialize_with = "map")]
    map: TextMap,
    #[serde(deserialize_with = "any_value")]
    any: Option<String>,
    #[serde(deserialize_with = "objects")]
    list: Vec<Probe>,
}

fn probe(body: &Value) -> Result<Probe, Malformed> {
    parse(body.to_string().as_bytes())
}

fn wrong_at(body: &Value) -> String {
    probe(body).unwrap_err().to_string()
}

#[test]
fn only_a_json_object_is_a_body() {
    for body in ["", " ", "{", "{}{}", "<a/>", "\u{FF}"] {
        assert_eq!(parse::<Probe>(body.as_bytes()), Err(Malformed::NotJson), "{body}");
    }
    for body in ["[]", "1", "null", "\"{}\""] {
        assert_eq!(parse::<Probe>(body.as_bytes()), Err(Malformed::NotAnObject), "{body}");
    }
    assert_eq!(parse(b" {} "), Ok(Probe::default()));
}

#[test]
fn null_is_absent() {
    assert_eq!(
        probe(&json!({"Id": null, "Map": {"a": null}, "List": [null], "Any": null})),
        Ok(probe(&json!({"List": []})).unwrap())
    );
}

#[test]
fn of_keys_that_differ_in_case_the_first_that_is_not_null_counts() {
    assert_eq!(probe(&json!({"ID": "1", "Id": "2", "id": "3"})).unwrap().id, "1");
    assert_eq!(probe(&json!({"ID": null, "id": "3"})).unwrap().id, "3");
}

#[test]
fn text_is_kept_and_scalars_become_text() {
    for (sent, read) in [(json!(" a "), " a "), (json!(5), "5"), (json!(2.5), "2.5"), (json!(true), "true")] {
        assert_eq!(probe(&json!({"Text": sent})).unwrap().text, read);
        assert_eq!(probe(&json!({"Any": sent})).unwrap().any.as_deref(), Some(read));
    }
    assert_eq!(wrong_at(&json!({"Text": {}})), "Text must be text");
}

#[test]
fn ids_are_text_or_whole_numbers() {
    for (sent, read) in
        [(json!(" a "), "a"), (json!(3000), "3000"), (json!(3e3), "3000"), (json!(u64::MAX), "18446744073709551615")]
    {
        assert_eq!(probe(&json!({"ID": sent})).unwrap().id, read);
    }
    for sent in [json!(1.5), json!(true), json!([])] {
        assert_eq!(wrong_at(&json!({"ID": sent})), "ID must be an id (text or a whole number)");
    }
}

#[test]
fn booleans_have_many_spellings() {
    for (yes, no) in
        [(json!(true), json!(false)), (json!("True"), json!("FALSE")), (json!(1), json!(0)), (json!(" 1 "), json!("0"))]
    {
        assert!(probe(&json!({"Boolean": yes})).unwrap().boolean);
        assert!(!probe(&json!({"Boolean": no})).unwrap().boolean);
    }
    for sent in [json!(""), json!("yes"), json!(2), json!([])] {
        assert_eq!(wrong_at(&json!({"Boolean": sent})), "Boolean must be true or false");
    }
}

#[test]
fn integers_have_many_spellings() {
    for sent in [json!(-5), json!(-5.0), json!("-5"), json!(" -5.0 "), json!("-5e0")] {
        assert_eq!(probe(&json!({"Integer": sent})).unwrap().integer, Some(-5), "{sent}");
    }
    for sent in
        [json!(""), json!("five"), json!(0.5), json!("NaN"), json!("inf"), json!(1e300), json!(u64::MAX), json!(true)]
    {
        assert_eq!(wrong_at(&json!({"Integer": sent})), "Integer must be a whole number", "{sent}");
    }
}

#[test]
fn maps_keep_their_scalars() {
    let map = probe(&json!({"Map": {"UserName": "a", "n": 1, "o": {"x": 1}, "l": ["x"]}})).unwrap().map;
    assert_eq!(map, TextMap::from([("username".to_owned(), "a".to_owned()), ("n".to_owned(), "1".to_owned())]));
    assert_eq!(wrong_at(&json!({"Map": ["a"]})), "Map must be an object");
}

#[test]
fn any_value_becomes_text() {
    assert_eq!(probe(&json!({"Any": ["a", 1, null, {}, "b"]})).unwrap().any.as_deref(), Some("a|1|b"));
    assert_eq!(probe(&json!({"Any": {"Password": "p"}})).unwrap().any.as_deref(), Some(r#"{"password":"p"}"#));
}

#[test]
fn a_path_is_spelled_as_the_caller_spelled_it() {
    let body = json!({"LIST": [null, {"List": [{}, null, {"iNTEGER": "x"}]}]});
    assert_eq!(wrong_at(&body), "LIST[1].List[2].iNTEGER must be a whole number");
    assert_eq!(wrong_at(&json!({"List": {}})), "List must be a list");
    assert_eq!(wrong_at(&json!({"List": [[]]})), "List[0] must be an object");
}

#[test]
fn an_error_never_holds_a_value() {
    const SECRET: &str = "swordfish, expected swordfish";
    for member in ["Boolean", "Integer", "Map", "List"] {
        let message = wrong_at(&json!({member: SECRET}));
        assert!(!message.contains("swordfish"), "{message}");
    }
}

#[test]
fn types_that_serde_derives_are_told_of_alike() {
    #[derive(Debug, Deserialize)]
    struct Plain {
        #[expect(dead_code, reason = "only read")]
        day: u8,
        #[expect(dead_code, reason = "only read")]
        ids: Option<Vec<uuid::Uuid>>,
        #[expect(dead_code, reason = "only read")]
        inner: Option<Probe>,
    }
    let wrong = |body: &str| parse::<Plain>(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(wrong(r#"{"Ids": []}"#), "day must be present");
    assert_eq!(wrong(r#"{"Day": "swordfish"}"#), "Day must be u8");
    assert_eq!(wrong(r#"{"Day": 1, "Ids": "swordfish"}"#), "Ids must be a list");
    assert_eq!(wrong(r#"{"Day": 1, "Ids": ["swordfish"]}"#), "Ids[0] must be valid");
}

/// JSON of any shape whose objects have such names.
pub fn json_value(name: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let name = name.boxed();
    scalar.prop_recursive(5, 48, 8, move |inner| {
        let members = btree_map(name.clone(), inner.clone(), 0..8);
        let object = members.prop_map(|members| members.into_iter().collect());
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), object]
    })
}

proptest! {
    #[test]
    fn folding_is_idempotent(value in json_value(".{0,4}")) {
        let once = fold(&value);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in vec(any::<u8>(), 0..200)) {
        let _ = parse::<Probe>(&body);
    }

    #[test]
    fn an_id_is_the_same_as_number_and_as_text(id in any::<u64>()) {
        prop_assert_eq!(probe(&json!({"ID": id})), probe(&json!({"ID": id.to_string()})));
    }

    #[test]
    fn an_integer_is_the_same_as_number_and_as_text(integer in any::<i64>()) {
        let read = probe(&json!({"Integer": integer}));
        prop_assert_eq!(&read, &probe(&json!({"Integer": integer.to_string()})));
        prop_assert_eq!(read.unwrap().integer, Some(integer));
    }
}
