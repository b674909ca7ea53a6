//! Members by what a list cannot find by an index: guests, those about whom sources disagree, those who come from somewhere. The
//! list is read slice by slice until a page is full; one that takes long ends early, and says how to go on.

use muster_model::{AccountId, Email, Membership, MembershipState, Organization, Source, Team, Timestamp};
use muster_store::Conn;
use uuid::Uuid;

use crate::{
    EngineError,
    members::{self, Line, Member, Part, Place, Query},
    roster::{self, Listed},
};

/// How many people are read at once.
const SLICE: i64 = 200;
/// The most slices that one page reads.
const SLICES: usize = 25;

/// Who is wanted, besides what a list finds by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    /// Guests only (ORG-8).
    pub guests: bool,
    /// Only those about whom sources disagree (PRE-3).
    pub in_conflict: bool,
    /// Only those who are kept on record without access (ORG-1).
    pub kept: bool,
    /// Only those whom a directory has deactivated (SCIM-5), or who wait for a seat (SCIM-9): no others show them.
    pub suspended: bool,
    /// Only those who come from there.
    pub source: Option<Source>,
    /// Only those in this team.
    pub team: Option<Team>,
}

/// Some people, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sifted {
    /// Those who are wanted.
    pub people: Vec<Listed>,
    /// What the next page begins after; `None` at the end.
    pub next: Option<Place>,
}

impl Which {
    /// Whether everybody is wanted.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }

    fn takes(&self, listed: &Listed) -> bool {
        let Line::Member(member) = &listed.line else {
            return !self.guests
                && !self.in_conflict
                && !self.kept
                && !self.suspended
                && self.source.is_none_or(|source| source == Source::Invitation);
        };
        let membership = &member.membership;
        (!self.guests || membership.guest)
            && (!self.in_conflict || membership.conflict || member.account.conflict)
            && (!self.kept || matches!(membership.state, MembershipState::Kept { .. }))
            && self.source.is_none_or(|source| listed.sources.contains(&source))
    }
}

/// The people of a list who are wanted, at most `limit` of them after a place.
///
/// # Errors
///
/// The store's.
pub fn sift(
    conn: &mut Conn<'_>,
    organization: &Organization,
    query: &Query,
    which: &Which,
    part: &Part,
    now: Timestamp,
) -> Result<Sifted, EngineError> {
    let limit = usize::try_from(part.limit).unwrap_or(usize::MAX);
    let mut people = Vec::new();
    let mut after = part.after.clone();
    for _ in 0..SLICES {
        let Slice { lines, is_last } = match &which.team {
            _ if which.suspended => suspended(conn, organization, after.as_ref())?,
            Some(team) => of_team(conn, organization, team, after.as_ref())?,
            None => {
                let part = Part { after: after.clone(), skip: 0, limit: SLICE };
                let lines = members::list(conn, organization, query, &part, now)?.lines;
                Slice { is_last: is_short(lines.len()), lines }
            }
        };
        let (read, places): (Vec<Line>, Vec<Place>) = lines.into_iter().unzip();
        for (listed, place) in roster::listed(conn, organization, read)?.into_iter().zip(places) {
            let is_listed_as_asked = which.team.is_none() && !which.suspended;
            if which.takes(&listed) && (is_listed_as_asked || is_found(query, &listed)) {
                if people.len() == limit {
                    return Ok(Sifted { people, next: after });
                }
                people.push(listed);
            }
            after = Some(place);
        }
        if is_last {
            return Ok(Sifted { people, next: None });
        }
    }
    Ok(Sifted { people, next: after })
}

/// What was read at once.
struct Slice {
    lines: Vec<(Line, Place)>,
    is_last: bool,
}

fn is_short(count: usize) -> bool {
    i64::try_from(count).unwrap_or(i64::MAX) < SLICE
}

/// A slice of a team's members, as lines of a list.
fn of_team(
    conn: &mut Conn<'_>,
    organization: &Organization,
    team: &Team,
    after: Option<&Place>,
) -> Result<Slice, EngineError> {
    let ids = conn.team_members(team.id, account(after), 0, SLICE)?;
    let memberships = conn.memberships_in(organization.id, &ids)?;
    by_account(conn, organization, memberships, ids.len())
}

/// A slice of those who are suspended, as lines of a list.
fn suspended(conn: &mut Conn<'_>, organization: &Organization, after: Option<&Place>) -> Result<Slice, EngineError> {
    let memberships = conn.suspended_page(organization.id, account(after), SLICE)?;
    let read = memberships.len();
    by_account(conn, organization, memberships, read)
}

fn account(after: Option<&Place>) -> AccountId {
    match after {
        Some(Place::Member(account)) => *account,
        _ => AccountId(Uuid::nil()),
    }
}

fn by_account(
    conn: &mut Conn<'_>,
    organization: &Organization,
    memberships: Vec<Membership>,
    read: usize,
) -> Result<Slice, EngineError> {
    let mut members = members::people(conn, organization, memberships)?;
    members.sort_unstable_by_key(|member| member.account.id);
    let line = |member: Member| {
        let place = Place::Member(member.account.id);
        (Line::Member(Box::new(member)), place)
    };
    Ok(Slice { lines: members.into_iter().map(line).collect(), is_last: is_short(read) })
}

/// What a list looks at by itself: role and search.
fn is_found(query: &Query, listed: &Listed) -> bool {
    let Line::Member(member) = &listed.line else { return false };
    let prefix = query.search.as_deref().unwrap_or_default().trim().to_lowercase();
    let address = member.account.email.as_ref().filter(|_| query.by_address).map(Email::key);
    query.role.is_none_or(|role| role == member.membership.role)
        && (member.account.username.starts_with(&prefix) || address.is_some_and(|address| address.starts_with(&prefix)))
}
