//! Our secret at a provider: sealed beside the connection's settings.

use muster_crypto::{Place, Sealer, Secret};
use muster_engine::{EngineError, connections};
use muster_model::ConnectionId;
use muster_store::Tx;

use crate::{App, HttpError, app::Lane};

/// Where it is sealed.
fn place(id: ConnectionId) -> Place {
    Place { table: "connections", column: "secret", row: id.0 }
}

/// A sealed secret; `None` if it cannot be opened, which the log tells.
pub(in crate::sign_in) fn open(sealer: &Sealer, id: ConnectionId, sealed: &[u8]) -> Option<Secret> {
    let opened = sealer.open(&place(id), sealed);
    if let Err(error) = &opened {
        tracing::error!(%error, connection = %id, "the client secret of a connection cannot be opened");
    }
    String::from_utf8(opened.ok()?).ok().map(Secret::new)
}

/// Keeps the client secret of a connection, sealed, within the transaction that states it.
///
/// # Errors
///
/// There is no such connection; it cannot be sealed; the store's.
pub(crate) fn keep(tx: &mut Tx<'_>, sealer: &Sealer, id: ConnectionId, secret: &Secret) -> Result<(), HttpError> {
    let sealed = sealer.seal(&place(id), secret.expose().as_bytes()).map_err(HttpError::sealing)?;
    if !tx.set_connection_secret(id, &sealed)? {
        return Err(EngineError::not_found("connection", id).into());
    }
    Ok(connections::changed(tx)?)
}

impl App {
    /// Keeps the client secret of a connection, sealed; whether it was another one before.
    ///
    /// # Errors
    ///
    /// There is no such connection; the store's.
    pub async fn keep_client_secret(&self, id: ConnectionId, secret: &Secret) -> Result<bool, HttpError> {
        let before = self.read(Lane::Point, move |conn| Ok(conn.connection_secret(id)?)).await?;
        let before = before.and_then(|sealed| open(self.sealer(), id, &sealed));
        if before.as_ref() == Some(secret) {
            return Ok(false);
        }
        let sealed = self.sealer().seal(&place(id), secret.expose().as_bytes()).map_err(HttpError::sealing)?;
        let kept: Result<(), HttpError> = self
            .store()
            .write(move |tx| {
                if !tx.set_connection_secret(id, &sealed)? {
                    return Err(EngineError::not_found("connection", id).into());
                }
                Ok(connections::changed(tx)?)
            })
            .await;
        kept.map(|()| true)
    }
}
