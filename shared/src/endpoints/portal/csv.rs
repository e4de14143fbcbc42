//! CSV responses (RFC 4180). A text that a spreadsheet could take for a formula begins with an apostrophe.

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use crate::domain::error::ServiceError;
use crate::endpoints::EndpointResponse;

/// Media type of CSV.
pub const CSV: &str = "text/csv; charset=utf-8";

/// First characters by which spreadsheets recognize a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Returns a response with a line of names and a line for each row, as a file with this header `Content-Disposition`.
///
/// # Errors
/// [`ErrorCode::Internal`](crate::domain::error_code::ErrorCode::Internal) if a row does not have a cell for each name.
pub fn response<const N: usize>(
    disposition: &'static str,
    names: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<EndpointResponse, ServiceError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(names).map_err(ServiceError::internal)?;
    for row in rows {
        writer.write_record(row.map(text_cell)).map_err(ServiceError::internal)?;
    }
    let body = writer.into_inner().map_err(|error| ServiceError::internal(error.into_error()))?;
    let mut response = EndpointResponse { code: 0, body, headers: HeaderMap::new() };
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(CSV));
    response.headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}

/// Returns a cell that a spreadsheet takes for a text, unless it is a number.
fn text_cell(text: String) -> String {
    let is_formula = text.starts_with(FORMULA) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_may_begin_with_a_sign() {
        for (text, cell) in
            [("=1+1", "'=1+1"), ("-1", "-1"), ("+1-1", "'+1-1"), ("@x", "'@x"), ("a=1", "a=1"), ("", "")]
        {
            assert_eq!(text_cell(text.to_owned()), cell);
        }
    }
}
