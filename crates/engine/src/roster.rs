//! Everybody in an organization, with what only an export tells of them (ORG-7): where they come from, who manages them, what
//! their directories call them.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{AccountId, ConnectionId, Grant, Organization, Source, Timestamp};
use muster_store::Conn;

use crate::{
    EngineError,
    members::{self, Line, Part, Place, Query},
};

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who: a member, or somebody who is invited.
    pub line: Line,
    /// Who says that the person belongs here.
    pub sources: Vec<Source>,
    /// The names of the connections that manage the membership (SCIM-6).
    pub managed_by: Vec<String>,
    /// What the directories of the organization's connections call the person.
    pub external_ids: Vec<String>,
}

/// Some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of a list: members, then who is invited.
    pub people: Vec<Listed>,
    /// What the next page begins after; `None` at the end.
    pub next: Option<Place>,
}

/// The page after a place, of at most so many people. Each reads as many rows as the one before it.
///
/// # Errors
///
/// The store's.
pub fn page(
    conn: &mut Conn<'_>,
    organization: &Organization,
    after: Option<&Place>,
    limit: i64,
    now: Timestamp,
) -> Result<Page, EngineError> {
    let query = Query { members: true, invitees: true, role: None, search: None, by_address: false };
    let part = Part { after: after.cloned(), skip: 0, limit };
    let lines = members::list(conn, organization, &query, &part, now)?.lines;
    let is_full = i64::try_from(lines.len()).unwrap_or(i64::MAX) >= limit;
    let next = lines.last().filter(|_| is_full).map(|(_, place)| place.clone());
    let people = listed(conn, organization, lines.into_iter().map(|(line, _)| line).collect())?;
    Ok(Page { people, next })
}

/// The lines of a list with where their people come from.
///
/// # Errors
///
/// The store's.
pub fn listed(conn: &mut Conn<'_>, organization: &Organization, lines: Vec<Line>) -> Result<Vec<Listed>, EngineError> {
    let accounts: Vec<AccountId> = lines.iter().filter_map(account).collect();
    let known = Known::of(conn, organization, &accounts)?;
    Ok(lines.into_iter().map(|line| known.listed(line)).collect())
}

fn account(line: &Line) -> Option<AccountId> {
    match line {
        Line::Member(member) => Some(member.account.id),
        Line::Invitee(..) => None,
    }
}

/// What is known of some members.
struct Known {
    grants: BTreeMap<AccountId, Vec<Grant>>,
    external_ids: BTreeMap<AccountId, Vec<String>>,
    connections: BTreeMap<ConnectionId, String>,
}

impl Known {
    fn of(conn: &mut Conn<'_>, organization: &Organization, accounts: &[AccountId]) -> Result<Self, EngineError> {
        let mut known = Self { grants: BTreeMap::new(), external_ids: BTreeMap::new(), connections: BTreeMap::new() };
        for some in accounts.chunks(200) {
            for grant in conn.grants_in(organization.id, some)? {
                known.grants.entry(grant.account).or_default().push(grant);
            }
            for (account, external_id) in conn.external_ids_in(organization.id, some)? {
                known.external_ids.entry(account).or_default().push(external_id);
            }
        }
        let managing = known.grants.values().flatten().filter(|grant| grant.is_managing());
        let managing: BTreeSet<ConnectionId> = managing.filter_map(|grant| grant.connection).collect();
        for id in managing {
            known.connections.extend(conn.connection(id)?.map(|connection| (id, connection.name)));
        }
        Ok(known)
    }

    fn listed(&self, line: Line) -> Listed {
        let Some(account) = account(&line) else {
            return Listed {
                line,
                sources: vec![Source::Invitation],
                managed_by: Vec::new(),
                external_ids: Vec::new(),
            };
        };
        let grants = self.grants.get(&account).map(Vec::as_slice).unwrap_or_default();
        let awake = || grants.iter().filter(|grant| !grant.asleep);
        let mut sources: Vec<Source> = Vec::new();
        for grant in awake() {
            if !sources.contains(&grant.source) {
                sources.push(grant.source);
            }
        }
        sources.sort_unstable_by_key(|source| source.as_str());
        let managing = awake().filter(|grant| grant.is_managing()).filter_map(|grant| grant.connection);
        let managed_by: BTreeSet<&String> = managing.filter_map(|id| self.connections.get(&id)).collect();
        Listed {
            line,
            sources,
            managed_by: managed_by.into_iter().cloned().collect(),
            external_ids: self.external_ids.get(&account).cloned().unwrap_or_default(),
        }
    }
}
