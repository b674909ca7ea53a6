//! Members as CSV (ORG-7): Docker Hub's columns first, then ours.

use std::sync::Arc;

use muster_engine::{members::Line, roster::Listed};

use crate::HttpError;

/// Docker Hub's columns, then ours.
const HEADER: [&str; 12] = [
    "Name",
    "Username",
    "Email",
    "Type",
    "Role",
    "Teams",
    "Date Joined",
    "Source",
    "Managed By",
    "External ID",
    "First Sign-in",
    "Last Sign-in",
];

/// These people as lines of CSV (RFC 4180, but with line feeds alone), after the names of the columns if they are asked for.
///
/// Spreadsheets run what begins like a formula: such a cell begins with an apostrophe, which they take as "this is text".
///
/// # Errors
///
/// None that is known of: writing to memory does not fail.
pub fn members_csv(people: &[Listed], with_header: bool) -> Result<String, HttpError> {
    let unwritten = |error: csv::Error| HttpError::Internal("a list cannot be written", Arc::new(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    if with_header {
        writer.write_record(HEADER).map_err(unwritten)?;
    }
    for listed in people {
        writer.write_record(cells(listed).iter().map(|cell| text(cell))).map_err(unwritten)?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritten(csv::Error::from(error.into_error())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cells(listed: &Listed) -> [String; HEADER.len()] {
    let sources: Vec<&str> = listed.sources.iter().map(|source| source.as_str()).collect();
    let (sources, managed_by, external_ids) =
        (sources.join(", "), listed.managed_by.join(", "), listed.external_ids.join(", "));
    match &listed.line {
        Line::Member(member) => [
            member.account.full_name.clone(),
            member.account.username.clone(),
            member.account.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            "User".to_owned(),
            capital(member.membership.role.as_str()),
            member.teams.join(", "),
            member.membership.joined.to_string(),
            sources,
            managed_by,
            external_ids,
            member.signed_in.map(|(first, _)| first.to_string()).unwrap_or_default(),
            member.signed_in.map(|(_, last)| last.to_string()).unwrap_or_default(),
        ],
        Line::Invitee(invitation, team) => [
            String::new(),
            String::new(),
            // Whoever invited by username does not learn the address (TEN-3).
            if invitation.account.is_none() { invitation.email.to_string() } else { String::new() },
            "Invitee".to_owned(),
            capital(invitation.role.as_str()),
            team.clone().unwrap_or_default(),
            invitation.sent.to_string(),
            sources,
            managed_by,
            external_ids,
            String::new(),
            String::new(),
        ],
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
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
