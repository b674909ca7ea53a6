//! Invitations, from the shell (ORG-3).

use muster_engine::{
    EngineError, Origin,
    invitations::{self, Person, Verdict},
};
use muster_model::{Email, Invitation, InvitationId, Organization, Role};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AdminError, Installation,
    organization::{Invitee, change},
    said,
};

/// What became of a list of people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InvitedPeople {
    pub(crate) organization: String,
    /// Whether nothing was done.
    pub(crate) dry_run: bool,
    pub(crate) people: Vec<InvitedLine>,
    /// Where to go on, if these were not all: the account after which the others come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// What became of somebody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InvitedLine {
    pub(crate) invitee: String,
    /// The line of the file, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// `invited`, `invitable` in a dry run, `invalid`, `duplicate`, `existing_invitee` or `existing_member`.
    pub(crate) status: String,
    /// What to do about it, where it is none of the first two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// To be passed on, where no mail is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
}

/// Invitations, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invitations {
    pub(crate) organization: String,
    pub(crate) invitations: Vec<InvitationLine>,
    /// The invitation to go on after, if there are more.
    pub(crate) next: Option<String>,
    /// What was done just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<String>,
}

/// One invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InvitationLine {
    pub(crate) id: String,
    pub(crate) invitee: String,
    pub(crate) role: Role,
    pub(crate) team: Option<String>,
    /// Who sent it: a username, or a connection.
    pub(crate) inviter: Option<String>,
    pub(crate) sent: String,
    pub(crate) expires: String,
    /// To be passed on, where no mail is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
}

pub(super) fn invite(
    installation: &Installation,
    organization: Organization,
    people: Vec<Invitee>,
    dry_run: bool,
) -> Result<InvitedPeople, AdminError> {
    let name = organization.name.clone();
    let right = people.iter().filter(|invitee| invitee.wrong.is_none());
    let right: Vec<Person> = right
        .map(|invitee| Person { to: invitee.to.clone(), role: invitee.role, team: invitee.team.clone() })
        .collect();
    let outcomes: Vec<_> = if dry_run {
        let (asked, surroundings) = (organization, std::sync::Arc::clone(&installation.surroundings));
        let verdicts = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
            let env = muster_engine::Env::new(std::sync::Arc::clone(&surroundings), Origin::OPERATOR);
            invitations::review(conn, &env, &asked, &right.iter().collect::<Vec<_>>())
        })?;
        verdicts.into_iter().map(|verdict| (verdict, None, None)).collect()
    } else {
        let sent = installation
            .with_app(async |app| app.invite(Origin::OPERATOR, organization.clone(), right.clone()).await)??;
        sent.into_iter().map(|sent| (sent.verdict, sent.invitation, sent.link)).collect()
    };
    let mut outcomes = outcomes.into_iter();
    let line = |invitee: Invitee| {
        let (status, why, invitation, link) = match invitee.wrong {
            Some(wrong) => ("invalid", Some(wrong), None, None),
            None => match outcomes.next() {
                Some((verdict, invitation, link)) => {
                    let (status, why) = said(&verdict, dry_run);
                    (status, why, invitation, link)
                }
                None => ("invalid", Some("was not looked at".to_owned()), None, None),
            },
        };
        InvitedLine {
            invitee: invitee.to,
            line: invitee.line,
            status: status.to_owned(),
            why,
            id: invitation.map(|invitation| invitation.id.to_string()),
            link,
        }
    };
    Ok(InvitedPeople { organization: name, dry_run, people: people.into_iter().map(line).collect(), next: None })
}

fn said(verdict: &Verdict, dry_run: bool) -> (&'static str, Option<String>) {
    let why = Some(verdict.to_string());
    match verdict {
        Verdict::Invitable if dry_run => ("invitable", None),
        Verdict::Invitable => ("invited", None),
        Verdict::Invalid(_) => ("invalid", why),
        Verdict::Duplicate => ("duplicate", why),
        Verdict::AlreadyInvited => ("existing_invitee", why),
        Verdict::AlreadyMember => ("existing_member", why),
    }
}

pub(super) fn list(
    installation: &Installation,
    organization: &Organization,
    after: Option<&str>,
    limit: u32,
) -> Result<Invitations, AdminError> {
    let wrong = |text: &str| AdminError::Wrong(format!("`--after {text}` is not an invitation's id"));
    let after = after.map(|text| text.parse::<InvitationId>().map_err(|_| wrong(text))).transpose()?;
    let after = after.unwrap_or(InvitationId(Uuid::nil()));
    let (id, now) = (organization.id, installation.surroundings.now());
    let (invitations, next) = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        let page = conn.pending_invitations_after(id, after, i64::from(limit))?;
        let is_full = u32::try_from(page.len()).is_ok_and(|count| count == limit);
        let next = page.last().filter(|_| is_full).map(|last| last.id.to_string());
        let live = page.into_iter().filter(|invitation| invitation.expires > now);
        Ok((live.map(|invitation| line(conn, invitation)).collect::<Result<Vec<_>, _>>()?, next))
    })?;
    Ok(Invitations { organization: organization.name.clone(), invitations, next, done: None })
}

fn line(conn: &mut muster_store::Conn<'_>, invitation: Invitation) -> Result<InvitationLine, EngineError> {
    let team = invitation.team.map(|team| conn.team(invitation.organization, team)).transpose()?.flatten();
    let inviter = match (invitation.inviter, invitation.connection) {
        (Some(account), _) => conn.account(account)?.map(|account| account.username),
        (None, Some(connection)) => {
            conn.connection(connection)?.map(|connection| format!("connection {}", connection.name))
        }
        (None, None) => None,
    };
    Ok(InvitationLine {
        id: invitation.id.to_string(),
        invitee: invitation.email.to_string(),
        role: invitation.role,
        team: team.map(|team| team.name),
        inviter,
        sent: invitation.sent.to_string(),
        expires: invitation.expires.to_string(),
        link: None,
    })
}

/// The pending invitation that an address or an id means.
fn find(installation: &Installation, organization: &Organization, who: &str) -> Result<Invitation, AdminError> {
    let (id, email) = (who.trim().parse::<InvitationId>().ok(), Email::parse(who.trim()).ok());
    let (at, now) = (organization.id, installation.surroundings.now());
    let found = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| match (id, &email) {
        (Some(id), _) => Ok(conn.invitation(at, id)?),
        (None, Some(email)) => Ok(conn.pending_invitation(at, email)?),
        (None, None) => Ok(None),
    })?;
    found.filter(|invitation| invitation.expires > now).ok_or_else(|| AdminError::Missing {
        kind: "invitation",
        name: who.to_owned(),
        hint: format!("`muster org invitations {}` lists them", organization.name),
    })
}

pub(super) fn resend(
    installation: &Installation,
    organization: &Organization,
    who: &str,
) -> Result<Invitations, AdminError> {
    let id = find(installation, organization, who)?.id;
    let (sent, link) = installation
        .with_app(async |app| app.resend_invitation(Origin::OPERATOR, organization.clone(), id).await)??;
    let shown = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| line(conn, sent.clone()))?;
    let done = Some(said::resent());
    let invitations = vec![InvitationLine { link, ..shown }];
    Ok(Invitations { organization: organization.name.clone(), invitations, next: None, done })
}

pub(super) fn cancel(
    installation: &Installation,
    organization: &Organization,
    who: &str,
) -> Result<Invitations, AdminError> {
    let id = find(installation, organization, who)?.id;
    change(installation, organization, move |tx, env, organization| invitations::cancel(tx, env, organization, id))?;
    let done = Some(said::canceled());
    Ok(Invitations { organization: organization.name.clone(), invitations: Vec::new(), next: None, done })
}
