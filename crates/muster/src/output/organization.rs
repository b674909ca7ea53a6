//! Organizations, their members and invitations, for people.

use super::table;
use crate::admin::{Blocked, Invitations, InvitedPeople, Members, Organizations};

/// A line for each organization.
pub(super) fn organizations(answer: &Organizations) -> String {
    if answer.organizations.is_empty() {
        return "there is no organization yet: make one with `muster org create NAME`".to_owned();
    }
    let mut lines = table(["name", "members", "invited", "seats", "owners", "company", "made"]);
    for organization in &answer.organizations {
        lines.add_row([
            organization.name.clone(),
            number(organization.members),
            number(organization.invitations),
            match organization.members {
                // Who may not see the members may not see the seats.
                None => String::new(),
                Some(_) => organization.seats.map_or_else(|| "unlimited".to_owned(), |seats| seats.to_string()),
            },
            organization.owners.join(", "),
            organization.company.clone().unwrap_or_default(),
            organization.created.clone(),
        ]);
    }
    with(answer.done.as_deref(), &lines.to_string(), None)
}

fn number(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A line for each who is kept out.
pub(super) fn blocked(answer: &Blocked) -> String {
    if answer.blocked.is_empty() {
        return format!("nobody is kept out of `{}`", answer.organization);
    }
    let mut lines = table(["username", "account", "removed"]);
    for one in &answer.blocked {
        lines.add_row([one.username.clone(), one.id.clone(), one.removed.clone().unwrap_or_default()]);
    }
    with(None, &lines.to_string(), answer.next.as_deref())
}

/// A line for each person.
pub(super) fn members(answer: &Members) -> String {
    if answer.members.is_empty() {
        return format!("nobody of `{}` is like that", answer.organization);
    }
    let mut lines = table(["username", "name", "email", "role", "teams", "", "since", "last signed in"]);
    for member in &answer.members {
        let kind = match (member.kind.as_str(), member.is_guest) {
            ("Invitee", _) => "invited",
            (_, true) => "guest",
            _ => "",
        };
        lines.add_row([
            member.username.clone(),
            member.full_name.clone(),
            member.email.clone(),
            member.role.to_string(),
            member.teams.join(", "),
            kind.to_owned(),
            member.since.clone(),
            member.last_signed_in.clone().unwrap_or_default(),
        ]);
    }
    with(None, &format!("{lines}\n\n{} of {}", answer.members.len(), answer.count), answer.next.as_deref())
}

/// A line for each who was invited, or could not be.
pub(super) fn invited(answer: &InvitedPeople) -> String {
    let has_lines = answer.people.iter().any(|person| person.line.is_some());
    let mut lines = table(["line", "invitee", "status", ""]);
    for person in &answer.people {
        lines.add_row([
            person.line.map(|line| line.to_string()).unwrap_or_default(),
            person.invitee.clone(),
            person.status.clone(),
            person.why.clone().or_else(|| person.link.clone()).unwrap_or_default(),
        ]);
    }
    if !has_lines && let Some(column) = lines.column_mut(0) {
        column.set_constraint(comfy_table::ColumnConstraint::Hidden);
    }
    let done = answer.people.iter().filter(|person| matches!(person.status.as_str(), "invited" | "invitable")).count();
    let (all, what) = (answer.people.len(), if answer.dry_run { "can be invited" } else { "were invited" });
    let links = if answer.people.iter().any(|person| person.link.is_some()) {
        "\nNo mail is sent here: pass the links on, each to the person whom it is for."
    } else {
        ""
    };
    format!("{lines}\n\n{done} of {all} {what} to {}{links}", answer.organization)
}

/// A line for each invitation.
pub(super) fn invitations(answer: &Invitations) -> String {
    if answer.invitations.is_empty() {
        let nobody = format!("nobody is invited to {}", answer.organization);
        return answer.done.clone().unwrap_or(nobody);
    }
    let mut lines = table(["invitation", "invitee", "role", "team", "by", "sent", "expires", ""]);
    for invitation in &answer.invitations {
        lines.add_row([
            invitation.id.clone(),
            invitation.invitee.clone(),
            invitation.role.to_string(),
            invitation.team.clone().unwrap_or_default(),
            invitation.inviter.clone().unwrap_or_default(),
            invitation.sent.clone(),
            invitation.expires.clone(),
            invitation.link.clone().unwrap_or_default(),
        ]);
    }
    with(answer.done.as_deref(), &lines.to_string(), answer.next.as_deref())
}

/// Lines, after what was done, and with the way on.
pub(super) fn with(done: Option<&str>, lines: &str, next: Option<&str>) -> String {
    let done = done.map(|done| format!("{done}\n\n")).unwrap_or_default();
    let more = next.map(|next| format!("\n\nmore: add --after {next}")).unwrap_or_default();
    format!("{done}{lines}{more}")
}
