//! Invitations over a server (ORG-3).

use http::Method;
use muster_model::Role;
use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use crate::admin::{AdminError, InvitationLine, Invitations, InvitedLine, InvitedPeople, Invitee, said};

/// The most invitations of one answer.
const PAGE: usize = 1_000;

/// An invitation, as the management API shows it.
#[derive(Debug, Deserialize)]
struct Invite {
    id: String,
    inviter_username: Option<String>,
    invitee: String,
    team: Option<String>,
    role: String,
    created_at: String,
    expires_at: String,
}

#[derive(Debug, Deserialize)]
struct Invites {
    data: Vec<Invite>,
    next: Option<String>,
}

/// What became of people whom nobody listed.
#[derive(Debug, Deserialize)]
pub(super) struct Invited {
    invitees: Vec<Outcome>,
    next: Option<String>,
}

impl Invited {
    /// The same, as the shell tells it.
    pub(super) fn people(self, organization: String, dry_run: bool) -> InvitedPeople {
        let told = |outcome: Outcome| {
            let invitee =
                Invitee { to: outcome.invitee.clone(), role: Role::Member, team: None, line: None, wrong: None };
            line(&invitee, Some(outcome), dry_run)
        };
        InvitedPeople { organization, dry_run, people: self.invitees.into_iter().map(told).collect(), next: self.next }
    }
}

#[derive(Debug, Deserialize)]
struct Outcomes {
    invitees: Vec<Outcome>,
}

/// What became of somebody.
#[derive(Debug, Deserialize)]
struct Outcome {
    invitee: String,
    status: String,
    detail: Option<String>,
    invite: Option<Invite>,
    link: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resent {
    link: String,
}

impl From<Invite> for InvitationLine {
    fn from(invite: Invite) -> Self {
        let Invite { id, inviter_username, invitee, team, role, created_at, expires_at } = invite;
        let role = role.parse().unwrap_or(Role::Member);
        Self { id, invitee, role, team, inviter: inviter_username, sent: created_at, expires: expires_at, link: None }
    }
}

/// Invites people: one call for each role and team that is asked for.
pub(super) fn invite(
    client: &Client,
    organization: &str,
    people: Vec<Invitee>,
    dry_run: bool,
) -> Result<InvitedPeople, AdminError> {
    let mut lines: Vec<Option<InvitedLine>> = people.iter().map(wrong).collect();
    while let Some(first) = lines.iter().position(Option::is_none) {
        let asked = &people[first];
        let alike: Vec<usize> = (first..people.len())
            .filter(|at| lines[*at].is_none() && people[*at].role == asked.role && people[*at].team == asked.team)
            .collect();
        let invitees: Vec<&str> = alike.iter().map(|at| people[*at].to.as_str()).collect();
        let body = json!({
            "org": organization, "team": asked.team, "role": asked.role.as_str(), "invitees": invitees, "dry_run": dry_run,
        });
        let answer: Outcomes = client.write(Method::POST, &["invites", "bulk"], &body)?;
        let mut outcomes = answer.invitees.into_iter();
        for at in alike {
            lines[at] = Some(line(&people[at], outcomes.next(), dry_run));
        }
    }
    let people = lines.into_iter().flatten().collect();
    Ok(InvitedPeople { organization: organization.to_owned(), dry_run, people, next: None })
}

/// What is said of a line of a file that is wrong.
fn wrong(invitee: &Invitee) -> Option<InvitedLine> {
    let why = invitee.wrong.clone()?;
    Some(InvitedLine {
        invitee: invitee.to.clone(),
        line: invitee.line,
        status: "invalid".to_owned(),
        why: Some(why),
        id: None,
        link: None,
    })
}

fn line(invitee: &Invitee, outcome: Option<Outcome>, dry_run: bool) -> InvitedLine {
    let outcome = outcome.unwrap_or(Outcome {
        invitee: invitee.to.clone(),
        status: String::new(),
        detail: Some("was not looked at".to_owned()),
        invite: None,
        link: None,
    });
    let status = match outcome.status.as_str() {
        "invited" if dry_run => "invitable",
        "invited" => "invited",
        "duplicate" => "duplicate",
        "existing_invitee" => "existing_invitee",
        "existing_org_member" => "existing_member",
        _ => "invalid",
    };
    InvitedLine {
        invitee: invitee.to.clone(),
        line: invitee.line,
        status: status.to_owned(),
        why: outcome.detail,
        id: outcome.invite.map(|invite| invite.id),
        link: outcome.link,
    }
}

/// Invitations from a place on, at most `limit`, and where the others begin.
fn page(
    client: &Client,
    organization: &str,
    mut after: Option<String>,
    limit: usize,
) -> Result<(Vec<InvitationLine>, Option<String>), AdminError> {
    let mut lines: Vec<InvitationLine> = Vec::new();
    loop {
        let size = limit.saturating_sub(lines.len()).clamp(1, PAGE).to_string();
        let mut query = vec![("page_size", size.as_str())];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let answer: Invites = client.get(&["orgs", organization, "invites"], &query)?;
        lines.extend(answer.data.into_iter().map(InvitationLine::from));
        after = answer.next.as_deref().and_then(super::client::place);
        if after.is_none() || lines.len() >= limit {
            return Ok((lines, after));
        }
    }
}

/// Everybody who is invited.
pub(super) fn all(client: &Client, organization: &str) -> Result<Vec<InvitationLine>, AdminError> {
    Ok(page(client, organization, None, usize::MAX)?.0)
}

pub(super) fn list(
    client: &Client,
    organization: &str,
    after: Option<String>,
    limit: u32,
) -> Result<Invitations, AdminError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (invitations, next) = page(client, organization, after, limit)?;
    Ok(Invitations { organization: organization.to_owned(), invitations, next, done: None })
}

/// The pending invitation that an address or an id means.
fn find(client: &Client, organization: &str, who: &str) -> Result<InvitationLine, AdminError> {
    let asked = who.trim().to_lowercase();
    let mut all = all(client, organization)?.into_iter();
    all.find(|invitation| invitation.id == asked || invitation.invitee.to_lowercase() == asked).ok_or_else(|| {
        AdminError::Missing {
            kind: "invitation",
            name: who.to_owned(),
            hint: format!("`muster org invitations {organization}` lists them"),
        }
    })
}

pub(super) fn resend(client: &Client, organization: &str, who: &str) -> Result<Invitations, AdminError> {
    let id = find(client, organization, who)?.id;
    let answer = client.write_bytes(Method::PATCH, &["invites", &id, "resend"], &json!({}))?;
    let link = serde_json::from_slice::<Resent>(&answer).ok().map(|resent| resent.link);
    let invitations = vec![InvitationLine { link, ..find(client, organization, &id)? }];
    Ok(Invitations { organization: organization.to_owned(), invitations, next: None, done: Some(said::resent()) })
}

pub(super) fn cancel(client: &Client, organization: &str, who: &str) -> Result<Invitations, AdminError> {
    let id = find(client, organization, who)?.id;
    client.delete(&["invites", &id], &[])?;
    let done = Some(said::canceled());
    Ok(Invitations { organization: organization.to_owned(), invitations: Vec::new(), next: None, done })
}
