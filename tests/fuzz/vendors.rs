//! Responses of the vendors and of ConnectWise, and what is written to ConnectWise.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::LINK;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use service_manager::connectwise::fuzzing as connectwise;
use service_manager::http_client::{Response, plain_text};
use service_manager::vendor::dropbox::{self, Catalogue};
use service_manager::vendor::dropsuite;
use url::form_urlencoded;

/// Statuses that vendors answer.
const STATUSES: [u16; 10] = [200, 201, 204, 302, 400, 401, 403, 404, 409, 422];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().expect("the built-in catalogue"));

/// Decodes a response as everything that Dropsuite, Dropbox and ConnectWise answer. The first byte chooses the status: the
/// digit 0 is 200. The first line is also the header `Link`.
pub fn decode(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let status = STATUSES.iter().cycle().nth(usize::from(choice.wrapping_sub(b'0'))).copied().unwrap_or(200);
    let mut headers = HeaderMap::new();
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    headers.extend(HeaderValue::from_bytes(line).ok().map(|value| (LINK, value)));
    let status = StatusCode::from_u16(status).expect("a status");
    let response = Response { status, headers, body: Bytes::copy_from_slice(body) };
    let errors = [
        dropsuite::fuzzing::decode_all(&response).err().map(|error| error.to_string()),
        dropbox::fuzzing::decode_all(&response, &CATALOGUE).err().map(|error| error.to_string()),
        connectwise::decode_all(&response).err().map(|error| error.to_string()),
    ];
    for error in errors.into_iter().flatten() {
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}

/// A condition holds exactly the text, and is encoded without loss. Text that is shown stays one visible line.
pub fn conditions(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (written, encoded) = connectwise::condition("name", text);
    let inside = written.strip_prefix("name=\"").and_then(|rest| rest.strip_suffix('"')).expect("a quoted text");
    let (mut read, mut characters) = (String::new(), inside.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => read.extend(characters.next()),
            '"' => panic!("the text ends too early: {written}"),
            other => read.push(other),
        }
    }
    assert_eq!(read, text, "{written}");
    let decoded: Vec<_> = form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
    assert_eq!(decoded, [("conditions".to_owned(), written)], "{encoded}");
    let shown = plain_text(text);
    assert!(!shown.contains(char::is_control) && plain_text(&shown) == shown, "{shown:?}");
}

/// Reads a text as ConnectWise's dates and zones, at a time that the first bytes choose.
pub fn dates(data: &[u8]) {
    let Some((seconds, text)) = data.split_first_chunk::<8>() else { return };
    let span = Timestamp::MAX.as_second() - Timestamp::MIN.as_second();
    let second = Timestamp::MIN.as_second() + i64::from_le_bytes(*seconds).rem_euclid(span);
    let now = Timestamp::from_second(second).expect("within the span");
    connectwise::dates(&String::from_utf8_lossy(text), now);
}
