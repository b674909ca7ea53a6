//! A code that the browser carries to the client, and what that exchanges it for (RFC 6749 §4.1, RFC 7636).

use std::time::Duration;

use muster_crypto::TokenHash;
use muster_model::{
    Authorization, AuthorizationId, Client, Session, SessionId, Timestamp,
    client::{ClientScopes, GrantType, Revoked},
    session::{ClientKind, Limit},
};
use muster_store::{Ticket, TicketKind, Tx};
use serde::{Deserialize, Serialize};

use super::people;
use crate::{EngineError, Env};

/// How long a code works (RFC 6749 §4.1.2 allows ten minutes; a browser needs seconds).
pub const CODE_LIVES: Duration = Duration::from_mins(1);

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Through which session.
    pub session: SessionId,
    /// What was granted.
    pub scopes: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Whether the client has said where, so that it must say it again.
    pub said_where: bool,
    /// The challenge that whoever brings it must answer.
    pub challenge: Option<String>,
    /// What the ID token carries back.
    pub nonce: Option<String>,
}

/// What a client brings with a code.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'b> {
    /// The hash of the code.
    pub code: &'b [u8; 32],
    /// Where it says that it was sent.
    pub redirect_uri: Option<&'b str>,
    /// The challenge that its verifier answers; `None` without a verifier.
    pub challenge: Option<&'b str>,
}

/// What came of a code or refresh token. What ends something must be committed, so it is no error.
#[derive(Debug, Clone)]
pub enum Outcome<T> {
    /// It was exchanged.
    Granted(T),
    /// It was not, and why, for whoever looks after the client.
    Refused(&'static str),
}

/// What a code was exchanged for.
#[derive(Debug, Clone)]
pub struct Granted {
    /// What was let do.
    pub authorization: Authorization,
    /// The session that it lives as long as.
    pub session: Session,
    /// What the ID token carries back.
    pub nonce: Option<String>,
}

/// Makes a code, whose text only the caller knows, for the person of a session.
///
/// # Errors
///
/// The store's.
pub fn issue(
    tx: &mut Tx<'_>,
    env: &mut Env,
    client: &Client,
    session: &Session,
    code: &Code,
    hash: &[u8; 32],
) -> Result<(), EngineError> {
    let ticket = Ticket {
        kind: TicketKind::Code,
        client: client.id,
        account: Some(session.account),
        content: serde_json::to_string(code).map_err(muster_store::StoreError::other)?,
        outcome: None,
        polled: None,
        used: None,
        expires: env.now().after(CODE_LIVES),
    };
    Ok(tx.insert_ticket(hash, None, &ticket)?)
}

/// Exchanges a code, once. Brought a second time, everything ends that came of it (RFC 6749 §4.1.2).
///
/// # Errors
///
/// The store's.
pub fn redeem(
    tx: &mut Tx<'_>,
    env: &mut Env,
    client: &Client,
    brought: Brought<'_>,
) -> Result<Outcome<Granted>, EngineError> {
    const UNKNOWN: &str = "the code is unknown, or is over";
    let Some(ticket) = tx.ticket(TicketKind::Code, brought.code)?.filter(|ticket| ticket.client == client.id) else {
        return Ok(Outcome::Refused(UNKNOWN));
    };
    if ticket.used.is_some() {
        if let Some(id) = ticket.outcome {
            end(tx, env, id, Revoked::CodeReused)?;
        }
        return Ok(Outcome::Refused("the code was used before"));
    }
    let code: Code = serde_json::from_str(&ticket.content).map_err(muster_store::StoreError::other)?;
    let refused = refusal(client, &ticket, &code, brought, env.now());
    let session = tx.session(code.session)?.filter(|session| session.over(env.now()).is_none());
    let (None, Some(session)) = (refused, session) else {
        // Whoever brought it knows it, so it works for nobody any more.
        tx.use_ticket(brought.code, None, env.now())?;
        return Ok(Outcome::Refused(refused.unwrap_or("the session has ended in which the code was made")));
    };
    if !people::serves(tx, client, session.account)? {
        return Ok(Outcome::Refused("the person is no member of the application's organization"));
    }
    let id = AuthorizationId(env.new_id());
    if !tx.use_ticket(brought.code, Some(id), env.now())? {
        return Ok(Outcome::Refused("the code was used before"));
    }
    let granted = begin(tx, env, id, client, &session, ClientScopes::parse(&code.scopes))?;
    Ok(Outcome::Granted(Granted { nonce: code.nonce, ..granted }))
}

fn refusal(
    client: &Client,
    ticket: &Ticket,
    code: &Code,
    brought: Brought<'_>,
    now: Timestamp,
) -> Option<&'static str> {
    if ticket.expires <= now {
        return Some("the code is unknown, or is over");
    }
    let is_where = match brought.redirect_uri {
        Some(said) => said == code.redirect_uri,
        None => !code.said_where,
    };
    if !is_where {
        return Some("`redirect_uri` is not the one that the code was sent to");
    }
    let same = |one: &str, other: &str| {
        TokenHash::from(muster_crypto::sha256(one.as_bytes()))
            == TokenHash::from(muster_crypto::sha256(other.as_bytes()))
    };
    match (&code.challenge, brought.challenge) {
        (Some(asked), Some(answer)) if same(asked, answer) => None,
        (Some(_), _) => Some("`code_verifier` does not answer the code's challenge"),
        // A verifier where none was asked for: somebody took the challenge out on the way (RFC 9700 §4.8.2).
        (None, Some(_)) => Some("the code was asked for without a challenge"),
        (None, None) if client.settings.confidential => None,
        (None, None) => Some("`code_verifier` is missing"),
    }
}

/// Begins an authorization through a session of the person's; for a desktop client, through a new one of that kind (SES-1).
///
/// # Errors
///
/// The store's.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    env: &mut Env,
    id: AuthorizationId,
    client: &Client,
    through: &Session,
    scopes: ClientScopes,
) -> Result<Granted, EngineError> {
    let session = match client.kind {
        ClientKind::Web => through.clone(),
        ClientKind::Desktop => on_desktop(tx, env, client, through)?,
    };
    let now = env.now();
    let mut salt = [0; 16];
    salt.copy_from_slice(env.new_secret().get(..16).unwrap_or(&[0; 16]));
    let refreshes = client.settings.grants.contains(&GrantType::RefreshToken);
    let authorization = Authorization {
        id,
        client: client.id,
        session: session.id,
        sid: session.id,
        account: session.account,
        scopes,
        created: now,
        generation: i64::from(refreshes),
        rotated: now,
        salt,
        ended: None,
    };
    let tell_at = client.settings.backchannel_logout_uri.as_ref().map(|_| session.expires());
    tx.insert_authorization(&authorization, tell_at)?;
    Ok(Granted { authorization, session, nonce: None })
}

/// A session of its own for a desktop client: it outlives the browser's. What the identity provider says of its length counts from
/// when the person signed in there (SES-2).
fn on_desktop(tx: &mut Tx<'_>, env: &mut Env, client: &Client, through: &Session) -> Result<Session, EngineError> {
    let now = env.now();
    let kind = ClientKind::Desktop;
    let is_by_kind = through.limit == Limit::Kind;
    let idle = kind.idle().filter(|_| is_by_kind).and_then(|idle| i64::try_from(idle.as_secs()).ok());
    let session = Session {
        id: SessionId(env.new_id()),
        kind,
        client: Some(client.id),
        device: client.name.clone(),
        last_used: now,
        absolute_end: if is_by_kind { now.after(kind.life()) } else { through.absolute_end },
        idle_seconds: idle,
        ended: None,
        version: 1,
        ..through.clone()
    };
    // Nobody knows a text with this hash: no cookie opens it, only tokens.
    let hash = env.new_secret();
    let subject = through.idp.as_ref().map(|idp| muster_crypto::sha256(idp.subject.as_bytes()));
    let index = through.idp.as_ref().and_then(|idp| idp.index.as_ref());
    tx.insert_session(&session, &hash, subject, index.map(|index| muster_crypto::sha256(index.as_bytes())))?;
    Ok(session)
}

/// Ends an authorization by itself, and with it the session that was begun for it alone.
///
/// # Errors
///
/// The store's.
pub(super) fn end(tx: &mut Tx<'_>, env: &mut Env, id: AuthorizationId, why: Revoked) -> Result<(), EngineError> {
    use muster_model::session::Ended;
    let Some((authorization, session, _)) = tx.authorization(id)? else { return Ok(()) };
    tx.end_authorization(id, why.as_str(), env.now())?;
    if session.client == Some(authorization.client) {
        let why = match why {
            Revoked::CodeReused | Revoked::RefreshReused => Ended::TokenReused,
            Revoked::ByClient | Revoked::ClientChanged => Ended::GivenBack,
            Revoked::ByPerson => Ended::EndedByPerson,
        };
        tx.end_session(session.id, why.as_str(), env.now())?;
    }
    Ok(())
}
