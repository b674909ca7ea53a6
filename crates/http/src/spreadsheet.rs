//! Lists that people open with a spreadsheet, as CSV.

use std::sync::Arc;

use crate::HttpError;

/// These rows as lines of CSV (RFC 4180, but with line feeds alone), after the names of the columns if there are any.
///
/// Spreadsheets run what begins like a formula: such a cell begins with an apostrophe, which they take as "this is text".
///
/// # Errors
///
/// None that is known of: writing to memory does not fail.
pub(crate) fn csv<const COLUMNS: usize>(
    header: Option<[&str; COLUMNS]>,
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> Result<String, HttpError> {
    let unwritten = |error: csv::Error| HttpError::Internal("a list cannot be written", Arc::new(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(header) = header {
        writer.write_record(header).map_err(unwritten)?;
    }
    for row in rows {
        writer.write_record(row.iter().map(|cell| text(cell))).map_err(unwritten)?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritten(csv::Error::from(error.into_error())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A cell that no spreadsheet takes for a formula.
fn text(cell: &str) -> String {
    let is_formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_7_a_spreadsheet_takes_no_cell_for_a_formula() {
        for (cell, written) in [
            ("=HYPERLINK(\"https://evil\")", "'=HYPERLINK(\"https://evil\")"),
            ("+1", "'+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("Ada", "Ada"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(text(cell), written);
        }
    }
}
