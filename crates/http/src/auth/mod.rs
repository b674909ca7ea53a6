//! Who calls: bearer tokens of SCIM clients.
//!
//! A token is checked for its form, hashed, and looked up in a cache. What is cached of a caller may be used only while
//! it is known that nothing changed: while the last look at the store's version numbers is younger than [`FRESH`] and
//! the number is the one under which the caller was read. So a revoked token stops working within a second on every
//! node, also when the database cannot be asked (SES-4, SCIM-1).

mod cache;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, header};
use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{Env, connections};
use muster_model::{Connection, Timestamp, Token};
use muster_store::Tx;

pub(crate) use cache::Callers;

use crate::{App, HttpError, Unauthorized};

/// How long after a look at the version numbers what is cached may be used.
const FRESH: Duration = Duration::from_millis(750);
/// How exactly it is known when a token was last used.
const USE_NOTED: Duration = Duration::from_secs(3_600);

/// A caller who showed a valid token.
#[derive(Debug)]
pub(crate) struct Caller {
    /// What the token opens.
    pub(crate) connection: Arc<Connection>,
    /// The token.
    pub(crate) token: Token,
    hash: TokenHash,
    /// The version number under which both were read.
    version: i64,
    /// When its use was last noted, in microseconds.
    noted: AtomicI64,
}

impl Caller {
    fn new(connection: Connection, token: Token, hash: TokenHash, version: i64) -> Self {
        let noted = AtomicI64::new(token.last_used.map_or(i64::MIN, |at| at.0));
        Self { connection: Arc::new(connection), token, hash, version, noted }
    }

    /// Whether a write may still be decided on what was read of the caller: between then and now a body was received, and
    /// other writes were waited for (SEC-1). The same look tells `env` whether the mass-change guard holds any of the
    /// connection's requests (MIG-3).
    pub(crate) fn require_current(&self, tx: &mut Tx<'_>, env: &mut Env) -> Result<(), HttpError> {
        let now = env.now();
        let (version, barring) = tx.version_and_barring(connections::CACHED, self.connection.id, now)?;
        if !barring {
            env.nothing_bars();
        }
        if version == self.version {
            return Ok(());
        }
        match connections::by_scim_token(tx, self.hash.as_bytes(), now)? {
            None => Err(Unauthorized::Unknown.into()),
            // It was another connection that changed.
            Some((connection, _)) if connection == *self.connection => Ok(()),
            Some(_) => Err(HttpError::Outdated),
        }
    }

    /// Whether a use at `now` is worth noting; true once an hour.
    fn is_worth_noting(&self, now: Timestamp) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        Timestamp(noted).after(USE_NOTED) <= now
            && self.noted.compare_exchange(noted, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl App {
    /// The caller whose token the headers show.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap, now: Timestamp) -> Result<Arc<Caller>, HttpError> {
        let caller = match scim_token(headers) {
            Ok(hash) => self.callers().get(self.store(), hash, now).await?,
            Err(why) => Err(why),
        };
        match caller {
            Ok(caller) => {
                if caller.is_worth_noting(now) {
                    self.callers().note_use(caller.token.id, now);
                }
                Ok(caller)
            }
            Err(why) => {
                self.metrics().unauthorized(why);
                Err(why.into())
            }
        }
    }
}

/// The hash of the SCIM token in the `Authorization` header. The scheme's name has no case (RFC 9110 §11.1).
fn scim_token(headers: &HeaderMap) -> Result<TokenHash, Unauthorized> {
    let value = headers.get(header::AUTHORIZATION).ok_or(Unauthorized::Missing)?;
    let text = value.to_str().map_err(|_| Unauthorized::Malformed)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(Unauthorized::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Unauthorized::Missing);
    }
    let token = TokenText::parse(token.trim()).filter(|token| token.prefix() == TokenPrefix::Scim);
    Ok(token.ok_or(Unauthorized::Malformed)?.hash())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(value: &str) -> Result<TokenHash, Unauthorized> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        scim_token(&headers)
    }

    #[test]
    fn the_scheme_has_no_case_and_only_scim_tokens_open_scim() {
        let token = TokenText::generate(TokenPrefix::Scim).unwrap();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(read(&format!("{scheme} {}", token.expose())), Ok(token.hash()));
        }
        let personal = TokenText::generate(TokenPrefix::Personal).unwrap();
        for (value, why) in [
            (format!("Basic {}", token.expose()), Unauthorized::Missing),
            (token.expose().to_owned(), Unauthorized::Missing),
            (String::new(), Unauthorized::Missing),
            ("Bearer ".to_owned(), Unauthorized::Missing),
            ("Bearer secret".to_owned(), Unauthorized::Malformed),
            (format!("Bearer {}", personal.expose()), Unauthorized::Malformed),
        ] {
            assert_eq!(read(&value), Err(why), "{value}");
        }
        assert_eq!(scim_token(&HeaderMap::new()), Err(Unauthorized::Missing));
    }
}
