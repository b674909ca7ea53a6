//! Who is in an organization, as its owners see it: people, and those who are invited (ORG-1, TEN-3).

use std::{collections::BTreeMap, fmt, str::FromStr};

use muster_model::{
    Account, AccountId, Invitation, InvitationId, Membership, MembershipState, Organization, Role, Timestamp,
};
use muster_store::{Conn, Counter, InviteeSearch, MEMBERS_COUNTED, MemberKey, MemberSearch};
use uuid::Uuid;

use crate::EngineError;

/// Which people of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Members.
    pub members: bool,
    /// People with a pending invitation, after the members.
    pub invitees: bool,
    /// Those with this role.
    pub role: Option<Role>,
    /// Those whose username or address begins with this.
    pub search: Option<String>,
    /// Whether addresses are looked at.
    pub by_address: bool,
}

impl Query {
    /// All members.
    pub const MEMBERS: Self = Self { members: true, invitees: false, role: None, search: None, by_address: true };

    /// Where nobody is found by an address, for whoever does not see addresses (TEN-3).
    #[must_use]
    pub fn by_username(self) -> Self {
        Self { by_address: false, ..self }
    }
}

/// Where in a list a page begins: after one of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// After this member.
    Member(AccountId),
    /// After the member with this username, of those whom a search finds by it.
    Username(String),
    /// After the member with this address, of those whom a search finds by it.
    Address(String),
    /// After this invitation.
    Invitation(Uuid),
}

/// A text that is no place in a list of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace;

/// As the address of the next page has it.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(id) => write!(formatter, "m:{id}"),
            Self::Username(name) => write!(formatter, "u:{name}"),
            Self::Address(address) => write!(formatter, "a:{address}"),
            Self::Invitation(id) => write!(formatter, "i:{id}"),
        }
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (kind, rest) = text.split_once(':').ok_or(NoPlace)?;
        match kind {
            "m" => rest.parse().map(|id| Self::Member(AccountId(id))).map_err(|_| NoPlace),
            "u" => Ok(Self::Username(rest.to_owned())),
            "a" => Ok(Self::Address(rest.to_owned())),
            "i" => rest.parse().map(Self::Invitation).map_err(|_| NoPlace),
            _ => Err(NoPlace),
        }
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Where it begins; at the beginning if nothing is said.
    pub after: Option<Place>,
    /// How many lines are passed over.
    pub skip: i64,
    /// The most lines.
    pub limit: i64,
}

/// Somebody in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What the membership says.
    pub membership: Membership,
    /// Who it is.
    pub account: Account,
    /// The names of the teams.
    pub teams: Vec<String>,
    /// When the person first and last signed in through a connection of the organization.
    pub signed_in: Option<(Timestamp, Timestamp)>,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A member.
    Member(Box<Member>),
    /// Somebody who is invited, and the name of the team that goes with it.
    Invitee(Box<Invitation>, Option<String>),
}

/// Part of a list of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// How many there are; of a search at most some thousand are counted.
    pub count: i64,
    /// Those of the part, each with the place after it.
    pub lines: Vec<(Line, Place)>,
}

/// Members by account, by what a search finds, and invitations: a list is one after the other.
#[derive(Clone, Copy)]
enum Phase {
    Members,
    Found(MemberKey),
    Invitees,
}

/// A part of the people of an organization. Where it begins costs nothing, wherever it is, if it is said by a place.
///
/// # Errors
///
/// The store's.
pub fn list(
    conn: &mut Conn<'_>,
    organization: &Organization,
    query: &Query,
    part: &Part,
    now: Timestamp,
) -> Result<People, EngineError> {
    let prefix = query.search.as_deref().map(|search| search.trim().to_lowercase()).filter(|text| !text.is_empty());
    let phases = phases(query, prefix.is_some());
    let first = phases.iter().position(|phase| phase.holds(part.after.as_ref())).unwrap_or(0);
    let Part { mut skip, limit, .. } = *part;
    let mut after = part.after.as_ref();
    let mut people = People { count: 0, lines: Vec::new() };
    for (at, phase) in phases.iter().enumerate() {
        // A search that finds so many by their usernames is too wide to look for others among them.
        if matches!(phase, Phase::Found(MemberKey::Address)) && people.count >= MEMBERS_COUNTED {
            continue;
        }
        let count = phase.count(conn, organization, query, prefix.as_deref(), now)?;
        people.count += count;
        let missing = limit - i64::try_from(people.lines.len()).unwrap_or(i64::MAX);
        if at < first || missing <= 0 {
            continue;
        }
        if skip >= count && after.is_none() {
            skip -= count;
            continue;
        }
        let some = Part { after: after.cloned(), skip, limit: missing };
        people.lines.extend(phase.lines(conn, organization, query, prefix.as_deref(), &some, now)?);
        (skip, after) = (0, None);
    }
    Ok(people)
}

fn phases(query: &Query, searches: bool) -> Vec<Phase> {
    let mut phases = Vec::new();
    match (query.members, searches) {
        (true, true) => {
            phases.push(Phase::Found(MemberKey::Username));
            phases.extend(query.by_address.then_some(Phase::Found(MemberKey::Address)));
        }
        (true, false) => phases.push(Phase::Members),
        (false, _) => {}
    }
    if query.invitees {
        phases.push(Phase::Invitees);
    }
    phases
}

impl Phase {
    /// Whether a place is in this part of a list.
    fn holds(self, place: Option<&Place>) -> bool {
        matches!(
            (self, place),
            (Self::Members, Some(Place::Member(_)))
                | (Self::Found(MemberKey::Username), Some(Place::Username(_)))
                | (Self::Found(MemberKey::Address), Some(Place::Address(_)))
                | (Self::Invitees, Some(Place::Invitation(_)))
        )
    }

    fn count(
        self,
        conn: &mut Conn<'_>,
        organization: &Organization,
        query: &Query,
        prefix: Option<&str>,
        now: Timestamp,
    ) -> Result<i64, EngineError> {
        Ok(match self {
            Self::Members => conn.members_count(organization.id, query.role)?,
            Self::Found(key) => {
                let search = MemberSearch { key, prefix: prefix.unwrap_or_default(), role: query.role };
                conn.members_found_count(organization.id, search)?
            }
            Self::Invitees if query.role.is_none() && prefix.is_none() => {
                conn.count(organization.id.0, Counter::Invitations)?
            }
            Self::Invitees => conn.invitees_count(organization.id, invitees(query, prefix, now))?,
        })
    }

    fn lines(
        self,
        conn: &mut Conn<'_>,
        organization: &Organization,
        query: &Query,
        prefix: Option<&str>,
        part: &Part,
        now: Timestamp,
    ) -> Result<Vec<(Line, Place)>, EngineError> {
        match self {
            Self::Members => {
                let after = match part.after {
                    Some(Place::Member(account)) => account,
                    _ => AccountId(Uuid::nil()),
                };
                let page = conn.members_page(organization.id, query.role, after, part.skip, part.limit)?;
                let members = people(conn, organization, page)?;
                Ok(members
                    .into_iter()
                    .map(|member| placed(member, |member| Place::Member(member.account.id)))
                    .collect())
            }
            Self::Found(key) => {
                let after = match &part.after {
                    Some(Place::Username(after) | Place::Address(after)) => after.as_str(),
                    _ => "",
                };
                let search = MemberSearch { key, prefix: prefix.unwrap_or_default(), role: query.role };
                let page = conn.members_found(organization.id, search, after, part.skip, part.limit)?;
                let members = people(conn, organization, page)?;
                let place = |member: &Member| match key {
                    MemberKey::Username => Place::Username(member.account.username.clone()),
                    MemberKey::Address => {
                        Place::Address(member.account.email.as_ref().map(|email| email.key()).unwrap_or_default())
                    }
                };
                Ok(members.into_iter().map(|member| placed(member, place)).collect())
            }
            Self::Invitees => {
                let after = match part.after {
                    Some(Place::Invitation(id)) => id,
                    _ => Uuid::nil(),
                };
                let after = InvitationId(after);
                let some =
                    conn.invitees(organization.id, invitees(query, prefix, now), after, part.skip, part.limit)?;
                let mut lines = Vec::new();
                for invitation in some {
                    let team = match invitation.team {
                        Some(team) => conn.team(organization.id, team)?.map(|team| team.name),
                        None => None,
                    };
                    let place = Place::Invitation(invitation.id.0);
                    lines.push((Line::Invitee(Box::new(invitation), team), place));
                }
                Ok(lines)
            }
        }
    }
}

fn placed(member: Member, place: impl FnOnce(&Member) -> Place) -> (Line, Place) {
    let place = place(&member);
    (Line::Member(Box::new(member)), place)
}

/// Which invitations are asked for. Whoever was invited by username is not found by an address (TEN-3).
fn invitees<'s>(query: &Query, prefix: Option<&'s str>, now: Timestamp) -> InviteeSearch<'s> {
    InviteeSearch { now, role: query.role, prefix }
}

/// One member of an organization, by username; also the last owner on record (ORG-1).
///
/// # Errors
///
/// Not found; the store's.
pub fn find(conn: &mut Conn<'_>, organization: &Organization, username: &str) -> Result<Member, EngineError> {
    let missing = || EngineError::not_found("member", username);
    let account = conn.account_by_username(&username.trim().to_lowercase())?.ok_or_else(missing)?;
    let memberships = conn.memberships_in(organization.id, &[account.id])?;
    let memberships = memberships.into_iter().filter(Membership::takes_seat).collect();
    people(conn, organization, memberships)?.pop().ok_or_else(missing)
}

/// As [`find`], also of somebody whom a directory has deactivated (SCIM-5), or who waits for a seat (SCIM-9).
///
/// # Errors
///
/// Not found; the store's.
pub fn find_suspended_too(
    conn: &mut Conn<'_>,
    organization: &Organization,
    username: &str,
) -> Result<Member, EngineError> {
    let missing = || EngineError::not_found("member", username);
    let account = conn.account_by_username(&username.trim().to_lowercase())?.ok_or_else(missing)?;
    let is_here = |one: &Membership| !matches!(one.state, MembershipState::Ended { .. });
    let memberships = conn.memberships_in(organization.id, &[account.id])?.into_iter().filter(is_here).collect();
    people(conn, organization, memberships)?.pop().ok_or_else(missing)
}

/// Members with who they are, in the order of their memberships.
///
/// # Errors
///
/// The store's.
pub fn people(
    conn: &mut Conn<'_>,
    organization: &Organization,
    memberships: Vec<Membership>,
) -> Result<Vec<Member>, EngineError> {
    let ids: Vec<AccountId> = memberships.iter().map(|membership| membership.account).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut accounts: BTreeMap<AccountId, Account> =
        conn.accounts(&ids)?.into_iter().map(|account| (account.id, account)).collect();
    let mut teams: BTreeMap<AccountId, Vec<String>> = BTreeMap::new();
    for (account, team) in conn.team_names_of(organization.id, &ids)? {
        teams.entry(account).or_default().push(team);
    }
    let signed_in: BTreeMap<AccountId, (Timestamp, Timestamp)> = conn
        .sign_ins_in(organization.id, &ids)?
        .into_iter()
        .map(|(account, first, last)| (account, (first, last)))
        .collect();
    let member = |membership: Membership| {
        let id = membership.account;
        let account = accounts.remove(&id)?;
        let teams = teams.remove(&id).unwrap_or_default();
        Some(Member { membership, account, teams, signed_in: signed_in.get(&id).copied() })
    };
    Ok(memberships.into_iter().filter_map(member).collect())
}
