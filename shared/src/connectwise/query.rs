//! Conditions of lists, and the step from one page of a list to the next.

use std::fmt;

use http::header::LINK;
use jiff::Timestamp;
use url::form_urlencoded;

use super::{ConnectWiseError, date};
use crate::http_client::Response;

/// Conditions that every row of a list must meet.
#[derive(Clone, Debug, Default)]
pub struct Conditions(Vec<String>);

impl Conditions {
    /// Returns no conditions.
    pub fn new() -> Self {
        Self::default()
    }

    /// The field equals this text. ConnectWise ignores case.
    pub fn text(self, field: &str, value: &str) -> Self {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        self.with(format!("{field}=\"{escaped}\""))
    }

    /// The field equals this number. For a reference, the field is for example `company/id`.
    pub fn number(self, field: &str, value: u32) -> Self {
        self.with(format!("{field}={value}"))
    }

    /// The flag has this value.
    pub fn flag(self, field: &str, value: bool) -> Self {
        self.with(format!("{field}={value}"))
    }

    /// The field is later than this time, in whole seconds.
    pub fn after(self, field: &str, value: Timestamp) -> Self {
        self.with(format!("{field}>[{}]", date::text(value)))
    }

    /// The field is one of these numbers. There must be at least one.
    pub fn among(self, field: &str, values: impl IntoIterator<Item = u32>) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.with(format!("{field} in ({})", values.join(",")))
    }

    /// Returns `true` if there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn with(mut self, condition: String) -> Self {
        self.0.push(condition);
        self
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" and "))
    }
}

/// Encodes a URL's query. ConnectWise requires more characters to be encoded than HTML forms do.
pub fn encoded(parameters: &[(&'static str, String)]) -> String {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    form.replace('+', "%20").replace('*', "%2A")
}

/// Returns the number of the next page, if there is one. The link's other parts are ignored, because its host is the
/// one that the server knows itself by.
///
/// # Errors
/// [`ConnectWiseError::InvalidResponse`] if the next page has no number: an incomplete list must not be used.
pub fn next_page(response: &Response) -> Result<Option<u32>, ConnectWiseError> {
    let links = response.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let mut links = links.flat_map(|value| value.split('<').skip(1)).filter_map(|link| link.split_once('>'));
    let is_next = |parameters: &str| {
        let mut parameters = parameters.split([';', ',']).map(|parameter| parameter.trim().replace('"', ""));
        parameters.any(|parameter| parameter.eq_ignore_ascii_case("rel=next"))
    };
    let Some((url, _)) = links.find(|(_, parameters)| is_next(parameters)) else { return Ok(None) };
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let page = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name.eq_ignore_ascii_case("page"));
    let page = page.and_then(|(_, number)| number.parse().ok());
    page.map(Some)
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
        let since = "2016-08-20T18:04:26.789Z".parse().unwrap();
        let conditions = Conditions::new()
            .text("name", r#"Blue "Light" \ Co"#)
            .number("company/id", 5)
            .flag("closedFlag", false)
            .among("id", [1, 2])
            .after("lastUpdated", since);
        assert_eq!(
            conditions.to_string(),
            r#"name="Blue \"Light\" \\ Co" and company/id=5 and closedFlag=false and id in (1,2) and lastUpdated>[2016-08-20T18:04:26Z]"#
        );
    }

    #[test]
    fn reserved_characters_are_encoded() {
        let query = encoded(&[("conditions", "a=\"&'*%+ ä\"".to_owned()), ("page", "1".to_owned())]);
        assert_eq!(query, "conditions=a%3D%22%26%27%2A%25%2B%20%C3%A4%22&page=1");
    }

    fn page(link: Option<&'static str>) -> Result<Option<u32>, ConnectWiseError> {
        let mut headers = HeaderMap::new();
        headers.extend(link.map(|link| (LINK, HeaderValue::from_static(link))));
        next_page(&Response { status: StatusCode::OK, headers, body: Bytes::new() })
    }

    #[test]
    fn only_the_page_of_a_link_is_used() {
        for (link, expected) in [
            (None, None),
            (
                Some(
                    r#"<https://cw.internal/x?fields=id,name&page=3>; rel="next", <https://cw.internal/x?page=9>; rel="last""#,
                ),
                Some(3),
            ),
            (Some(r#"<https://cw.internal/x?page=9>; rel="last", <https://cw.internal/x?Page=2>; rel=next"#), Some(2)),
            (Some(r#"<https://cw.internal/x?page=1>; rel="prev", <https://cw.internal/x?page=1>; rel="first""#), None),
            (Some(""), None),
        ] {
            assert_eq!(page(link).unwrap(), expected, "{link:?}");
        }
        assert!(page(Some(r#"<https://cw.internal/x?pageId=7>; rel="next""#)).is_err());
    }

    proptest! {
        #[test]
        fn quotes_in_a_text_are_escaped(value in any::<String>()) {
            let written = Conditions::new().text("name", &value).to_string();
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
