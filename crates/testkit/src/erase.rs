//! Erasing people, for tests that have no request log.

use muster_crypto::{DataKey, Sealer};
use muster_engine::{
    EngineError,
    erasure::{self, Erasure, Logged, Progress, Words},
};
use muster_model::{AccountId, Timestamp};
use muster_store::RequestRow;

use crate::{TestDocuments, World};

/// A request log that says nothing of anybody.
struct Silent;

impl Logged for Silent {
    fn request(&self, _: &RequestRow, _: &Words) -> Option<RequestRow> {
        None
    }

    fn reads(&self, _: &[u8], _: &Words, _: Timestamp) -> Option<Vec<u8>> {
        None
    }
}

impl World {
    /// Erases a person, and all that others' records say of the person; `after_slice` is called after each slice.
    ///
    /// # Errors
    ///
    /// The engine's; nothing is done then.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn erase(&self, account: AccountId, mut after_slice: impl FnMut()) -> Result<Erasure, EngineError> {
        let key = DataKey::generate(1).expect("randomness");
        let sealer = || Sealer::new(std::slice::from_ref(&key)).expect("a key");
        let seals = sealer();
        let begun = self.by_hand(move |tx, env| erasure::begin(tx, env, &TestDocuments, &seals, account))?;
        loop {
            after_slice();
            let (opens, id, now) = (sealer(), begun.id, muster_engine::Surroundings::now(&*self.clock));
            let found = self.store.scan_blocking(move |conn| erasure::look(conn, &opens, &Silent, id, now, true))?;
            let Some(found) = found else { return Ok(begun) };
            if self.by_hand(move |tx, env| erasure::slice(tx, env, &found))? == Progress::Done {
                after_slice();
                return Ok(begun);
            }
        }
    }
}
