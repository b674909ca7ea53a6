//! What `muster explain` says, for people.

use std::fmt::Write as _;

use serde_json::Value;

use super::{applied::shown, table};
use crate::admin::{Change, Explanation, Said};

/// An account as a page of text.
pub(super) fn text(explanation: &Explanation) -> String {
    let account = &explanation.account;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} <{}>\naccount {}, username {}, {}, since {}{}",
        if account.full_name.is_empty() { "(no name)" } else { &account.full_name },
        account.email,
        account.id,
        account.username,
        account.state,
        account.created,
        if account.conflict { "\nsources disagree: see the values below" } else { "" },
    );
    let _ = writeln!(text, "\nWhat it is called and may do, and who says so\n{}", values(explanation));
    if explanation.memberships.is_empty() {
        text.push_str("\nNo membership.\n");
    } else {
        let _ = writeln!(text, "\nWhere it is\n{}", memberships(explanation));
        let _ = writeln!(text, "\nWhy\n{}", grants(explanation));
    }
    if !explanation.directory_users.is_empty() {
        let _ = writeln!(text, "\nWhat directories say\n{}", directory(explanation));
    }
    let _ = write!(text, "\nWhat happened\n{}", history(explanation));
    text
}

fn values(explanation: &Explanation) -> String {
    let mut list = table(["value", "is", "says", "source", "since", "rule", "actor", "request"]);
    for value in &explanation.values {
        let effective = value.effective.as_ref().map(shown).unwrap_or_default();
        if value.said.is_empty() {
            let row = [value.attribute.as_str(), &effective, "", "default", "", "", "", ""];
            list.add_row(row);
        }
        for (number, said) in value.said.iter().enumerate() {
            let (attribute, effective) =
                if number == 0 { (value.attribute.as_str(), effective.as_str()) } else { ("", "") };
            let locked = if said.locked { " (locked)" } else { "" };
            list.add_row([
                attribute,
                effective,
                &format!("{}{locked}", shown(&said.value)),
                &source(said),
                &said.at,
                &said.rule,
                &said.actor,
                said.request.as_deref().unwrap_or_default(),
            ]);
        }
    }
    list.to_string()
}

fn source(said: &Said) -> String {
    through(&said.source, said.connection.as_deref())
}

fn through(source: &str, connection: Option<&str>) -> String {
    match connection {
        Some(connection) => format!("{source} ({connection})"),
        None => source.to_owned(),
    }
}

fn memberships(explanation: &Explanation) -> String {
    let mut list = table(["organization", "state", "role", "managed by", "since", ""]);
    for membership in &explanation.memberships {
        let mut marks = Vec::new();
        if membership.guest {
            marks.push("guest".to_owned());
        }
        if membership.blocked {
            marks.push("blocked".to_owned());
        }
        marks.extend(membership.ended_by.as_ref().map(|connection| format!("by {connection}")));
        list.add_row([
            membership.organization.clone(),
            membership.state.clone(),
            membership.role.clone(),
            membership.managed_by.join(", "),
            membership.joined.clone(),
            marks.join(", "),
        ]);
    }
    list.to_string()
}

fn grants(explanation: &Explanation) -> String {
    let mut list = table(["member of", "because of", "source", "since", "rule", "actor", "request"]);
    for membership in &explanation.memberships {
        for grant in &membership.grants {
            let place = match &grant.team {
                Some(team) => format!("{}:{team}", membership.organization),
                None => membership.organization.clone(),
            };
            let asleep = if grant.asleep { ", asleep" } else { "" };
            list.add_row([
                place,
                format!("{}{asleep}", grant.origin),
                through(&grant.source, grant.connection.as_deref()),
                grant.given.clone(),
                grant.rule.clone(),
                grant.actor.clone(),
                grant.request.clone().unwrap_or_default(),
            ]);
        }
    }
    list.to_string()
}

fn directory(explanation: &Explanation) -> String {
    let mut list = table(["connection", "userName", "externalId", "active", "groups", "changed", "id"]);
    for user in &explanation.directory_users {
        list.add_row([
            user.connection.clone(),
            user.user_name.clone(),
            user.external_id.clone().unwrap_or_default(),
            user.active.to_string(),
            user.groups.to_string(),
            user.modified.clone(),
            user.id.clone(),
        ]);
    }
    list.to_string()
}

fn history(explanation: &Explanation) -> String {
    let mut list = table(["at", "source", "what", "request"]);
    for line in &explanation.history {
        let changes: Vec<String> = line.changes.iter().map(change).collect();
        list.add_row([
            line.at.clone(),
            through(&line.source, line.connection.as_deref()),
            changes.join("\n"),
            line.request.clone().unwrap_or_default(),
        ]);
    }
    list.to_string()
}

fn says_nothing(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false)) || value.as_str().is_some_and(str::is_empty)
}

/// One change on a line: the event, and what tells the most.
fn change(change: &Change) -> String {
    let telling = ["role", "state.state", "full_name", "email", "team", "organization", "active", "asleep"];
    let details: Vec<String> = telling
        .iter()
        .filter_map(|name| change.fields.iter().find(|field| field.name == *name))
        .filter(|field| !says_nothing(&field.new) || !says_nothing(&field.old))
        .map(|field| match (shown(&field.old), shown(&field.new)) {
            (old, new) if old.is_empty() => format!("{} {new}", field.name),
            (old, new) if new.is_empty() => format!("{} was {old}", field.name),
            (old, new) => format!("{} {old} -> {new}", field.name),
        })
        .collect();
    format!("{} {}", change.event, details.join(", ")).trim_end().to_owned()
}
