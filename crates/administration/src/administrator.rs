//! Who administers, and how far they reach.

use std::sync::Arc;

use muster_engine::{
    EngineError, Env, Origin, Surroundings,
    authority::{self, Action, Caller},
    credentials::exchange::{self, Evidence},
    declare::Declaration,
    directory::Documents,
};
use muster_model::{Connection, ConnectionId, RequestId, Timestamp, domain::Holder, token::Scope};
use muster_store::{Conn, Store};

use crate::AdministrationError;

/// Somebody who administers a store.
#[derive(Clone)]
pub struct Administrator {
    /// What is administered.
    pub store: Store,
    /// The clock and randomness.
    pub surroundings: Arc<dyn Surroundings>,
    /// What reads the documents that directories wrote.
    pub documents: Arc<dyn Documents>,
    /// On whose behalf.
    pub behalf: Behalf,
}

/// On whose behalf something is done. It is decided anew in every transaction (SEC-1).
#[derive(Debug, Clone, Copy)]
pub struct Behalf {
    origin: Origin,
    evidence: Option<Evidence>,
}

impl Behalf {
    /// The operator's, who may do everything.
    pub const OPERATOR: Self = Self { origin: Origin::OPERATOR, evidence: None };

    /// Somebody's who has shown who they are; `origin` says the same for the ledger.
    #[must_use]
    pub fn caller(origin: Origin, evidence: Evidence) -> Self {
        Self { origin, evidence: Some(evidence) }
    }

    /// On whose behalf, and through what, things are done.
    #[must_use]
    pub fn origin(self) -> Origin {
        self.origin
    }

    /// Who calls; `None` is the operator.
    fn who(self, conn: &mut Conn<'_>, now: Timestamp) -> Result<Option<Caller>, AdministrationError> {
        let Some(evidence) = self.evidence else { return Ok(None) };
        exchange::caller(conn, evidence, now)?.ok_or(AdministrationError::Unauthorized).map(Some)
    }

    /// A connection, if this may be done to it (TEN-1, TEN-3).
    ///
    /// # Errors
    ///
    /// Not found; refused; [`AdministrationError::Unauthorized`].
    pub fn connection(
        self,
        conn: &mut Conn<'_>,
        now: Timestamp,
        id: ConnectionId,
        action: Action,
    ) -> Result<Connection, AdministrationError> {
        match self.who(conn, now)? {
            Some(caller) => Ok(caller.connection(conn, id, action)?),
            None => Ok(conn.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?),
        }
    }

    /// Whether the scopes of whoever calls allow a declaration. What of it is theirs, the engine decides.
    pub(crate) fn may_declare(
        self,
        conn: &mut Conn<'_>,
        now: Timestamp,
        declaration: &Declaration,
    ) -> Result<(), AdministrationError> {
        let Some(caller) = self.who(conn, now)? else { return Ok(()) };
        let organizations = !declaration.organizations.is_empty() || !declaration.companies.is_empty();
        let teams = declaration.organizations.iter().any(|organization| !organization.teams.is_empty());
        for (stated, scope) in [
            (organizations, Scope::OrganizationsWrite),
            (teams, Scope::TeamsWrite),
            (!declaration.domains.is_empty(), Scope::DomainsWrite),
            (!declaration.connections.is_empty(), Scope::ConnectionsWrite),
            (!declaration.clients.is_empty(), Scope::ClientsWrite),
            (!declaration.webhooks.is_empty(), Scope::WebhooksWrite),
        ] {
            if stated {
                caller.require_scope(scope)?;
            }
        }
        Ok(())
    }

    /// Whether the scopes of whoever calls allow to end whatever of theirs is not declared.
    pub(crate) fn may_prune(self, conn: &mut Conn<'_>, now: Timestamp) -> Result<(), AdministrationError> {
        let Some(caller) = self.who(conn, now)? else { return Ok(()) };
        let (products, hooks) = (Scope::ClientsWrite, Scope::WebhooksWrite);
        for scope in [Scope::OrganizationsWrite, Scope::DomainsWrite, Scope::ConnectionsWrite, products, hooks] {
            caller.require_scope(scope)?;
        }
        Ok(())
    }

    /// Whether whoever calls owns the organization of this name: of others they are told only what a connection of theirs does
    /// there (TEN-3).
    pub(crate) fn owns(self, conn: &mut Conn<'_>, now: Timestamp, name: &str) -> Result<bool, AdministrationError> {
        let Some(caller) = self.who(conn, now)? else { return Ok(true) };
        match authority::named(conn, name)? {
            Some(organization) => Ok(caller.owns(conn, Holder::Organization(organization.id))?),
            // One that is only planned.
            None => Ok(true),
        }
    }

    /// Whether people are told of by their addresses wherever these are of, as the operator is (TEN-3).
    pub(crate) fn sees_all(self) -> bool {
        self.evidence.is_none()
    }
}

impl Administrator {
    /// The operator, with direct access to the store.
    #[must_use]
    pub fn operator(store: Store, surroundings: Arc<dyn Surroundings>, documents: Arc<dyn Documents>) -> Self {
        Self { store, surroundings, documents, behalf: Behalf::OPERATOR }
    }

    /// Now, in seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.surroundings.now().seconds()
    }

    /// What each run of something begins with; the ledger files it under `request`, if that is given.
    pub(crate) fn fresh(&self, request: Option<RequestId>) -> impl Fn() -> Env + Clone + Send + 'static {
        let (surroundings, origin) = (Arc::clone(&self.surroundings), self.behalf.origin);
        let origin = Origin { request: request.or(origin.request), ..origin };
        move || Env::new(Arc::clone(&surroundings), origin)
    }
}
