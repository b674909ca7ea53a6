//! Whether a browser that comes from a product is sent back with a code, or what must come first.

use muster_model::{
    Client, Organization, Session, Timestamp,
    client::{ClientScope, ClientScopes, GrantType},
};
use muster_store::{Conn, Tx};
use url::Url;

use super::{clients::is_loopback, people};
use crate::{EngineError, Env};

/// What a client wants, as far as it matters for the decision.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it asks for.
    pub scopes: ClientScopes,
    /// Whether it asks with a challenge (RFC 7636).
    pub has_challenge: bool,
    /// Whether it has stated this over a connection of its own (RFC 9126).
    pub is_pushed: bool,
    /// Whether nothing may be asked of the person.
    pub is_silent: bool,
    /// Since when the person must have signed in, if that matters.
    pub since: Option<Timestamp>,
    /// Whether the person is to agree again.
    pub asks_again: bool,
    /// Whom it expects: an account's id.
    pub expects: Option<muster_model::AccountId>,
}

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Send the browser back with a code for these scopes.
    Grant(ClientScopes),
    /// The person signs in first, or again.
    SignIn,
    /// The person is asked whether the client may know this.
    Ask(ClientScopes),
    /// Send the browser back with why not.
    Refuse(Denied),
}

/// Why a request is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The client may not come this way.
    Unauthorized,
    /// It must ask with a challenge.
    NoChallenge,
    /// It must push its requests.
    NotPushed,
    /// It does not ask who it is.
    NotOpenid,
    /// The person must sign in, and may not be asked to.
    LoginRequired,
    /// The person must agree, and may not be asked to.
    ConsentRequired,
    /// The person is no member of the client's organization.
    NotAMember,
    /// The person said no.
    Declined,
}

/// Whether a client may be answered at an address: one of its own, as it stands. A program on the person's own machine listens at any
/// port there (RFC 8252 §7.3).
#[must_use]
pub fn is_own_address(client: &Client, address: &str) -> bool {
    client.settings.redirect_uris.iter().any(|own| own == address || is_same_but_for_port(own, address))
}

fn is_same_but_for_port(own: &str, address: &str) -> bool {
    let (Ok(mut own), Ok(mut asked)) = (Url::parse(own), Url::parse(address)) else { return false };
    // Only where the address says what it is by number: `localhost` can be made to lead elsewhere (RFC 8252 §8.3).
    let is_here = |url: &Url| url.scheme() == "http" && is_loopback(url) && url.domain().is_none();
    if !is_here(&own) || !is_here(&asked) || asked.fragment().is_some() || !asked.username().is_empty() {
        return false;
    }
    own.set_port(None).is_ok() && asked.set_port(None).is_ok() && own == asked
}

/// Decides about a request in a browser with this session.
///
/// # Errors
///
/// The store's.
pub fn decide(
    conn: &mut Conn<'_>,
    client: &Client,
    wanted: &Wanted,
    session: Option<&Session>,
) -> Result<Decision, EngineError> {
    if !client.settings.grants.contains(&GrantType::AuthorizationCode) {
        return Ok(Decision::Refuse(Denied::Unauthorized));
    }
    if client.settings.require_pushed_requests && !wanted.is_pushed {
        return Ok(Decision::Refuse(Denied::NotPushed));
    }
    // Whoever keeps a secret proves with it whose the code is; with a challenge that is known of the browser, too.
    if !wanted.has_challenge && !client.settings.confidential {
        return Ok(Decision::Refuse(Denied::NoChallenge));
    }
    let scopes = wanted.scopes.within(&client.settings.scopes);
    if !scopes.has(ClientScope::Openid) {
        return Ok(Decision::Refuse(Denied::NotOpenid));
    }
    let fits = |session: &&Session| {
        wanted.since.is_none_or(|since| session.authenticated >= since)
            && wanted.expects.is_none_or(|account| session.account == account)
    };
    let Some(session) = session.filter(fits) else {
        return Ok(if wanted.is_silent { Decision::Refuse(Denied::LoginRequired) } else { Decision::SignIn });
    };
    if !people::serves(conn, client, session.account)? {
        return Ok(Decision::Refuse(Denied::NotAMember));
    }
    if client.settings.third_party {
        let agreed = conn.client_consent(session.account, client.id)?.unwrap_or_default();
        if wanted.asks_again || !scopes.are_within(&agreed) {
            let ask = if wanted.is_silent { Decision::Refuse(Denied::ConsentRequired) } else { Decision::Ask(scopes) };
            return Ok(ask);
        }
    }
    Ok(Decision::Grant(scopes))
}

/// Keeps that a person lets a third party's client know something.
///
/// # Errors
///
/// The store's.
pub fn agree(
    tx: &mut Tx<'_>,
    env: &Env,
    client: &Client,
    session: &Session,
    scopes: &ClientScopes,
) -> Result<(), EngineError> {
    let before = tx.client_consent(session.account, client.id)?.unwrap_or_default();
    Ok(tx.put_client_consent(session.account, client.id, &before.and(scopes), env.now())?)
}

/// The one connection through which members of an organization sign in; `None` where there are several, or none. What is asked
/// for by name is not told to exist (TEN-3): whoever names none that is there signs in as anybody does.
///
/// # Errors
///
/// The store's.
pub fn straight_to(conn: &mut Conn<'_>, organization: &str) -> Result<Option<muster_model::ConnectionId>, EngineError> {
    let Some(Organization { id, .. }) = conn.organization_by_name(&organization.trim().to_lowercase())? else {
        return Ok(None);
    };
    let mut active = Vec::new();
    for connection in conn.connections_covering(id)? {
        let is_usable = |one: &muster_model::Connection| {
            one.state == muster_model::ConnectionState::Active && one.settings.sso.is_some()
        };
        active.extend(conn.connection(connection)?.filter(is_usable).map(|one| one.id));
    }
    Ok(match active.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}
