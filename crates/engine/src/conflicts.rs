//! Where SSO and SCIM disagree (PRE-3): both values, who wins by PRE-1 and PRE-5, since when, in which trace.

use std::collections::BTreeMap;

use muster_model::{
    Account, AccountId, Connection, ConnectionId, Email, Layers, Membership, OrganizationId, RequestId, Role, Rule,
    Source, Statement, Timestamp,
    connection::{Precedence, Settings},
    precedence::{self, Policy, Speaker},
};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::EngineError;

/// Accounts read with one statement.
const SLICE: i64 = 200;

/// A page of a connection's conflicts, by account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The conflicts; all of one account are on one page.
    pub conflicts: Vec<Conflict>,
    /// Where the next page goes on; `None` when this is the last one.
    pub next: Option<AccountId>,
}

/// One value of one account about which sources disagree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Whose value.
    pub account: AccountId,
    /// The account's email.
    pub email: Option<Email>,
    /// The account's username.
    pub username: String,
    /// Which value.
    pub attribute: Attribute,
    /// Where, for a role: the organization's name.
    pub organization: Option<String>,
    /// Who wins by the connection's setting when SSO and SCIM disagree (PRE-1).
    pub policy: Policy,
    /// What holds; absent when the default does.
    pub holds: Option<Value>,
    /// Whose word that is: `manual` when an owner has overruled both (PRE-5).
    pub decided_by: Source,
    /// Since when they disagree: when the last of these statements was first made.
    #[serde(with = "muster_model::time::text")]
    pub since: Timestamp,
    /// What `sso` and `scim` say, in the order in which they first spoke.
    pub said: Vec<Said>,
}

/// A value that several sources state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// The full name.
    FullName,
    /// How long sessions last that begin through the connection (SES-2).
    SessionMinutes,
    /// The role in an organization.
    Role,
}

impl Attribute {
    /// The word in tables and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FullName => "full name",
            Self::SessionMinutes => "session minutes",
            Self::Role => "role",
        }
    }
}

/// One source's word on a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Who says so.
    pub source: Source,
    /// Through which connection.
    pub connection: Option<String>,
    /// What is said, before any cap.
    pub value: Value,
    /// The rule that let this statement in.
    pub rule: Rule,
    /// In which request, whose trace has the details.
    pub request: Option<RequestId>,
    /// When this value was first said.
    #[serde(with = "muster_model::time::text")]
    pub at: Timestamp,
    /// Whether this is what holds.
    pub wins: bool,
}

/// The conflicts that concern a connection: one of the values is its own. A page holds those of at most `limit`
/// accounts after `after`; what is kept in memory is one page.
///
/// What other connections say of the same value is part of a conflict: whoever shows it to an owner leaves out the
/// connections that are not theirs (TEN-3).
///
/// # Errors
///
/// The store's.
pub fn page(conn: &mut Conn<'_>, connection: &Connection, after: AccountId, limit: usize) -> Result<Page, EngineError> {
    let mut words = Words { connection, settings: BTreeMap::new(), organizations: BTreeMap::new() };
    let mut page = Page { conflicts: Vec::new(), next: None };
    let (mut after, mut accounts) = (after, 0);
    loop {
        let ids = conn.accounts_in_conflict(after, SLICE)?;
        let mut memberships: BTreeMap<AccountId, Vec<Membership>> = BTreeMap::new();
        for membership in conn.memberships_in_conflict(&ids)? {
            memberships.entry(membership.account).or_default().push(membership);
        }
        let read = conn.accounts(&ids)?;
        let mut by_id: BTreeMap<AccountId, Account> = read.into_iter().map(|account| (account.id, account)).collect();
        for id in &ids {
            let Some(account) = by_id.remove(id) else { continue };
            let found = words.conflicts_of(conn, &account, &memberships.remove(id).unwrap_or_default())?;
            if !found.is_empty() {
                if accounts == limit {
                    page.next = Some(after);
                    return Ok(page);
                }
                accounts += 1;
                page.conflicts.extend(found);
            }
            after = *id;
        }
        if i64::try_from(ids.len()).unwrap_or(i64::MAX) < SLICE {
            return Ok(page);
        }
    }
}

/// What of a page the owners of the connection's holder see (TEN-3): what their own connections say, roles in organizations
/// that the connection covers, and addresses of its domains.
///
/// # Errors
///
/// The store's.
pub fn for_holder(conn: &mut Conn<'_>, connection: &Connection, mut page: Page) -> Result<Page, EngineError> {
    let mut theirs: BTreeMap<String, bool> = BTreeMap::new();
    for conflict in &page.conflicts {
        for name in conflict.said.iter().filter_map(|said| said.connection.as_ref()) {
            if !theirs.contains_key(name) {
                let found = conn.connection_by_name(name)?;
                theirs.insert(name.clone(), found.is_some_and(|found| found.holder == connection.holder));
            }
        }
    }
    let covers = |name: &String| connection.organizations.iter().any(|covered| covered.name == *name);
    page.conflicts.retain(|conflict| conflict.organization.as_ref().is_none_or(covers));
    for conflict in &mut page.conflicts {
        conflict.said.retain(|said| said.connection.as_ref().is_none_or(|name| theirs.get(name) == Some(&true)));
        if !conflict.said.iter().any(|said| said.wins) && conflict.decided_by != Source::Manual {
            conflict.holds = None;
        }
        conflict.email = conflict.email.take().filter(|email| connection.owns(email));
    }
    Ok(page)
}

/// What is needed to judge statements, read once.
struct Words<'c> {
    connection: &'c Connection,
    settings: BTreeMap<ConnectionId, Option<(String, Settings)>>,
    organizations: BTreeMap<OrganizationId, String>,
}

impl Words<'_> {
    fn conflicts_of(
        &mut self,
        conn: &mut Conn<'_>,
        account: &Account,
        memberships: &[Membership],
    ) -> Result<Vec<Conflict>, EngineError> {
        let mut found = Vec::new();
        let name = |name: &String| json!(name);
        found.extend(self.conflict(conn, account, Attribute::FullName, &account.names, name)?);
        // A statement concerns only sessions begun through its own connection: another's is no contradiction.
        let own = account.session_minutes.iter().filter(|said| said.connection == Some(self.connection.id));
        let own: Layers<i64> = own.cloned().collect();
        found.extend(self.conflict(conn, account, Attribute::SessionMinutes, &own, |minutes| json!(minutes))?);
        for membership in memberships {
            let role = |role: &Role| json!(role.as_str());
            let Some(conflict) = self.conflict(conn, account, Attribute::Role, &membership.roles, role)? else {
                continue;
            };
            let organization = Some(self.organization(conn, membership.organization)?);
            // The cap, and the last owner's demotion that waits, are the membership's.
            let holds = Some(json!(membership.role.as_str()));
            found.push(Conflict { organization, holds, ..conflict });
        }
        Ok(found)
    }

    /// The conflict about one value, if there is one that this connection has part in.
    fn conflict<V: PartialEq>(
        &mut self,
        conn: &mut Conn<'_>,
        account: &Account,
        attribute: Attribute,
        layers: &Layers<V>,
        value: impl Fn(&V) -> Value,
    ) -> Result<Option<Conflict>, EngineError> {
        let counts = |said: &&Statement<V>| matches!(said.source, Source::Sso | Source::Scim);
        let said: Vec<&Statement<V>> = layers.iter().filter(counts).collect();
        let own = said.iter().find(|said| said.connection == Some(self.connection.id));
        let Some(own) = own else { return Ok(None) };
        if said.iter().all(|said| said.value == own.value) {
            return Ok(None);
        }
        for said in &said {
            self.learn(conn, said.connection)?;
        }
        let policy = |precedence: &Precedence| match attribute {
            Attribute::FullName => precedence.full_name,
            Attribute::SessionMinutes => precedence.session_minutes,
            Attribute::Role => precedence.role,
        };
        let speaker = |id| {
            self.settings.get(&id).and_then(Option::as_ref).map(|(_, settings)| Speaker {
                policy: policy(&settings.precedence),
                jit: settings.jit,
                scim: settings.scim.enabled,
            })
        };
        let winner = precedence::effective(layers, speaker);
        let wins = |said: &Statement<V>| winner.is_some_and(|winner| std::ptr::eq(winner, said));
        let lines = said.iter().map(|said| Said {
            source: said.source,
            connection: said.connection.and_then(|id| self.name(id)),
            value: value(&said.value),
            rule: said.rule,
            request: said.request,
            at: said.at,
            wins: wins(said),
        });
        Ok(Some(Conflict {
            account: account.id,
            email: account.email.clone(),
            username: account.username.clone(),
            attribute,
            organization: None,
            policy: policy(&self.connection.settings.precedence),
            holds: winner.map(|winner| value(&winner.value)),
            decided_by: winner.map_or(Source::Default, |winner| winner.source),
            since: said.iter().map(|said| said.at).max().unwrap_or(account.created),
            said: lines.collect(),
        }))
    }

    fn learn(&mut self, conn: &mut Conn<'_>, id: Option<ConnectionId>) -> Result<(), EngineError> {
        let Some(id) = id else { return Ok(()) };
        if let std::collections::btree_map::Entry::Vacant(unknown) = self.settings.entry(id) {
            unknown.insert(conn.connection(id)?.map(|connection| (connection.name, connection.settings)));
        }
        Ok(())
    }

    fn name(&self, id: ConnectionId) -> Option<String> {
        self.settings.get(&id).and_then(Option::as_ref).map(|(name, _)| name.clone())
    }

    fn organization(&mut self, conn: &mut Conn<'_>, id: OrganizationId) -> Result<String, EngineError> {
        if let Some(name) = self.organizations.get(&id) {
            return Ok(name.clone());
        }
        let name = conn.organization(id)?.map(|organization| organization.name).unwrap_or_default();
        self.organizations.insert(id, name.clone());
        Ok(name)
    }
}
