//! Secrets that a declaration needs, sealed for what is there only once it is applied.

use muster_administration::applying::{Applied, Unsealed};
use muster_engine::{Env, Origin, webhooks::settings};

use crate::{App, HttpError};

impl App {
    /// Keeps the secrets that a declaration states, and makes those of webhooks, which `applied` then shows.
    ///
    /// # Errors
    ///
    /// What has one by then is gone; the store's. What is not sealed can be sealed again: by the same declaration, or by a new secret.
    pub async fn seal(&self, unsealed: &Unsealed, applied: &mut Applied) -> Result<(), HttpError> {
        for (id, secret) in &unsealed.secrets {
            self.keep_client_secret(*id, secret).await?;
        }
        for (key, id) in &unsealed.webhooks {
            let (text, made) = super::new_secret(self, *id)?;
            let surroundings = self.surroundings();
            let begun = self.store().write(move |tx| {
                let env = Env::new(std::sync::Arc::clone(&surroundings), Origin::SYSTEM);
                settings::begin(tx, &env, &made)
            });
            if begun.await?
                && let Some(answer) = applied.webhooks.get_mut(key)
            {
                answer.secret = Some(text);
            }
        }
        Ok(())
    }
}
