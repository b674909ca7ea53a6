//! What the operator declares: companies, organizations, domains and connections, as `muster apply` states them.
//!
//! [`apply`] makes the database say what a [`Declaration`] says, [`export()`] is its inverse. Both know names where the
//! rest of the engine knows ids. Applying is idempotent: what is already so is not written again. A plan is the same
//! call in a transaction that is rolled back.
//!
//! The operator has direct access to the database, so a declaration may state what owners would have to prove or
//! consent to: `verified` domains, coverage of other holders' organizations, owners (TEN-1). Anybody else states what is
//! theirs (`reach`).
//!
//! Order of work: companies, organizations, domains, connections, clients, webhooks, owners; then what follows from a change for the
//! people concerned (`reevaluate`).

mod check;
mod clients;
mod connections;
mod consent;
mod domains;
mod draft;
mod export;
mod organizations;
mod prune;
mod reach;
mod reevaluate;
mod successors;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};

use muster_crypto::TokenHash;
use muster_model::{
    AccountId, ClientId, ConnectionId, ConnectionState, Email, OrganizationId, Role, TokenId, WebhookId,
    connection::{Precedence, ScimSettings, SingleSignOn},
};
use muster_store::Tx;
use serde::{Deserialize, Serialize};

pub use clients::Statement as Client;
pub use consent::{Consent, consent, consenting, consents, withdraw_consent};
pub(crate) use draft::{DraftStatement, Row, state_draft};
pub use export::{export, export_of, statement};
pub use prune::is_pruned;
pub(crate) use reevaluate::{guests as tell_guests_apart, release};
pub use webhooks::Statement as Webhook;

use crate::{
    EngineError, Env, Refusal,
    describe::{self, Described},
    directory::Documents,
    transact,
};

/// Everything that a file states. What it does not name is left alone, unless it is pruned.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Declaration {
    /// Parents of organizations.
    pub companies: Vec<Company>,
    /// Organizations.
    pub organizations: Vec<Organization>,
    /// Email domains.
    pub domains: Vec<Domain>,
    /// Connections.
    pub connections: Vec<Connection>,
    /// Products that sign people in here.
    #[serde(default)]
    pub clients: Vec<Client>,
    /// Web servers that are sent what happens.
    #[serde(default)]
    pub webhooks: Vec<Webhook>,
}

/// A company, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Unique; folded to lower case.
    pub name: String,
    /// People who own all its organizations (ORG-1); those who are not named stay what they are.
    pub owners: Vec<Email>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The slug; folded to lower case.
    pub name: String,
    /// The company it belongs to.
    pub company: Option<String>,
    /// How many seats; `None` is unlimited (SCIM-9).
    pub seats: Option<i64>,
    /// People who are owners by hand; those who are not named stay what they are.
    pub owners: Vec<Email>,
    /// Teams that exist; those that are not named stay.
    pub teams: Vec<String>,
}

/// A holder, by its name (TEN-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// An organization.
    Organization(String),
    /// A company.
    Company(String),
}

/// An email domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The domain; folded to lower case.
    pub name: String,
    /// Whose.
    pub holder: Holder,
    /// Whether it counts as proven; `None` leaves that to the proof (ORG-4).
    pub verified: Option<bool>,
    /// Where existing accounts join (ORG-5); `None` leaves that as it is.
    pub auto_provision: Option<AutoProvision>,
}

/// What a domain does with existing accounts that sign in (ORG-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutoProvision {
    /// Nothing.
    Off,
    /// They join this organization.
    Into(String),
}

/// A connection with all of its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Unique.
    pub name: String,
    /// Whose; `None` is the first of `organizations`.
    pub holder: Option<Holder>,
    /// The organizations it covers.
    pub organizations: Vec<String>,
    /// Its email domains, which must be the holder's or those of the holder's company.
    pub domains: Vec<String>,
    /// Where people go whom nothing else places (JIT-4); must be covered.
    pub default_organization: Option<String>,
    /// The team there.
    pub default_team: String,
    /// Just-in-Time provisioning.
    pub jit: bool,
    /// Who wins where SSO and SCIM disagree (PRE-1).
    pub precedence: Precedence,
    /// The most that the IdP can give (ORG-1).
    pub highest_role: Role,
    /// Where it is in its life (SSO-12).
    pub state: ConnectionState,
    /// The directory.
    pub scim: ScimSettings,
    /// Who signs in while the state is `pilot` (SSO-12).
    pub pilots: Vec<Email>,
    /// Whether people of its domains sign in through it alone (SSO-9).
    pub enforced: bool,
    /// The connection that takes this one's people over (SSO-12).
    pub successor: Option<String>,
    /// How people sign in (SSO-1).
    pub sso: Option<SingleSignOn>,
    /// The mapping table (GRP-8).
    pub mappings: Vec<Mapping>,
}

/// A row of a connection's mapping table (GRP-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// A group name, exact or with `*`.
    pub pattern: String,
    /// Where its members go; must be covered.
    pub organization: String,
    /// The team there.
    pub team: Option<String>,
    /// The role there.
    pub role: Option<Role>,
}

/// Hashes of secrets that the caller made beforehand, for what may turn out to need one. They are made outside so that
/// a transaction that runs again uses the same.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// A SCIM token for each connection, by name.
    pub scim: BTreeMap<String, TokenHash>,
    /// A sign-in link for each owner, by the email's [`key`](Email::key).
    pub links: BTreeMap<String, TokenHash>,
    /// A secret for each client, by name.
    pub clients: BTreeMap<String, TokenHash>,
}

/// What applying a declaration came to.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// What changed, in order.
    pub changes: Vec<Described>,
    /// The ids of the organizations named, by name.
    pub organizations: BTreeMap<String, OrganizationId>,
    /// The ids of the connections named, by name.
    pub connections: BTreeMap<String, ConnectionId>,
    /// The connections for which the caller's SCIM token was stored.
    pub tokens: BTreeMap<String, TokenId>,
    /// The new accounts for which the caller's sign-in link was stored, by the email's key.
    pub links: BTreeMap<String, AccountId>,
    /// The ids of the clients named, by name.
    pub clients: BTreeMap<String, ClientId>,
    /// The clients for which the caller's secret was stored.
    pub client_secrets: BTreeMap<String, ClientId>,
    /// The ids of the webhooks named, by [`Webhook::key`].
    pub webhooks: BTreeMap<String, WebhookId>,
    /// Those that were made, and have no secret yet.
    pub new_webhooks: BTreeSet<WebhookId>,
}

/// Makes the database say what `declaration` says; with `prune`, nothing else either: connections that are not named
/// are switched off and cover nothing (SSO-12), domains and organizations that are not named end. Settles what follows
/// and writes the ledger, as [`transact`] does. `documents` reads what directories said before, for those whom changed
/// settings place anew.
///
/// # Errors
///
/// Refused with the key and the value to change; the store's.
pub fn apply(
    tx: &mut Tx<'_>,
    env: &mut Env,
    declaration: &Declaration,
    prune: bool,
    secrets: &Secrets,
    documents: &dyn Documents,
) -> Result<Applied, EngineError> {
    let declaration = check::checked(declaration)?;
    let mut applied = transact(tx, env, |tx, env| {
        let mut work = Work::new(tx, env, &declaration, secrets, documents);
        work.run(prune)?;
        Ok::<_, EngineError>(work.applied)
    })?;
    applied.changes = describe::describe(tx, env.changes())?;
    Ok(applied)
}

/// Removes a connection: it covers nothing any more, its tokens and sessions end, and its members, teams and roles stay, by hand
/// (SSO-12). Settles what follows and writes the ledger, as [`transact`] does.
///
/// # Errors
///
/// The store's.
pub fn remove_connection(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &muster_model::Connection,
    documents: &dyn Documents,
) -> Result<(), EngineError> {
    let (declaration, secrets) = (Declaration::default(), Secrets::default());
    transact(tx, env, |tx, env| {
        Work::new(tx, env, &declaration, &secrets, documents).remove_connection(connection.clone())
    })
}

/// One application under way.
struct Work<'w, 't> {
    tx: &'w mut Tx<'t>,
    env: &'w mut Env,
    declaration: &'w Declaration,
    secrets: &'w Secrets,
    documents: &'w dyn Documents,
    applied: Applied,
    /// The organizations that have left or changed their company.
    moved: BTreeSet<OrganizationId>,
    /// What the connection that is being stated covers already.
    covered: BTreeSet<OrganizationId>,
}

impl<'w, 't> Work<'w, 't> {
    fn new(
        tx: &'w mut Tx<'t>,
        env: &'w mut Env,
        declaration: &'w Declaration,
        secrets: &'w Secrets,
        documents: &'w dyn Documents,
    ) -> Self {
        let (applied, moved, covered) = (Applied::default(), BTreeSet::new(), BTreeSet::new());
        Self { tx, env, declaration, secrets, documents, applied, moved, covered }
    }
}

impl Work<'_, '_> {
    fn run(&mut self, prune: bool) -> Result<(), EngineError> {
        let before = connections::concerned(self.tx, self.declaration, prune)?;
        self.companies()?;
        self.organizations()?;
        let mut concerned = Vec::new();
        if prune {
            self.prune_domains(&mut concerned)?;
        }
        self.domains(&mut concerned)?;
        self.connections(&before)?;
        self.leave_companies()?;
        self.successors()?;
        if prune {
            self.prune_connections(&before)?;
        }
        self.follow_domains(&before)?;
        self.enforce(&before)?;
        self.clients(prune)?;
        self.webhooks(prune)?;
        if prune {
            self.prune_organizations()?;
        }
        self.owners()?;
        reevaluate::guests(self.tx, self.env, &concerned)
    }
}

/// A refusal that names where in the declaration it is, the key and the value.
fn refuse(place: &str, key: &str, value: impl std::fmt::Display, why: impl std::fmt::Display) -> EngineError {
    Refusal::Field { key: key.to_owned(), text: format!("{place}: `{key} = {value}`: {why}") }.into()
}

/// A refusal of the engine's, with where in the declaration it is.
fn refused_at(place: &str) -> impl Fn(EngineError) -> EngineError {
    move |error| match error {
        EngineError::Refused(Refusal::Field { key, text }) => {
            Refusal::Field { text: format!("{place}: `{key}`: {text}"), key }.into()
        }
        EngineError::Refused(Refusal::Invalid(text)) => Refusal::Invalid(format!("{place}: {text}")).into(),
        error => error,
    }
}

/// A text as a declaration would have it.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}
