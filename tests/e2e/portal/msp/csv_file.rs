//! The lists that the portal serves as files, read by a public reader of CSV.

use csv::StringRecord;
use reqwest::Method;

use super::Msp;

/// A file of a list.
pub struct CsvFile {
    names: Vec<String>,
    pub rows: Vec<StringRecord>,
}

impl CsvFile {
    /// Returns the cell of a row in the column of this name.
    pub fn cell<'a>(&self, row: &'a StringRecord, name: &str) -> &'a str {
        &row[self.names.iter().position(|column| column == name).unwrap()]
    }
}

impl Msp {
    /// Downloads a file, in which no cell is a formula.
    pub async fn csv(&self, path: &str) -> CsvFile {
        let response = self.request(Method::GET, path, String::new()).await;
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
        assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert_eq!(headers["cache-control"], "no-store");
        let text = response.text().await.unwrap();
        assert!(text.contains("\r\n"), "lines end as RFC 4180 says");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        for row in &rows {
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row:?}");
        }
        CsvFile { names, rows }
    }
}
