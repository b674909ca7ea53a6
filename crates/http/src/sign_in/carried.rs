//! Sign-ins on their way to an IdP: what must be known when the answer comes travels with the browser, sealed, and comes back as
//! RelayState or `state` (SSO-7).
//!
//! Anybody can begin a sign-in. Kept here, each would be a row for a quarter of an hour, as many as a stranger likes; so nothing is
//! kept before an answer was accepted, which is then marked as used in the database. Any node opens what any node has sealed.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use muster_crypto::Place;
use muster_engine::sign_in::Ends;
use muster_model::{ConnectionId, SessionId, Timestamp, TokenId};
use uuid::Uuid;

use super::{
    pending::{self, Begun},
    provider::head,
};
use crate::{App, HttpError};

/// How long a person may take at the IdP.
pub(crate) const LIFE: Duration = Duration::from_secs(900);

/// The request demanded that the person be authenticated anew.
const FORCED: u8 = 1;
/// Nothing is to be kept (SSO-12).
const TEST: u8 = 2;
/// Flags, the time in five bytes, a session or a set-up link.
const COMMON: usize = 1 + 5 + 16;

/// A sign-in on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carried {
    /// Through which connection.
    pub(crate) connection: ConnectionId,
    /// The session that the browser had when it began: it ends when this succeeds (SEC-4).
    pub(crate) session: Option<SessionId>,
    /// When the browser was sent away, in seconds since 1970.
    pub(crate) began: i64,
    /// Whether the request demanded that the person be authenticated anew.
    pub(crate) forced: bool,
    /// Who tries the connection, if somebody does: then nothing is to be kept of it (SSO-12).
    pub(crate) trial: Option<Trial>,
    /// By protocol.
    pub(crate) protocol: Protocol,
}

/// Who tries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Whoever follows a link that an owner made.
    Owners,
    /// Whoever sets it up by this link (SEC-2).
    SetUp(TokenId),
}

/// By which protocol a sign-in is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// SAML 2.0. The connection is in the address of the answer.
    Saml,
    /// OpenID Connect.
    Oidc {
        /// Of which nonce and PKCE's verifier are made.
        secret: [u8; 32],
    },
}

/// What came back with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    /// A sign-in that this browser has begun, in time.
    Here(Carried, Ends),
    /// One through this connection that another browser has begun, or whose time is over.
    Elsewhere(ConnectionId),
}

/// Begins a sign-in in the browser that sends these headers.
pub(crate) fn begin(app: &App, headers: &HeaderMap, carried: &Carried) -> Result<Begun, HttpError> {
    let (browser, cookie) = pending::bind(app, headers, carried.connection)?;
    let mut content = vec![if carried.forced { FORCED } else { 0 } | if carried.trial.is_some() { TEST } else { 0 }];
    content.extend_from_slice(&carried.began.to_be_bytes()[3..]);
    // Who tries a connection replaces no session: the link's id is in its place.
    let named = match carried.trial {
        Some(Trial::SetUp(token)) => token.0,
        Some(Trial::Owners) => Uuid::nil(),
        None => carried.session.map_or(Uuid::nil(), |session| session.0),
    };
    content.extend_from_slice(named.as_bytes());
    let place = match carried.protocol {
        // RelayState has 80 bytes at most (saml-bindings-2.0 §3.4.3), so what is known by then is not in it.
        Protocol::Saml => saml_place(carried.connection, &browser),
        Protocol::Oidc { secret } => {
            content.extend_from_slice(carried.connection.0.as_bytes());
            content.extend_from_slice(&browser);
            content.extend_from_slice(&secret);
            OIDC
        }
    };
    let sealed = app.sealer().seal(&place, &content).map_err(HttpError::sealing)?;
    Ok(Begun { key: URL_SAFE_NO_PAD.encode(sealed), cookie })
}

/// The sign-in that an answer to a SAML connection brings back, if this browser has begun it.
pub(crate) fn saml(app: &App, headers: &HeaderMap, connection: ConnectionId, text: &str) -> Option<(Carried, Ends)> {
    let browser = pending::browser(app, headers)?;
    let content = opened(app, &saml_place(connection, &browser), text)?;
    let carried = common(&content, COMMON, connection, Protocol::Saml)?;
    in_time(app, &carried).then(|| (carried, ends(&carried, text)))
}

/// The sign-in that a callback's `state` brings back; `None` for what we never sent.
pub(crate) fn oidc(app: &App, headers: &HeaderMap, text: &str) -> Option<Returned> {
    let content = opened(app, &OIDC, text)?;
    let rest = content.get(COMMON..)?;
    let (connection, rest) = rest.split_first_chunk::<16>()?;
    let (browser, rest) = rest.split_first_chunk::<32>()?;
    let connection = ConnectionId(Uuid::from_bytes(*connection));
    let protocol = Protocol::Oidc { secret: rest.try_into().ok()? };
    let carried = common(&content, content.len(), connection, protocol)?;
    // Hashes of secrets may be compared as they are: who knows one knows nothing of the secret.
    if pending::browser(app, headers) == Some(*browser) && in_time(app, &carried) {
        return Some(Returned::Here(carried, ends(&carried, text)));
    }
    Some(Returned::Elsewhere(connection))
}

/// The ID of the request that travels with this state: nobody guesses it, and XML takes it as an ID.
pub(crate) fn request_id(state: &str) -> String {
    format!("_{}", head(&muster_crypto::sha256(format!("request {state}").as_bytes())).simple())
}

fn common(content: &[u8], length: usize, connection: ConnectionId, protocol: Protocol) -> Option<Carried> {
    let (flags, rest) = content.split_first().filter(|_| content.len() == length)?;
    let (began, rest) = rest.split_first_chunk::<5>()?;
    let named = Uuid::from_bytes(*rest.first_chunk::<16>()?);
    let is_named = !named.is_nil();
    let (session, trial) = match flags & TEST {
        0 => (is_named.then_some(SessionId(named)), None),
        _ if is_named => (None, Some(Trial::SetUp(TokenId(named)))),
        _ => (None, Some(Trial::Owners)),
    };
    let [a, b, c, d, e] = *began;
    Some(Carried {
        connection,
        session,
        began: i64::from_be_bytes([0, 0, 0, a, b, c, d, e]),
        forced: flags & FORCED != 0,
        trial,
        protocol,
    })
}

fn opened(app: &App, place: &Place, text: &str) -> Option<Vec<u8>> {
    app.sealer().open(place, &URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// What an answer to it uses up.
fn ends(carried: &Carried, text: &str) -> Ends {
    Ends::Carried(muster_crypto::sha256(format!("state {text}").as_bytes()), until(carried))
}

fn until(carried: &Carried) -> Timestamp {
    Timestamp(carried.began.saturating_mul(1_000_000)).after(LIFE)
}

fn in_time(app: &App, carried: &Carried) -> bool {
    app.surroundings().now() < until(carried)
}

/// Where the state of an OpenID Connect sign-in is sealed; connection and browser are in it.
const OIDC: Place = Place { table: "carried", column: "oidc", row: Uuid::nil() };

/// Where the state of a SAML sign-in is sealed: it opens only for its connection and in its browser.
fn saml_place(connection: ConnectionId, browser: &[u8; 32]) -> Place {
    let bound = [browser.as_slice(), connection.0.as_bytes()].concat();
    Place { table: "carried", column: "saml", row: head(&muster_crypto::sha256(&bound)) }
}
