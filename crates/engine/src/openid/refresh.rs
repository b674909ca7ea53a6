//! Refresh tokens: each is used once and exchanged for the next. One that comes after that was copied, and ends everything that came
//! of the sign-in (RFC 9700 §4.14).
//!
//! A token is the authorization's id, how many there were before it, and a seal over both that only this installation makes. So
//! what is stored is one number, whoever brings an old token is known for it, and nobody who makes one up ends anything.

use std::time::Duration;

use muster_crypto::TokenHash;
use muster_model::{AuthorizationId, Client, client::ClientScopes, client::Revoked};
use muster_store::Tx;
use uuid::Uuid;

use super::{
    codes::{self, Outcome},
    standing::{self, Held, Standing},
};
use crate::{EngineError, Env, sessions};

/// For how long the token before the present one is answered with the present one again: the answer may have been lost.
pub const GRACE: Duration = Duration::from_secs(30);
/// What tokens begin with.
pub const PREFIX: &str = "mst_refresh_";
/// What the seal is made for.
const PURPOSE: &str = "refresh token";

/// A refresh token as it came: well-formed, and not more is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    id: AuthorizationId,
    generation: i64,
    seal: String,
}

impl RefreshToken {
    /// Reads what somebody sent; `None` for what this program never made.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX).filter(|rest| rest.is_ascii() && rest.len() == 32 + 8 + 64)?;
        let (id, rest) = rest.split_at(32);
        let (generation, seal) = rest.split_at(8);
        Some(Self {
            id: AuthorizationId(Uuid::try_parse(id).ok()?),
            generation: i64::from(u32::from_str_radix(generation, 16).ok()?),
            seal: seal.to_owned(),
        })
    }

    /// Which authorization it says that it belongs to.
    #[must_use]
    pub fn authorization(&self) -> AuthorizationId {
        self.id
    }
}

/// The text of an authorization's present refresh token; `None` when it has none, or the master key is not at hand.
#[must_use]
pub fn text(env: &Env, of: &muster_model::Authorization) -> Option<String> {
    (of.generation > 0).then(|| numbered(env, of, of.generation)).flatten()
}

fn numbered(env: &Env, of: &muster_model::Authorization, generation: i64) -> Option<String> {
    let seal = seal(env, of, generation)?;
    Some(format!("{PREFIX}{}{:08x}{seal}", of.id.0.simple(), u32::try_from(generation).ok()?))
}

fn seal(env: &Env, of: &muster_model::Authorization, generation: i64) -> Option<String> {
    env.blind(PURPOSE, &[&of.salt, of.id.0.as_bytes(), &generation.to_be_bytes()])
}

/// Whether a token was made here for this authorization, whichever number it has.
pub(super) fn is_genuine(env: &Env, token: &RefreshToken, of: &muster_model::Authorization) -> bool {
    let same = |seal: String| {
        let hash = |text: &str| TokenHash::from(muster_crypto::sha256(text.as_bytes()));
        hash(&seal) == hash(&token.seal)
    };
    (1..=of.generation).contains(&token.generation) && seal(env, of, token.generation).is_some_and(same)
}

/// Whether a token is the one that is exchanged next.
pub(super) fn is_present(env: &Env, token: &RefreshToken, of: &muster_model::Authorization) -> bool {
    token.generation == of.generation && is_genuine(env, token, of)
}

/// What a refresh token was exchanged for.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// What holds.
    pub standing: Standing,
    /// What the access token is for: what was granted, or less.
    pub scopes: ClientScopes,
}

/// Exchanges a refresh token for the next one.
///
/// # Errors
///
/// The store's.
pub fn exchange(
    tx: &mut Tx<'_>,
    env: &mut Env,
    client: &Client,
    token: &RefreshToken,
    scope: Option<&str>,
) -> Result<Outcome<Refreshed>, EngineError> {
    const UNKNOWN: &str = "the refresh token is unknown, or is over";
    let Some((known, ..)) = tx.authorization(token.id)? else { return Ok(Outcome::Refused(UNKNOWN)) };
    if known.client != client.id || !is_genuine(env, token, &known) {
        return Ok(Outcome::Refused(UNKNOWN));
    }
    let mut standing = match standing::of(tx, token.id, env.now())? {
        Held::Yes(standing) => *standing,
        Held::No(_) => return Ok(Outcome::Refused("the session has ended: let the person sign in again")),
    };
    let wanted = scope.map_or_else(|| known.scopes.clone(), ClientScopes::parse);
    if !wanted.are_within(&known.scopes) {
        return Ok(Outcome::Refused("more is asked for than was granted"));
    }
    // Granted then, but the client may do less by now.
    let scopes = wanted.within(&client.settings.scopes);
    let now = env.now();
    let behind = known.generation - token.generation;
    let is_retry = behind == 1 && now < known.rotated.after(GRACE);
    if behind > 0 && !is_retry {
        codes::end(tx, env, token.id, Revoked::RefreshReused)?;
        return Ok(Outcome::Refused(
            "the refresh token was used before: the sign-in is ended, let the person sign in again",
        ));
    }
    if behind == 0 {
        if !tx.rotate_authorization(token.id, known.generation, now)? {
            // Another request has just exchanged it; this one gets the same.
            standing.authorization.generation =
                tx.authorization(token.id)?.map_or(known.generation, |(it, ..)| it.generation);
        } else {
            standing.authorization.generation += 1;
            standing.authorization.rotated = now;
        }
        if sessions::is_use_worth_noting(&standing.session, now) {
            tx.note_session_use(standing.session.id, now)?;
        }
    }
    Ok(Outcome::Granted(Refreshed { standing, scopes }))
}

/// Gives an authorization back, as its client asks (RFC 7009). Whatever is not the client's own, or no token, is passed over.
///
/// # Errors
///
/// The store's.
pub fn revoke(tx: &mut Tx<'_>, env: &mut Env, client: &Client, token: &RefreshToken) -> Result<(), EngineError> {
    let Some((known, ..)) = tx.authorization(token.id)? else { return Ok(()) };
    if known.client == client.id && is_genuine(env, token, &known) {
        codes::end(tx, env, token.id, Revoked::ByClient)?;
    }
    Ok(())
}

/// The same by an access token, of which it is known already that it was made here.
///
/// # Errors
///
/// The store's.
pub fn revoke_authorization(
    tx: &mut Tx<'_>,
    env: &mut Env,
    client: &Client,
    id: AuthorizationId,
) -> Result<(), EngineError> {
    match tx.authorization(id)? {
        Some((known, ..)) if known.client == client.id => codes::end(tx, env, id, Revoked::ByClient),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_none() {
        let good = format!("{PREFIX}{}{:08x}{}", "0".repeat(32), 7, "a".repeat(64));
        assert_eq!(RefreshToken::parse(&good).unwrap().generation, 7);
        for bad in [
            "",
            PREFIX,
            &good[1..],
            &format!("{good}0"),
            &good.replace("00000007", "0000000g"),
            &good.replace('a', "é"),
        ] {
            assert_eq!(RefreshToken::parse(bad), None, "{bad}");
        }
    }
}
