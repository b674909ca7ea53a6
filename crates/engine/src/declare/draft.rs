//! A draft as whoever sets it up by a link states it: only what a set-up link reaches, by id, and nothing that is for owners
//! (SEC-2).

use std::collections::BTreeSet;

use muster_model::{Connection, DomainId, OrganizationId, Role, connection::SingleSignOn};
use muster_store::Tx;

use super::{Declaration, Secrets, Work, check, connections::Known};
use crate::{EngineError, Env, Refusal, directory::Documents};

/// A row of the mapping table (GRP-8), by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// A group's name, exact or with `*`.
    pub(crate) pattern: String,
    /// Where its members go.
    pub(crate) organization: OrganizationId,
    /// The team there.
    pub(crate) team: Option<String>,
    /// The role there.
    pub(crate) role: Option<Role>,
}

/// What is stated of a draft; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftStatement {
    /// How people will sign in.
    pub(crate) sso: Option<Option<SingleSignOn>>,
    /// Whether a directory is to be connected.
    pub(crate) scim: Option<bool>,
    /// The mapping table.
    pub(crate) mappings: Option<Vec<Row>>,
    /// All of its domains.
    pub(crate) domains: Option<BTreeSet<DomainId>>,
}

/// Makes a draft say this. Whether whoever states it may, is decided before.
///
/// # Errors
///
/// Refused with the key and the value to change; the store's.
pub(crate) fn state_draft(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    stated: DraftStatement,
    documents: &dyn Documents,
) -> Result<Connection, EngineError> {
    let place = format!("connection `{}`", connection.name);
    if let Some(Some(sso)) = &stated.sso {
        check::check_sso(&place, sso)?;
    }
    if stated.scim == Some(true) && connection.settings.sso.is_none() {
        return Err(Refusal::Invalid("set up single sign-on first (SCIM-1)".to_owned()).into());
    }
    let domains = tx.connection_domain_ids(connection.id)?.into_iter().collect();
    let known = Known { connection: connection.clone(), domains };
    let (declaration, secrets) = (Declaration::default(), Secrets::default());
    let mut work = Work::new(tx, env, &declaration, &secrets, documents);
    work.covered = connection.organizations.iter().map(|covered| covered.id).collect();
    work.draft(&known, stated)
}
