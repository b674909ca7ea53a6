//! Callers by the hash of their token, and how long they may be believed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use muster_crypto::TokenHash;
use muster_engine::{EngineError, connections};
use muster_model::{Timestamp, TokenId};
use muster_store::{Conn, Store, StoreError};

use super::{Caller, FRESH};
use crate::{HttpError, Unauthorized};

/// The most callers that are kept; beyond it all are forgotten and come back as they call.
const KEPT: usize = 10_000;

/// The cache. Only valid tokens enter it, so that strangers cannot fill it.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    known: Mutex<Known>,
    /// Whether the last look at the version numbers failed.
    blind: AtomicBool,
    used: Mutex<Vec<(TokenId, Timestamp)>>,
}

#[derive(Debug, Default)]
struct Known {
    by_hash: HashMap<[u8; 32], Entry>,
    /// When the last successful look at the version numbers began, and what it saw.
    seen: Option<(Instant, i64)>,
    /// Raised when this process changes something: looks that began before do not count.
    generation: u64,
}

#[derive(Debug)]
struct Entry {
    caller: Arc<Caller>,
    /// The version number under which it was read.
    version: i64,
}

impl Callers {
    /// The caller with this token, from the cache if that may be believed, else from the store.
    pub(super) async fn get(
        &self,
        store: &Store,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Result<Arc<Caller>, Unauthorized>, HttpError> {
        if let Some(caller) = self.cached(hash) {
            return Ok(if caller.token.is_live(now) { Ok(caller) } else { Err(Unauthorized::Unknown) });
        }
        let (version, found) = store
            .snapshot(move |conn| {
                let version = version(conn)?;
                Ok::<_, EngineError>((version, connections::by_scim_token(conn, hash.as_bytes(), now)?))
            })
            .await?;
        let Some((connection, token)) = found else { return Ok(Err(Unauthorized::Unknown)) };
        let caller = Arc::new(Caller::new(connection, token, hash, version));
        let mut known = self.lock();
        if known.by_hash.len() >= KEPT {
            known.by_hash.clear();
        }
        known.by_hash.insert(*hash.as_bytes(), Entry { caller: Arc::clone(&caller), version });
        Ok(Ok(caller))
    }

    fn cached(&self, hash: TokenHash) -> Option<Arc<Caller>> {
        let known = self.lock();
        let (at, version) = known.seen?;
        let entry = known.by_hash.get(hash.as_bytes())?;
        (entry.version == version && at.elapsed() < FRESH).then(|| Arc::clone(&entry.caller))
    }

    /// Looks at the version numbers. A look that fails changes nothing: what is cached grows old by itself.
    pub(crate) async fn poll(&self, store: &Store) {
        let began = Instant::now();
        let generation = self.lock().generation;
        let seen = match store.read(version).await {
            Ok(seen) => seen,
            Err(error) => {
                if !self.blind.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "changes made elsewhere cannot be noticed, so callers are not cached");
                }
                return;
            }
        };
        if self.blind.swap(false, Ordering::Relaxed) {
            tracing::info!("changes made elsewhere are noticed again");
        }
        let mut known = self.lock();
        if known.generation == generation {
            known.seen = Some((began, seen));
            known.by_hash.retain(|_, entry| entry.version == seen);
        }
    }

    /// Believes nothing that was read before now.
    pub(crate) fn forget(&self) {
        let mut known = self.lock();
        known.by_hash.clear();
        known.seen = None;
        known.generation += 1;
    }

    /// Remembers that a token was used.
    pub(super) fn note_use(&self, token: TokenId, at: Timestamp) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).push((token, at));
    }

    /// The uses that are not written yet.
    pub(crate) fn take_used(&self) -> Vec<(TokenId, Timestamp)> {
        std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number that changes with connections and tokens; 0 before anything changed.
pub(super) fn version(conn: &mut Conn<'_>) -> Result<i64, StoreError> {
    let versions = conn.versions()?;
    Ok(versions.into_iter().find_map(|(name, value)| (name == connections::CACHED).then_some(value)).unwrap_or(0))
}
