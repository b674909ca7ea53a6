//! Removing what somebody has besides a password, on the operator's word.

use muster_engine::{Origin, credentials::factors};
use muster_model::{AccountId, Factor};

use crate::{App, HttpError, sign_in::local::commit};

impl App {
    /// Removes everything that an account has besides a password, for somebody who has lost it; the person is told by mail.
    /// What was removed.
    ///
    /// # Errors
    ///
    /// Not found; the store's.
    pub async fn reset_factors(&self, account: AccountId) -> Result<Vec<Factor>, HttpError> {
        let sealer = self.shared_sealer();
        commit(self, Origin::OPERATOR, move |tx, env| factors::reset(tx, env, &sealer, account)).await
    }
}
