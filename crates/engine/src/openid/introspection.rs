//! What a token is worth now, for whoever may ask: a client of the same holder as the one that has it (TEN-3).

use muster_model::{
    AuthorizationId, Client, ClientId, OrganizationId, SessionId, Timestamp, TokenId, client::ClientScopes,
    token::TokenKind,
};
use muster_store::Conn;
use uuid::Uuid;

use super::{
    people::{self, Bounds, Told},
    refresh::{self, RefreshToken},
    standing::{self, Held, Standing},
};
use crate::{EngineError, Env};

/// A token that works.
#[derive(Debug, Clone)]
pub struct Seen {
    /// To which client it was given; `None` for an organization's own.
    pub client: Option<ClientId>,
    /// Whose: an account's or organization's id.
    pub subject: Uuid,
    /// What that is called.
    pub username: String,
    /// What for.
    pub scopes: String,
    /// The session that it lives as long as, by the name that clients know.
    pub sid: Option<SessionId>,
    /// When it ends at the latest.
    pub ends: Timestamp,
    /// The person.
    pub told: Told,
}

/// An access token that was made here of this origin, with these scopes.
///
/// # Errors
///
/// The store's.
pub fn of_access_token(
    conn: &mut Conn<'_>,
    asks: &Client,
    origin: &str,
    scopes: &str,
    now: Timestamp,
    bounds: Bounds,
) -> Result<Option<Seen>, EngineError> {
    let Ok(id) = origin.parse::<AuthorizationId>() else { return Ok(None) };
    match standing::of(conn, id, now)? {
        Held::Yes(standing) if may_ask(asks, &standing.client) => {
            seen(conn, &standing, &ClientScopes::parse(scopes), bounds)
        }
        _ => Ok(None),
    }
}

/// Whether a client may ask what another's tokens are worth: one of the same holder, and no third party.
fn may_ask(asks: &Client, of: &Client) -> bool {
    asks.id == of.id || (asks.organization == of.organization && !asks.settings.third_party)
}

/// A refresh token; only its own client learns of it.
///
/// # Errors
///
/// The store's.
pub fn of_refresh_token(
    conn: &mut Conn<'_>,
    env: &Env,
    asks: &Client,
    token: &RefreshToken,
    bounds: Bounds,
) -> Result<Option<Seen>, EngineError> {
    let Held::Yes(standing) = standing::of(conn, token.authorization(), env.now())? else { return Ok(None) };
    let is_own = standing.client.id == asks.id;
    if !is_own || !refresh::is_present(env, token, &standing.authorization) {
        return Ok(None);
    }
    let scopes = standing.authorization.scopes.clone();
    seen(conn, &standing, &scopes, bounds)
}

/// An access token that was made of an organization's own.
///
/// # Errors
///
/// The store's.
pub fn of_organization(
    conn: &mut Conn<'_>,
    asks: &Client,
    origin: &str,
    scopes: &str,
    now: Timestamp,
) -> Result<Option<Seen>, EngineError> {
    let Ok(id) = origin.parse::<TokenId>() else { return Ok(None) };
    let found = conn.token(TokenKind::Organization, id)?.map(|(token, _)| token);
    let Some(token) = found.filter(|token| token.is_live(now)) else { return Ok(None) };
    let Some(organization) = conn.organization(OrganizationId(token.scope))? else { return Ok(None) };
    if asks.settings.third_party || asks.organization.is_some_and(|own| own != organization.id) {
        return Ok(None);
    }
    Ok(Some(Seen {
        client: None,
        subject: organization.id.0,
        username: organization.name,
        scopes: scopes.to_owned(),
        sid: None,
        ends: token.expires.unwrap_or(now),
        told: Told::default(),
    }))
}

fn seen(
    conn: &mut Conn<'_>,
    standing: &Standing,
    scopes: &ClientScopes,
    bounds: Bounds,
) -> Result<Option<Seen>, EngineError> {
    let Standing { authorization, session, client } = standing;
    let Some(account) = conn.account(authorization.account)? else { return Ok(None) };
    let scopes = scopes.within(&client.settings.scopes);
    let told = people::told(conn, client, &account, &scopes, bounds)?;
    Ok(Some(Seen {
        client: Some(client.id),
        subject: account.id.0,
        username: account.username,
        scopes: scopes.to_string(),
        sid: Some(authorization.sid),
        ends: session.expires(),
        told,
    }))
}
