//! Who may do what to an organization: one table (ORG-1, TEN-3, SEC-1).
//!
//! Whoever calls the management API may do what their role in the organization allows, and of that only what the scopes of
//! the token allow that they call with. Both are looked up in the transaction that does it, so they are what they are by then.

pub mod holder;

use std::cell::RefCell;

use muster_model::{
    AccountId, Actor, CompanyId, Connection, ConnectionId, Membership, Organization, OrganizationId, Role, Timestamp,
    TokenId,
    domain::Holder,
    token::{Scope, Scopes, TokenKind},
};
use muster_store::Conn;
use serde::{Deserialize, Serialize};

use crate::{EngineError, Env, Refusal};

/// Declares the actions with what each needs: one row for each, and none without.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident: $role:ident, $scope:ident;)*) => {
        /// Something that is done to an organization.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The least role that may do it (ORG-1).
            #[must_use]
            pub fn role(self) -> Role {
                match self { $(Self::$name => Role::$role,)* }
            }

            /// What a token must allow for it.
            #[must_use]
            pub fn scope(self) -> Scope {
                match self { $(Self::$name => Scope::$scope,)* }
            }
        }
    };
}

actions! {
    /// See the organization: its name, its company, one's own role.
    ReadOrganization: Member, OrganizationsRead;
    /// See its seats and settings.
    ReadSettings: Owner, OrganizationsRead;
    /// Rename it, change its seats and settings.
    ChangeSettings: Owner, OrganizationsWrite;
    /// See who is a member, without addresses.
    ReadMembers: Member, MembersRead;
    /// See members' addresses, sign-ins, and where they come from.
    ReadMembersInFull: Owner, MembersRead;
    /// Take away everything that is known of the members.
    ExportMembers: Owner, MembersRead;
    /// Change roles, remove members.
    ChangeMembers: Owner, MembersWrite;
    /// See who is invited.
    ReadInvitations: Owner, InvitationsRead;
    /// Invite, send again, cancel.
    Invite: Owner, InvitationsWrite;
    /// See teams and who is in them.
    ReadTeams: Member, TeamsRead;
    /// Make, change and delete teams, and change who is in them.
    ChangeTeams: Owner, TeamsWrite;
    /// See domains, and who has an address of one.
    ReadDomains: Owner, DomainsRead;
    /// Add, verify and remove domains.
    ChangeDomains: Owner, DomainsWrite;
    /// See connections, with conflicts, plans, traces and request logs.
    ReadConnections: Owner, ConnectionsRead;
    /// Change connections, apply plans, decide about held changes.
    ChangeConnections: Owner, ConnectionsWrite;
    /// See the products that sign members in.
    ReadClients: Owner, ClientsRead;
    /// Add, change and remove products that sign members in.
    ChangeClients: Owner, ClientsWrite;
    /// See what is sent where of what happens, and how that goes.
    ReadWebhooks: Owner, WebhooksRead;
    /// Add, change and remove webhooks, send again.
    ChangeWebhooks: Owner, WebhooksWrite;
    /// See where members are signed in.
    ReadSessions: Owner, SessionsRead;
    /// Sign members out.
    EndSessions: Owner, SessionsWrite;
    /// Read the activity log.
    ReadActivity: Owner, ActivityRead;
    /// See the organization's access tokens.
    ReadTokens: Owner, TokensRead;
    /// Make and end the organization's access tokens.
    ChangeTokens: Owner, TokensWrite;
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A person, or an organization's token.
    pub who: Who,
    /// What the token allows by which it is called; everything for a password.
    pub scopes: Scopes,
    /// When the token ends; `None` for a password, and for a token that does not.
    pub until: Option<Timestamp>,
    /// What was asked of the caller, and held.
    required: RefCell<Vec<Required>>,
}

/// What whoever calls had to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// At least this in an organization.
    Role(OrganizationId, Role),
    /// An owner of a company.
    CompanyOwner(CompanyId),
}

/// What bounds a token: those of the one by which it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<'c> {
    /// What it may be used for.
    pub scopes: &'c Scopes,
    /// When it ends at the latest.
    pub until: Option<Timestamp>,
}

/// A person, or an organization's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Somebody.
    Account(AccountId),
    /// Whoever has the token of an organization: an owner there, and nobody elsewhere.
    Token {
        /// The token.
        token: TokenId,
        /// Whose it is.
        organization: OrganizationId,
    },
}

impl Who {
    /// Who acts, for the ledger.
    #[must_use]
    pub fn actor(self) -> Actor {
        match self {
            Self::Account(id) => Actor::Account(id.0),
            Self::Token { token, .. } => Actor::Token(token.0),
        }
    }
}

impl Caller {
    /// Whoever calls with this.
    #[must_use]
    pub fn new(who: Who, scopes: Scopes, until: Option<Timestamp>) -> Self {
        Self { who, scopes, until, required: RefCell::default() }
    }

    /// What was asked of the caller so far, and held: what is to hold again when an answer is given once more.
    #[must_use]
    pub fn required(&self) -> Vec<Required> {
        self.required.borrow().clone()
    }

    fn held(&self, required: Required) {
        let mut all = self.required.borrow_mut();
        if !all.contains(&required) {
            all.push(required);
        }
    }

    /// Asks for all that whoever calls owns: of an answer that may tell of any of it.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn require_own(&self, conn: &mut Conn<'_>) -> Result<(), EngineError> {
        match self.who {
            Who::Token { organization, .. } => self.held(Required::Role(organization, Role::Owner)),
            Who::Account(account) => {
                for (organization, role) in organizations_of(conn, account)? {
                    self.held(Required::Role(organization.id, role));
                }
                for company in conn.companies_owned_by(account)? {
                    self.held(Required::CompanyOwner(company.id));
                }
            }
        }
        Ok(())
    }

    /// Whether what was asked before still holds.
    ///
    /// # Errors
    ///
    /// Not found, if not; the store's.
    pub fn require_still(&self, conn: &mut Conn<'_>, required: &[Required]) -> Result<(), EngineError> {
        for one in required {
            let holds = match *one {
                Required::CompanyOwner(company) => self.owns(conn, Holder::Company(company))?,
                Required::Role(organization, least) => match self.who {
                    Who::Account(account) => role(conn, organization, account)?.is_some_and(|role| role >= least),
                    Who::Token { organization: of, .. } => of == organization,
                },
            };
            if !holds {
                return Err(match *one {
                    Required::CompanyOwner(id) => EngineError::not_found("company", id),
                    Required::Role(id, _) => EngineError::not_found("organization", id),
                });
            }
        }
        Ok(())
    }

    /// What a token that whoever calls makes, or switches on again, may do and for how long: no more than their own (SEC-1).
    #[must_use]
    pub fn limit(&self) -> Limit<'_> {
        Limit { scopes: &self.scopes, until: self.until }
    }

    /// Whether the token allows what needs this scope.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfScope`].
    pub fn require_scope(&self, scope: Scope) -> Result<(), EngineError> {
        if self.scopes.allow(scope) { Ok(()) } else { Err(Refusal::OutOfScope(scope).into()) }
    }

    /// The role of whoever calls, if they may do this to an organization. Who is no member does not learn that there is such
    /// an organization (TEN-3), whatever their token allows.
    ///
    /// # Errors
    ///
    /// Not found; [`Refusal::NotAnOwner`]; [`Refusal::OutOfScope`]; the store's.
    pub fn require(
        &self,
        conn: &mut Conn<'_>,
        organization: &Organization,
        action: Action,
    ) -> Result<Role, EngineError> {
        let role = match self.who {
            Who::Account(account) => role(conn, organization.id, account)?,
            Who::Token { organization: of, .. } => (of == organization.id).then_some(Role::Owner),
        };
        let role = role.ok_or_else(|| EngineError::not_found("organization", &organization.name))?;
        if role < action.role() {
            return Err(Refusal::NotAnOwner(organization.name.clone()).into());
        }
        self.require_scope(action.scope())?;
        self.held(Required::Role(organization.id, action.role()));
        Ok(role)
    }

    /// The organization of this name, or that once had it, if whoever calls may do this to it.
    ///
    /// # Errors
    ///
    /// As [`Caller::require`].
    pub fn organization(
        &self,
        conn: &mut Conn<'_>,
        name: &str,
        action: Action,
    ) -> Result<(Organization, Role), EngineError> {
        let missing = || EngineError::not_found("organization", name);
        let organization = named(conn, name)?.ok_or_else(missing)?;
        match self.require(conn, &organization, action) {
            Ok(role) => Ok((organization, role)),
            // As for a name that nobody has: not by its present name.
            Err(EngineError::NotFound { .. }) => Err(missing()),
            Err(error) => Err(error),
        }
    }
}

impl Caller {
    /// The connection with this id, if whoever calls owns its holder and their token allows this (TEN-1). To others there is
    /// none (TEN-3).
    ///
    /// # Errors
    ///
    /// Not found; [`Refusal::NotAnOwner`]; [`Refusal::OutOfScope`]; the store's.
    pub fn connection(&self, conn: &mut Conn<'_>, id: ConnectionId, action: Action) -> Result<Connection, EngineError> {
        let missing = || EngineError::not_found("connection", id);
        let connection = conn.connection(id)?.ok_or_else(missing)?;
        match (connection.holder, self.who) {
            (Holder::Organization(holder), _) => {
                let organization = conn.organization(holder)?.ok_or_else(missing)?;
                match self.require(conn, &organization, action) {
                    Ok(_) => {}
                    Err(EngineError::NotFound { .. }) => return Err(missing()),
                    Err(error) => return Err(error),
                }
            }
            (Holder::Company(company), Who::Account(account)) if conn.owns_company(company, account)? => {
                self.require_scope(action.scope())?;
                self.held(Required::CompanyOwner(company));
            }
            (Holder::Company(_), _) => return Err(missing()),
        }
        Ok(connection)
    }

    /// A connection of this holder, if whoever calls may do this with it; another's is none.
    ///
    /// # Errors
    ///
    /// Not found; refused; the store's.
    pub fn connection_of(
        &self,
        conn: &mut Conn<'_>,
        holder: Holder,
        id: ConnectionId,
        action: Action,
    ) -> Result<Connection, EngineError> {
        let connection = self.connection(conn, id, action)?;
        if connection.holder == holder { Ok(connection) } else { Err(EngineError::not_found("connection", id)) }
    }
}

impl Caller {
    /// Whether whoever calls owns what holds a domain or a connection (ORG-1).
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn owns(&self, conn: &mut Conn<'_>, holder: Holder) -> Result<bool, EngineError> {
        Ok(match (holder, self.who) {
            (Holder::Organization(id), Who::Account(account)) => role(conn, id, account)? == Some(Role::Owner),
            (Holder::Organization(id), Who::Token { organization, .. }) => id == organization,
            (Holder::Company(id), Who::Account(account)) => conn.owns_company(id, account)?,
            (Holder::Company(_), Who::Token { .. }) => false,
        })
    }

    /// The connections of the organizations and companies that whoever calls owns (TEN-1).
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn connections(&self, conn: &mut Conn<'_>) -> Result<Vec<ConnectionId>, EngineError> {
        let holders: Vec<Holder> = match self.who {
            Who::Token { organization, .. } => vec![Holder::Organization(organization)],
            Who::Account(account) => {
                let companies = conn.companies_owned_by(account)?.into_iter().map(|one| Holder::Company(one.id));
                let organizations = organizations_of(conn, account)?.into_iter();
                let owned = organizations.filter(|(_, role)| *role == Role::Owner);
                companies.chain(owned.map(|(one, _)| Holder::Organization(one.id))).collect()
            }
        };
        let mut connections = Vec::new();
        for holder in holders {
            connections.extend(conn.connections_held_by(holder)?);
        }
        Ok(connections)
    }
}

/// The organization of this name, or that once had it: renames keep links working (ACC-3).
///
/// # Errors
///
/// The store's.
pub fn named(conn: &mut Conn<'_>, name: &str) -> Result<Option<Organization>, EngineError> {
    let name = name.to_lowercase();
    if let Some(organization) = conn.organization_by_name(&name)? {
        return Ok(Some(organization));
    }
    match conn.former_holder("organization", &name)? {
        Some(id) => Ok(conn.organization(OrganizationId(id))?),
        None => Ok(None),
    }
}

/// The organizations that somebody is in, or owns through a company, with the role there (ORG-1).
///
/// # Errors
///
/// The store's.
pub fn organizations_of(conn: &mut Conn<'_>, account: AccountId) -> Result<Vec<(Organization, Role)>, EngineError> {
    let mut found = Vec::new();
    for membership in conn.memberships_of(account)? {
        if membership.is_active()
            && let Some(organization) = conn.organization(membership.organization)?
        {
            found.push((organization, membership.role));
        }
    }
    for id in conn.organizations_owned_through_company(account)? {
        found.retain(|(organization, _)| organization.id != id);
        found.extend(conn.organization(id)?.map(|organization| (organization, Role::Owner)));
    }
    Ok(found)
}

/// The role that somebody has in an organization; company owners count as owners (ORG-1). `None` for who is no member.
fn role(conn: &mut Conn<'_>, organization: OrganizationId, account: AccountId) -> Result<Option<Role>, EngineError> {
    if conn.is_company_owner(organization, account)? {
        return Ok(Some(Role::Owner));
    }
    let membership = conn.memberships_in(organization, &[account])?.into_iter().next();
    Ok(membership.filter(Membership::is_active).map(|membership| membership.role))
}

/// Whether something is done by the operator, or by itself: with direct access to the database (TEN-1).
pub(crate) fn is_operator(env: &Env) -> bool {
    matches!(env.origin().actor, Actor::Operator | Actor::System)
}

/// Only owners, company owners, the organization's own tokens and the operator (ORG-1). Who is no member does not learn that
/// there is such an organization (TEN-3).
///
/// # Errors
///
/// Not found; [`Refusal::NotAnOwner`]; the store's.
pub(crate) fn require_owner(conn: &mut Conn<'_>, env: &Env, organization: &Organization) -> Result<(), EngineError> {
    let role = match env.origin().actor {
        Actor::Operator | Actor::System => Some(Role::Owner),
        Actor::Account(id) => role(conn, organization.id, AccountId(id))?,
        Actor::Token(id) => {
            let token = conn.token(TokenKind::Organization, TokenId(id))?;
            token.filter(|(token, _)| token.scope == organization.id.0 && token.is_live(env.now())).map(|_| Role::Owner)
        }
    };
    match role {
        Some(Role::Owner) => Ok(()),
        Some(_) => Err(Refusal::NotAnOwner(organization.name.clone()).into()),
        None => Err(EngineError::not_found("organization", organization.id)),
    }
}
