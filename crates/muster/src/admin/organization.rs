//! Organizations and their members, from the shell (ORG-1, ORG-2, ACC-3).

use muster_engine::{
    EngineError,
    members::{self, Line, Part, Place, Query},
    names, organizations, returns,
};
use muster_model::{InvitationId, Organization, Role};
use muster_store::{Conn, Counter};
use serde::{Deserialize, Serialize};

use super::{AdminError, Answer, Installation, export, invitation, named, said};

/// What about organizations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrganizationRequest {
    /// All of them.
    List,
    /// One.
    Show { organization: String },
    /// One more.
    Create { name: String, company: Option<String>, seats: Option<i64> },
    /// Another name.
    Rename { organization: String, to: String },
    /// How many fit; no limit if none is given.
    Seats { organization: String, seats: Option<i64> },
    /// Who is in.
    Members(MembersRequest),
    /// A role by hand; whoever is no member becomes one.
    SetRole { organization: String, who: String, role: Role },
    /// Out.
    RemoveMember { organization: String, who: String, block: bool },
    /// Who is kept out (ORG-2).
    Blocked { organization: String, after: Option<String>, limit: u32 },
    /// Somebody is kept out no longer (ORG-2).
    Unblock { organization: String, who: String },
    /// A page of the members as CSV (ORG-7); with the header at the beginning.
    Export { organization: String, after: Option<String> },
    /// People are invited, or it is said what would become of them.
    Invite { organization: String, people: Vec<Invitee>, dry_run: bool },
    /// Who is invited.
    Invitations { organization: String, after: Option<String>, limit: u32 },
    /// An invitation again.
    Resend { organization: String, who: String },
    /// An invitation no longer.
    Cancel { organization: String, who: String },
}

/// Which members.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MembersRequest {
    pub(crate) organization: String,
    pub(crate) search: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) invites: bool,
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
}

/// Somebody to invite.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invitee {
    /// An address or username.
    pub(crate) to: String,
    pub(crate) role: Role,
    pub(crate) team: Option<String>,
    /// The line of the file, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// What is wrong with that line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wrong: Option<String>,
}

/// Organizations, by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Organizations {
    pub(crate) organizations: Vec<OrganizationLine>,
    /// What was done just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<String>,
}

/// One organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OrganizationLine {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) company: Option<String>,
    /// How many fit; no limit if none is given.
    pub(crate) seats: Option<i64>,
    /// For its owners, as are those who are invited and the owners.
    pub(crate) members: Option<i64>,
    pub(crate) invitations: Option<i64>,
    pub(crate) owners: Vec<String>,
    pub(crate) created: String,
}

/// A page of people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Members {
    pub(crate) organization: String,
    /// How many there are; of a search, at most some thousand are counted.
    pub(crate) count: i64,
    pub(crate) members: Vec<MemberLine>,
    /// What to go on after, if there are more.
    pub(crate) next: Option<String>,
}

/// Some of those who are kept out of an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Blocked {
    pub(crate) organization: String,
    pub(crate) blocked: Vec<BlockedLine>,
    /// What to go on after, if there are more.
    pub(crate) next: Option<String>,
}

/// Somebody who is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BlockedLine {
    /// The account's id.
    pub(crate) id: String,
    pub(crate) username: String,
    /// When the membership ended.
    pub(crate) removed: Option<String>,
}

/// One person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MemberLine {
    /// The account's id, or the invitation's.
    pub(crate) id: String,
    /// `User` or `Invitee`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) username: String,
    pub(crate) full_name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) teams: Vec<String>,
    pub(crate) is_guest: bool,
    pub(crate) since: String,
    pub(crate) last_signed_in: Option<String>,
}

pub(super) fn run(installation: &Installation, request: OrganizationRequest) -> Result<Answer, AdminError> {
    use OrganizationRequest as Asked;
    match request {
        Asked::List => list(installation).map(Answer::Organizations),
        Asked::Show { organization } => one(installation, &organization, None),
        Asked::Create { name, company, seats } => {
            let company = company.map(|company| named::company(installation, &company)).transpose()?;
            let made = installation.change(move |tx, env| organizations::create(tx, env, &name, company, seats))?;
            one(installation, &made.name, Some("the organization was made".to_owned()))
        }
        Asked::Rename { organization, to } => {
            let before = named::organization(installation, &organization)?;
            let after = change(installation, &before, move |tx, env, organization| {
                names::rename_organization(tx, env, organization, &to)
            })?;
            one(installation, &after.name, Some(said::renamed(&before.name)))
        }
        Asked::Seats { organization, seats } => {
            let organization = named::organization(installation, &organization)?;
            change(installation, &organization, move |tx, env, organization| {
                organizations::set_seats(tx, env, organization, seats)
            })?;
            one(installation, &organization.name, Some(said::seats_set()))
        }
        Asked::Members(request) => page(installation, request).map(Answer::Members),
        Asked::SetRole { organization, who, role } => {
            let organization = named::organization(installation, &organization)?;
            let account = named::account(installation, &who)?;
            let person = account.clone();
            change(installation, &organization, move |tx, env, organization| {
                organizations::set_member(tx, env, organization, &person, role)
            })?;
            member(installation, &organization, &account.username)
        }
        Asked::RemoveMember { organization, who, block } => {
            let organization = named::organization(installation, &organization)?;
            let account = named::account(installation, &who)?;
            let username = account.username.clone();
            let ways = change(installation, &organization, move |tx, env, organization| {
                let ways = returns::ways_back(tx, organization, &account)?;
                organizations::remove_member(tx, env, organization, &account, block)?;
                Ok(ways)
            })?;
            let mut done = said::removed(&username, block);
            for way in ways.iter().filter(|_| !block) {
                done.push_str(&said::returns(&way.warning()));
            }
            one(installation, &organization.name, Some(done))
        }
        Asked::Blocked { organization, after, limit } => {
            let organization = named::organization(installation, &organization)?;
            blocked(installation, organization, after.as_deref(), limit).map(Answer::Blocked)
        }
        Asked::Unblock { organization, who } => {
            let organization = named::organization(installation, &organization)?;
            let account = named::account(installation, &who)?;
            let username = account.username.clone();
            change(installation, &organization, move |tx, env, organization| {
                returns::lift_block(tx, env, organization, &account)
            })?;
            one(installation, &organization.name, Some(said::unblocked(&username)))
        }
        Asked::Export { organization, after } => {
            let organization = named::organization(installation, &organization)?;
            export::page(installation, &organization, after.as_deref()).map(Answer::MembersExported)
        }
        Asked::Invite { organization, people, dry_run } => {
            let organization = named::organization(installation, &organization)?;
            invitation::invite(installation, organization, people, dry_run).map(Answer::Invited)
        }
        Asked::Invitations { organization, after, limit } => {
            let organization = named::organization(installation, &organization)?;
            invitation::list(installation, &organization, after.as_deref(), limit).map(Answer::Invitations)
        }
        Asked::Resend { organization, who } => {
            let organization = named::organization(installation, &organization)?;
            invitation::resend(installation, &organization, &who).map(Answer::Invitations)
        }
        Asked::Cancel { organization, who } => {
            let organization = named::organization(installation, &organization)?;
            invitation::cancel(installation, &organization, &who).map(Answer::Invitations)
        }
    }
}

/// One change of an organization as it is now.
pub(super) fn change<T: Send + 'static>(
    installation: &Installation,
    organization: &Organization,
    mut work: impl FnMut(&mut muster_store::Tx<'_>, &mut muster_engine::Env, &Organization) -> Result<T, EngineError>
    + Send
    + 'static,
) -> Result<T, AdminError> {
    let id = organization.id;
    let done = installation.change(move |tx, env| {
        let organization = tx.organization(id)?.ok_or_else(|| EngineError::not_found("organization", id))?;
        work(tx, env, &organization)
    });
    Ok(done?)
}

/// A page of those who are kept out.
fn blocked(
    installation: &Installation,
    organization: Organization,
    after: Option<&str>,
    limit: u32,
) -> Result<Blocked, AdminError> {
    let after = named::after(after)?;
    let (name, at_most) = (organization.name.clone(), i64::from(limit));
    let found = installation
        .store
        .snapshot_blocking(move |conn| returns::blocked(conn, &organization, after, at_most.saturating_add(1)))?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > size;
    let lines = found.into_iter().take(size).map(|(membership, account)| BlockedLine {
        id: account.id.to_string(),
        username: account.username,
        removed: membership.ended.map(|ended| ended.to_string()),
    });
    let blocked: Vec<BlockedLine> = lines.collect();
    let next = blocked.last().filter(|_| has_more).map(|last| last.id.clone());
    Ok(Blocked { organization: name, blocked, next })
}

fn list(installation: &Installation) -> Result<Organizations, AdminError> {
    let organizations = installation.store.snapshot_blocking::<_, EngineError, _>(|conn| {
        conn.organizations()?.into_iter().map(|organization| line(conn, organization)).collect()
    })?;
    Ok(Organizations { organizations, done: None })
}

fn one(installation: &Installation, name: &str, done: Option<String>) -> Result<Answer, AdminError> {
    let organization = named::organization(installation, name)?;
    let line =
        installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| line(conn, organization.clone()))?;
    Ok(Answer::Organizations(Organizations { organizations: vec![line], done }))
}

fn line(conn: &mut Conn<'_>, organization: Organization) -> Result<OrganizationLine, EngineError> {
    let company = organization.company.map(|id| conn.company(id)).transpose()?.flatten().map(|company| company.name);
    let owners = organizations::owners(conn, &organization)?;
    Ok(OrganizationLine {
        id: organization.id.to_string(),
        company,
        seats: organization.seats,
        members: Some(conn.count(organization.id.0, Counter::Members)?),
        invitations: Some(conn.count(organization.id.0, Counter::Invitations)?),
        owners: owners.into_iter().map(|owner| owner.username).collect(),
        created: organization.created.to_string(),
        name: organization.name,
    })
}

fn page(installation: &Installation, request: MembersRequest) -> Result<Members, AdminError> {
    let MembersRequest { organization, search, role, invites, after, limit } = request;
    let organization = named::organization(installation, &organization)?;
    let after = after.as_deref().map(place).transpose()?;
    let query = Query { members: true, invitees: invites, role, search, by_address: true };
    let part = Part { after, skip: 0, limit: i64::from(limit) };
    let now = installation.surroundings.now();
    let asked = organization.clone();
    let people = installation
        .store
        .snapshot_blocking::<_, EngineError, _>(move |conn| members::list(conn, &asked, &query, &part, now))?;
    let is_full = u32::try_from(people.lines.len()).unwrap_or(u32::MAX) >= limit;
    let next = people.lines.last().filter(|_| is_full).map(|(_, place)| place_text(place));
    let members = people.lines.iter().map(|(line, _)| member_line(line)).collect();
    Ok(Members { organization: organization.name, count: people.count, members, next })
}

fn member(installation: &Installation, organization: &Organization, username: &str) -> Result<Answer, AdminError> {
    let (asked, username) = (organization.clone(), username.to_owned());
    let member = installation
        .store
        .snapshot_blocking::<_, EngineError, _>(move |conn| members::find(conn, &asked, &username))?;
    let members = vec![member_line(&Line::Member(Box::new(member)))];
    Ok(Answer::Members(Members { organization: organization.name.clone(), count: 1, members, next: None }))
}

/// Somebody, as the shell shows them.
pub(super) fn member_line(line: &Line) -> MemberLine {
    match line {
        Line::Member(member) => MemberLine {
            id: member.account.id.to_string(),
            kind: "User".to_owned(),
            username: member.account.username.clone(),
            full_name: member.account.full_name.clone(),
            email: member.account.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            role: member.membership.role,
            teams: member.teams.clone(),
            is_guest: member.membership.guest,
            since: member.membership.joined.to_string(),
            last_signed_in: member.signed_in.map(|(_, last)| last.to_string()),
        },
        Line::Invitee(invitation, team) => MemberLine {
            id: invitation.id.to_string(),
            kind: "Invitee".to_owned(),
            username: String::new(),
            full_name: String::new(),
            email: invitation.email.to_string(),
            role: invitation.role,
            teams: team.iter().cloned().collect(),
            is_guest: false,
            since: invitation.sent.to_string(),
            last_signed_in: None,
        },
    }
}

/// A place as it is typed: what it is, and where.
pub(super) fn place_text(place: &Place) -> String {
    match place {
        Place::Member(account) => format!("member:{account}"),
        Place::Username(username) => format!("username:{username}"),
        Place::Address(address) => format!("address:{address}"),
        Place::Invitation(id) => format!("invitation:{id}"),
    }
}

pub(super) fn place(text: &str) -> Result<Place, AdminError> {
    let wrong =
        || AdminError::Wrong(format!("`--after {text}` is no place in a list: use what the last page ended with"));
    let (kind, value) = text.split_once(':').ok_or_else(wrong)?;
    match kind {
        "member" => value.parse().map(Place::Member).map_err(|_| wrong()),
        "username" => Ok(Place::Username(value.to_owned())),
        "address" => Ok(Place::Address(value.to_owned())),
        "invitation" => value.parse::<InvitationId>().map(|id| Place::Invitation(id.0)).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}
