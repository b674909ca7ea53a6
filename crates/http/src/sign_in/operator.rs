//! What an operator asks of sign-in, by a command or a page.

use muster_model::{ConnectionId, Timestamp, connection::KeyPurpose};

use super::{
    identity_provider::{self, Refreshed},
    own_keys, trial,
};
use crate::{App, HttpError};

impl App {
    /// Fetches the metadata of a connection's IdP now (SSO-8).
    ///
    /// # Errors
    ///
    /// The store's. That it cannot be fetched is no error: the connection keeps why.
    pub async fn refresh_metadata(&self, connection: ConnectionId) -> Result<Refreshed, HttpError> {
        identity_provider::refresh_or_wait(self, connection).await
    }

    /// Adds a key of ours to a connection, which is in our metadata at once; one for signing signs from `from` on, so that the
    /// IdP can learn it before (SSO-8). The SHA-256 of its certificate.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn add_own_key(
        &self,
        connection: ConnectionId,
        purpose: KeyPurpose,
        from: Timestamp,
    ) -> Result<[u8; 32], HttpError> {
        own_keys::add(self, connection, purpose, from).await
    }

    /// A link by which a connection can be tried, good for 15 minutes: what arrives is shown, and nothing is kept (SSO-12).
    ///
    /// # Errors
    ///
    /// When nothing can be sealed.
    pub fn test_sign_in_link(&self, connection: ConnectionId) -> Result<String, HttpError> {
        trial::link(self, connection)
    }
}
