//! How far a draft is.

use muster_model::{Connection, ConnectionState, DomainState, Timestamp, Token, TokenId};
use muster_store::{Conn, TestSignIn};

use super::reading::tests;
use crate::{EngineError, domains, tokens};

/// How far a connection is set up, step by step. Each step is what was found, not what somebody ticked.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Its domains, with how looking for their records goes.
    pub domains: Vec<domains::Listed>,
    /// Whether its IdP is known well enough to be tried.
    pub has_provider: bool,
    /// The newest test sign-in by the settings of now: one that passed, if any did.
    pub test: Option<TestSignIn>,
    /// Whether a directory is to be connected.
    pub scim: bool,
    /// The SCIM token that works and was used last, or made last.
    pub token: Option<Token>,
    /// How many rows its mapping table has.
    pub mappings: usize,
}

impl Progress {
    /// Whether people of some domain could sign in (SSO-2).
    #[must_use]
    pub fn has_domain(&self) -> bool {
        self.domains.iter().any(|listed| listed.domain.state == DomainState::Verified)
    }

    /// Whether somebody has come through, by the settings of now.
    #[must_use]
    pub fn is_tested(&self) -> bool {
        self.test.is_some_and(|test| test.passed)
    }

    /// When the directory was last heard of.
    #[must_use]
    pub fn heard_of(&self) -> Option<Timestamp> {
        self.token.as_ref()?.last_used
    }
}

/// How far a connection is set up; of test sign-ins, whoever sets it up is told of those by their own link.
///
/// # Errors
///
/// The store's.
pub fn progress(conn: &mut Conn<'_>, connection: &Connection, by: Option<TokenId>) -> Result<Progress, EngineError> {
    let mut listed = Vec::new();
    for id in conn.connection_domain_ids(connection.id)? {
        let Some(domain) = conn.domain(id)? else { continue };
        let check = conn.domain_check(id)?;
        listed.push(domains::Listed { domain, check });
    }
    listed.sort_by(|one, other| one.domain.name.cmp(&other.domain.name));
    let since = connection.settings.sso_changed.unwrap_or(Timestamp(0));
    let tests: Vec<TestSignIn> = tests(conn, connection.id, by)?.into_iter().filter(|test| test.at >= since).collect();
    let test = tests.iter().find(|test| test.passed).or_else(|| tests.first()).copied();
    let live = tokens::list(conn, connection)?;
    let token = live.into_iter().filter(|token| token.revoked.is_none()).max_by_key(|one| (one.last_used, one.created));
    Ok(Progress {
        domains: listed,
        has_provider: connection.settings.sso.as_ref().is_some_and(muster_model::connection::SingleSignOn::is_complete),
        test,
        scim: connection.settings.scim.enabled,
        token,
        mappings: connection.mappings.len(),
    })
}

/// Whether a draft could be activated: an IdP that was tried, and a domain that is verified.
///
/// # Errors
///
/// The store's.
pub fn is_tested(conn: &mut Conn<'_>, connection: &Connection) -> Result<bool, EngineError> {
    if connection.state != ConnectionState::Draft || connection.domains.is_empty() {
        return Ok(false);
    }
    Ok(progress(conn, connection, None)?.is_tested())
}
