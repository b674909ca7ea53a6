//! Erasing people (ACC-2): the account at once, the rest in slices.

use std::sync::Arc;

use muster_engine::{
    Env, Origin,
    erasure::{self, Erasure, Progress},
    transact,
};
use muster_model::{AccountId, Actor, ErasureId, Source};

use crate::{App, HttpError, ScimDocuments};

impl App {
    /// Ends an account, and takes the person out of all that is its own. What others' records say of the person follows:
    /// [`App::erase_slice`], which a server does by itself.
    ///
    /// # Errors
    ///
    /// Not found; refused for the last owner of an organization; what the store says.
    pub async fn erase(&self, account: AccountId, actor: Actor) -> Result<Erasure, HttpError> {
        let (surroundings, sealer) = (self.surroundings(), self.shared_sealer());
        let origin = Origin { source: Source::Manual, actor, connection: None, request: None };
        let run = move |tx: &mut muster_store::Tx<'_>| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            transact(tx, &mut env, |tx, env| erasure::begin(tx, env, &ScimDocuments, &sealer, account))
        };
        let begun = self.store().write(run).await?;
        // Addresses may be kept out where none was before.
        self.forget_connections();
        Ok(begun)
    }

    /// Takes the person out of some more of what others' records say. `alone`: no other process can be writing, so there is
    /// nothing to wait for.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub async fn erase_slice(&self, id: ErasureId, alone: bool) -> Result<Progress, HttpError> {
        let (surroundings, bodies) = (self.surroundings(), self.shared_bodies());
        let sealer = self.shared_sealer();
        let now = surroundings.now();
        let look = move |conn: &mut muster_store::Conn<'_>| erasure::look(conn, &sealer, &*bodies, id, now, alone);
        let Some(found) = self.store().scan(look).await? else { return Ok(Progress::Done) };
        let write = move |tx: &mut muster_store::Tx<'_>| {
            let mut env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
            erasure::slice(tx, &mut env, &found)
        };
        let progress = self.store().write(write).await?;
        match progress {
            Progress::Done => self.store().forget_deleted(),
            Progress::Unopened(_) => {
                tracing::warn!(erasure = %id, "what an erased person was called cannot be opened, so records of others may \
                    still tell it: its data key is missing; this is tried again in an hour, and other erasures go on");
            }
            Progress::More | Progress::Until(_) => {}
        }
        Ok(progress)
    }
}
