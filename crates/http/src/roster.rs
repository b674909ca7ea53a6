//! Members as CSV (ORG-7): Docker Hub's columns first, then ours.

use muster_engine::{domains::Audited, members::Line, roster::Listed};

use crate::{HttpError, spreadsheet};

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

/// These people as lines of CSV, after the names of the columns if they are asked for; no spreadsheet takes a cell for a
/// formula.
///
/// # Errors
///
/// None that is known of: writing to memory does not fail.
pub fn members_csv(people: &[Listed], with_header: bool) -> Result<String, HttpError> {
    spreadsheet::csv(with_header.then_some(HEADER), people.iter().map(cells))
}

/// People of a domain who are no members (ORG-6), as lines of CSV, in the same way.
///
/// # Errors
///
/// None that is known of: writing to memory does not fail.
pub fn outsiders_csv(people: &[Audited], with_header: bool) -> Result<String, HttpError> {
    let rows = people.iter().map(|person| {
        let email = person.email.as_ref().map(ToString::to_string).unwrap_or_default();
        [person.full_name.clone(), person.username.clone(), email]
    });
    spreadsheet::csv(with_header.then_some(["Name", "Username", "Email"]), rows)
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
