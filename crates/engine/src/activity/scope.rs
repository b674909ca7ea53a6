//! What of the ledger somebody sees (TEN-3).

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    AccountId, CompanyId, ConnectionId, DomainId, OrganizationId, TeamId, Timestamp, TokenId,
    domain::Holder,
    ledger::{Change, Kind, LedgerRow},
    token::TokenKind,
};
use muster_store::Conn;
use serde_json::Value;
use uuid::Uuid;

use crate::EngineError;

/// Whose activity is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// An organization's, and its connections', as its owners see it.
    Organization(OrganizationId),
    /// A company's, and its connections' and domains', as its owners see it.
    Company(CompanyId),
    /// A person's own.
    Account(AccountId),
    /// Everything; for the operator.
    Everything,
}

/// The scope that a name means: an organization's, else a company's, else a username's.
///
/// # Errors
///
/// Not found; the store's.
pub fn account_scope(conn: &mut Conn<'_>, name: &str) -> Result<Scope, EngineError> {
    let wanted = name.trim().to_lowercase();
    if let Some(organization) = conn.organization_by_name(&wanted)? {
        return Ok(Scope::Organization(organization.id));
    }
    if let Some(company) = conn.company_by_name(&wanted)? {
        return Ok(Scope::Company(company.id));
    }
    let account = conn.account_by_username(&wanted)?;
    account.map(|account| Scope::Account(account.id)).ok_or_else(|| EngineError::not_found("account", name))
}

/// Fields of an account that others than the person see: what sources elsewhere say of it is nobody's business here.
const OF_ACCOUNTS: &[&str] = &["email", "full_name", "username", "state"];

/// A scope, with what is looked up once for all rows.
pub(crate) struct Sight {
    scope: Scope,
    connections: BTreeSet<Uuid>,
    company: Option<CompanyId>,
    teams: BTreeMap<Uuid, bool>,
    domains: BTreeMap<Uuid, bool>,
    /// Since when they are, and until when they were.
    members: BTreeMap<Uuid, Option<(Timestamp, Option<Timestamp>)>>,
}

impl Sight {
    pub(crate) fn of(conn: &mut Conn<'_>, scope: Scope) -> Result<Self, EngineError> {
        let (mut connections, mut company) = (BTreeSet::new(), None);
        if let Scope::Organization(id) = scope {
            connections.extend(conn.connections_held_by(Holder::Organization(id))?.into_iter().map(|id| id.0));
            company = conn.organization(id)?.and_then(|organization| organization.company);
        }
        if let Scope::Company(id) = scope {
            connections.extend(conn.connections_held_by(Holder::Company(id))?.into_iter().map(|id| id.0));
            company = Some(id);
        }
        let (teams, domains, members) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { scope, connections, company, teams, domains, members })
    }

    /// Under which subjects the rows are filed; `None` for every row.
    pub(crate) fn subjects(&self) -> Option<Vec<Uuid>> {
        match self.scope {
            Scope::Organization(id) => Some([id.0].into_iter().chain(self.connections.iter().copied()).collect()),
            Scope::Company(id) => Some([id.0].into_iter().chain(self.connections.iter().copied()).collect()),
            Scope::Account(id) => Some(vec![id.0]),
            Scope::Everything => None,
        }
    }

    /// Whether a row's change concerns the scope.
    pub(crate) fn takes(&mut self, conn: &mut Conn<'_>, row: &LedgerRow, change: &Change) -> Result<bool, EngineError> {
        match self.scope {
            Scope::Everything => Ok(true),
            Scope::Account(id) => Ok(match change.kind {
                Kind::Account | Kind::Membership => change.id == id.0,
                Kind::Grant | Kind::Factor => change.of == Some(id.0),
                Kind::Token => self.is_personal(conn, id, change)?,
                _ => false,
            }),
            Scope::Organization(id) => self.concerns(conn, id, row, change),
            Scope::Company(id) => Ok(match change.kind {
                Kind::Company => change.id == id.0,
                Kind::Connection => self.connections.contains(&change.id),
                Kind::Domain => self.has_domain(conn, id.0, change)?,
                Kind::Token => self.has_token(conn, id.0, change)?,
                Kind::DirectoryUser | Kind::DirectoryGroup => {
                    row.connection.is_some_and(|connection| self.connections.contains(&connection.0))
                }
                // What happens in its organizations is on their logs.
                _ => false,
            }),
        }
    }

    fn concerns(
        &mut self,
        conn: &mut Conn<'_>,
        id: OrganizationId,
        row: &LedgerRow,
        change: &Change,
    ) -> Result<bool, EngineError> {
        Ok(match change.kind {
            Kind::Organization => change.id == id.0,
            Kind::Membership | Kind::Invitation | Kind::Client | Kind::Webhook => change.of == Some(id.0),
            Kind::Connection => self.connections.contains(&change.id),
            Kind::DirectoryUser | Kind::DirectoryGroup => {
                row.connection.is_some_and(|connection| self.connections.contains(&connection.0))
            }
            // What is only put to sleep or woken does not name its organization; the membership's own change tells.
            Kind::Grant => said(change, "organization").and_then(uuid) == Some(id.0),
            Kind::Team => self.has_team(conn, id, change.id)?,
            Kind::Domain => self.has_domain(conn, id.0, change)?,
            Kind::Account => self.has_member(conn, id, row, change.id)?,
            Kind::Token => self.has_token(conn, id.0, change)?,
            Kind::Company | Kind::Factor => false,
        })
    }

    fn has_team(&mut self, conn: &mut Conn<'_>, id: OrganizationId, team: Uuid) -> Result<bool, EngineError> {
        if let Some(known) = self.teams.get(&team) {
            return Ok(*known);
        }
        let found = conn.team(id, TeamId(team))?.is_some();
        self.teams.insert(team, found);
        Ok(found)
    }

    fn has_domain(&mut self, conn: &mut Conn<'_>, id: Uuid, change: &Change) -> Result<bool, EngineError> {
        if let Some(holder) = said(change, "holder") {
            let holder = holder.get("id").cloned().and_then(uuid);
            return Ok(holder == Some(id) || holder.is_some() && holder == self.company.map(|company| company.0));
        }
        if let Some(known) = self.domains.get(&change.id) {
            return Ok(*known);
        }
        let holder = conn.domain(DomainId(change.id))?.map(|domain| domain.holder);
        let is_own = match holder {
            Some(Holder::Organization(of)) => of.0 == id,
            Some(Holder::Company(of)) => Some(of) == self.company,
            None => false,
        };
        self.domains.insert(change.id, is_own);
        Ok(is_own)
    }

    /// Whether a change of an account is one of a member, made while they are one, and by nobody's connection elsewhere.
    fn has_member(
        &mut self,
        conn: &mut Conn<'_>,
        id: OrganizationId,
        row: &LedgerRow,
        account: Uuid,
    ) -> Result<bool, EngineError> {
        let times = match self.members.get(&account) {
            Some(known) => *known,
            None => {
                let memberships = conn.memberships_in(id, &[AccountId(account)])?;
                let times = memberships.first().map(|membership| (membership.joined, membership.ended));
                self.members.insert(account, times);
                times
            }
        };
        // What it was told then stays told, once they are gone.
        if !times.is_some_and(|(since, until)| since <= row.at && until.is_none_or(|until| row.at <= until)) {
            return Ok(false);
        }
        match row.connection {
            Some(connection) => self.names(conn, connection),
            None => Ok(true),
        }
    }

    /// Whether a token is the holder's own, or opens one of its connections.
    fn has_token(&mut self, conn: &mut Conn<'_>, id: Uuid, change: &Change) -> Result<bool, EngineError> {
        let scope = match said(change, "scope").and_then(uuid) {
            Some(scope) => Some(scope),
            // A change tells only what is different.
            None => self.scope_of(conn, change)?,
        };
        Ok(scope.is_some_and(|scope| scope == id || self.connections.contains(&scope)))
    }

    /// Whether a token is a person's own.
    fn is_personal(&mut self, conn: &mut Conn<'_>, id: AccountId, change: &Change) -> Result<bool, EngineError> {
        let token = conn.token(TokenKind::Personal, TokenId(change.id))?;
        Ok(token.is_some_and(|(token, _)| token.scope == id.0))
    }

    fn scope_of(&mut self, conn: &mut Conn<'_>, change: &Change) -> Result<Option<Uuid>, EngineError> {
        for kind in [TokenKind::Organization, TokenKind::Scim, TokenKind::SetUp, TokenKind::Personal] {
            if let Some((token, _)) = conn.token(kind, TokenId(change.id))? {
                return Ok(Some(token.scope));
            }
        }
        Ok(None)
    }

    /// Whether a field of a change may be shown.
    pub(crate) fn shows(&self, kind: Kind, field: &str) -> bool {
        let is_open = self.scope == Scope::Everything || kind != Kind::Account;
        is_open || OF_ACCOUNTS.contains(&field.split('.').next().unwrap_or(field))
    }

    /// Whether a connection's name may be shown.
    pub(crate) fn names(&self, conn: &mut Conn<'_>, connection: ConnectionId) -> Result<bool, EngineError> {
        Ok(match self.scope {
            Scope::Organization(id) => {
                let covers = |one: muster_model::Connection| one.covered(id).is_some();
                self.connections.contains(&connection.0) || conn.connection(connection)?.is_some_and(covers)
            }
            Scope::Company(_) => self.connections.contains(&connection.0),
            Scope::Account(_) | Scope::Everything => true,
        })
    }
}

/// What a change says of a field, after it or before.
fn said(change: &Change, field: &str) -> Option<Value> {
    [&change.new, &change.old].into_iter().flatten().find_map(|raw| {
        let mut fields: serde_json::Map<String, Value> = serde_json::from_str(raw.get()).ok()?;
        fields.remove(field)
    })
}

/// The id that a change says of a field, after it or before.
pub(crate) fn said_id(change: &Change, field: &str) -> Option<Uuid> {
    said(change, field).and_then(uuid)
}

fn uuid(value: Value) -> Option<Uuid> {
    value.as_str().and_then(|text| Uuid::parse_str(text).ok())
}
