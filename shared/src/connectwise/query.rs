//! The condition of a list, and the step from one page of a list to the next.

use std::fmt;

use http::header::LINK;
use url::form_urlencoded;

use super::ConnectWiseError;
use crate::http_client::Response;

/// The condition that every row of a list must meet. It is one comparison, because instances were seen that answer a
/// search with several by an empty list (`docs/vendors/connectwise.md`, "Lists"). What else is asked of a row is asked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(String);

impl Condition {
    /// The field equals this text. ConnectWise ignores case.
    pub fn text(field: &str, value: &str) -> Self {
        Self(format!("{field}=\"{}\"", escaped(value)))
    }

    /// The field begins with this text. ConnectWise ignores case, and `*` and `%` stand for any characters.
    pub fn begins_with(field: &str, value: &str) -> Self {
        Self(format!("{field} like \"{}%\"", escaped(value)))
    }

    /// The field equals this number. For a reference, the field is for example `company/id`.
    pub fn number(field: &str, value: u32) -> Self {
        Self(format!("{field}={value}"))
    }

    /// The field is greater than this number.
    pub fn above(field: &str, value: u32) -> Self {
        Self(format!("{field}>{value}"))
    }

    /// The flag has this value.
    pub fn flag(field: &str, value: bool) -> Self {
        Self(format!("{field}={value}"))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Encodes a URL's query. ConnectWise requires more characters to be encoded than HTML forms do.
pub fn encoded(parameters: &[(&'static str, String)]) -> String {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    form.replace('+', "%20").replace('*', "%2A")
}

/// The step from a page to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextPage {
    /// The next page has this number.
    Number(u32),
    /// There is none.
    None,
    /// The response has no links. A full page may have a next one.
    NotStated,
}

/// Returns the step to the next page. The link's other parts are ignored, because its host is the one that the server knows
/// itself by.
///
/// # Errors
/// [`ConnectWiseError::InvalidResponse`] if the next page has no number: an incomplete list must not be used.
pub fn next_page(response: &Response) -> Result<NextPage, ConnectWiseError> {
    if !response.headers.contains_key(LINK) {
        return Ok(NextPage::NotStated);
    }
    let links = response.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let mut links = links.flat_map(|value| value.split('<').skip(1)).filter_map(|link| link.split_once('>'));
    let is_next = |parameters: &str| {
        let mut parameters = parameters.split([';', ',']).map(|parameter| parameter.trim().replace('"', ""));
        parameters.any(|parameter| parameter.eq_ignore_ascii_case("rel=next"))
    };
    let Some((url, _)) = links.find(|(_, parameters)| is_next(parameters)) else { return Ok(NextPage::None) };
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let page = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name.eq_ignore_ascii_case("page"));
    let page = page.and_then(|(_, number)| number.parse().ok());
    page.map(NextPage::Number)
        .ok_or_else(|| ConnectWiseError::InvalidResponse { reason: "a next page without a number".to_owned() })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conditions_are_in_the_guides_format() {
        for (condition, expected) in [
            (Condition::text("name", r#"Blue "Light" \ Co"#), r#"name="Blue \"Light\" \\ Co""#),
            (Condition::begins_with("identifier", "euwest."), r#"identifier like "euwest.%""#),
            (Condition::number("company/id", 5), "company/id=5"),
            (Condition::above("id", 5), "id>5"),
            (Condition::flag("closedFlag", false), "closedFlag=false"),
        ] {
            assert_eq!(condition.to_string(), expected);
        }
    }

    #[test]
    fn reserved_characters_are_encoded() {
        let query = encoded(&[("conditions", "a=\"&'*%+ ä\"".to_owned()), ("page", "1".to_owned())]);
        assert_eq!(query, "conditions=a%3D%22%26%27%2A%25%2B%20%C3%A4%22&page=1");
    }

    fn page(link: Option<&'static str>) -> Result<NextPage, ConnectWiseError> {
        let mut headers = HeaderMap::new();
        headers.extend(link.map(|link| (LINK, HeaderValue::from_static(link))));
        next_page(&Response { status: StatusCode::OK, headers, body: Bytes::new() })
    }

    #[test]
    fn only_the_page_of_a_link_is_used() {
        for (link, expected) in [
            (None, NextPage::NotStated),
            (
                Some(
                    r#"<https://cw.internal/x?fields=id,name&page=3>; rel="next", <https://cw.internal/x?page=9>; rel="last""#,
                ),
                NextPage::Number(3),
            ),
            (
                Some(r#"<https://cw.internal/x?page=9>; rel="last", <https://cw.internal/x?Page=2>; rel=next"#),
                NextPage::Number(2),
            ),
            (
                Some(r#"<https://cw.internal/x?page=1>; rel="prev", <https://cw.internal/x?page=1>; rel="first""#),
                NextPage::None,
            ),
            (Some(""), NextPage::None),
        ] {
            assert_eq!(page(link).unwrap(), expected, "{link:?}");
        }
        assert!(page(Some(r#"<https://cw.internal/x?pageId=7>; rel="next""#)).is_err());
    }

    proptest! {
        #[test]
        fn quotes_in_a_text_are_escaped(value in any::<String>()) {
            let written = Condition::text("name", &value).to_string();
            let inside = written.strip_prefix("name=\"").unwrap();
            let (mut read, mut characters) = (String::new(), inside.chars());
            while let Some(character) = characters.next() {
                match character {
                    '\\' => read.extend(characters.next()),
                    '"' => break,
                    other => read.push(other),
                }
            }
            prop_assert_eq!((read, characters.as_str()), (value, ""));
        }
    }
}
