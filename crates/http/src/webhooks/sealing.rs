//! Secrets that a declaration needs, sealed for what is there only once it is applied.

use muster_administration::applying::{Applied, Unsealed};
use muster_engine::{Origin, webhooks::settings};
use muster_model::WebhookId;

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
            let text = self.give_webhook_secret(*id, false).await?;
            if let Some(answer) = applied.webhooks.get_mut(key) {
                answer.secret = Some(text);
            }
        }
        Ok(())
    }

    /// Makes a webhook its first secret, or another one, as the operator; its text. Messages are signed with the former one, too, for
    /// another day, or not at all.
    ///
    /// # Errors
    ///
    /// There is no such webhook; no randomness; the store's.
    pub async fn give_webhook_secret(&self, id: WebhookId, at_once: bool) -> Result<String, HttpError> {
        let (text, made) = super::new_secret(self, id)?;
        self.change(Origin::OPERATOR, move |tx, env| {
            if settings::begin(tx, env, &made)? {
                return Ok(());
            }
            let webhook = settings::by_id(tx, id)?;
            settings::rotate(tx, env, &webhook, &made, at_once).map(drop)
        })
        .await?;
        Ok(text)
    }
}
