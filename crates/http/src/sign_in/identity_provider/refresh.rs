//! Fetching metadata, in the background and when an answer is signed with a key that nobody knows.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use muster_administration::metadata::told;
use muster_engine::{
    Env, Origin,
    metadata::{self, Fetched, Why},
};
use muster_model::{ConnectionId, Timestamp};
use muster_saml::metadata as saml_metadata;

use crate::{
    App, HttpError,
    app::Lane,
    sign_in::provider::{self, Provider},
};

/// How long an answer waits for another request that fetches the metadata just then, in pieces of [`PIECE`].
const PIECES: usize = 40;
const PIECE: Duration = Duration::from_millis(250);

/// What came of fetching a connection's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// It says something new, which counts from now on.
    Changed,
    /// It says what it said before, or could not be used; the connection knows which.
    Same,
    /// There is none to fetch, or somebody else did so a moment ago.
    NotNow,
}

/// Fetches the metadata of one connection that is due; whether there was one.
pub(crate) async fn refresh_due(app: App) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    let Some(connection) = app.read(Lane::Point, move |conn| metadata::due(conn, now)).await? else { return Ok(false) };
    Ok(refresh(&app, connection, Why::Due).await? != Refreshed::NotNow)
}

/// Fetches a connection's metadata, and takes over what it says.
async fn refresh(app: &App, connection: ConnectionId, why: Why) -> Result<Refreshed, HttpError> {
    let surroundings = app.surroundings();
    let taken = app
        .store()
        .write(move |tx| {
            let env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
            metadata::take(tx, &env, connection, why)
        })
        .await?;
    let Some(url) = taken else { return Ok(Refreshed::NotNow) };
    let outcome = fetch(app, &url).await.map(|(_, fetched)| fetched);
    if let Err(reason) = &outcome {
        tracing::warn!(%connection, reason, "the metadata of an identity provider could not be fetched; this is tried again");
    }
    let surroundings = app.surroundings();
    let changed = app
        .store()
        .write(move |tx| {
            let mut env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
            muster_engine::transact(tx, &mut env, |tx, env| metadata::fetched(tx, env, connection, &url, &outcome))
        })
        .await?;
    Ok(if changed { Refreshed::Changed } else { Refreshed::Same })
}

/// The metadata at an address, if it can be used; if not, why, for the connection's administrator.
pub(crate) async fn metadata_at(app: &App, url: &str) -> Result<String, String> {
    fetch(app, url).await.map(|(text, _)| text)
}

/// Asks for the metadata, and reads it. The error is for the connection's administrator.
async fn fetch(app: &App, url: &str) -> Result<(String, Fetched), String> {
    let request = Request::get(url)
        .header(header::ACCEPT, "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1")
        .body(Bytes::new())
        .map_err(|error| format!("`{url}` is no address: {error}"))?;
    let answer = app.outbound().send(request).await.map_err(|error| error.to_string())?;
    if answer.status() != StatusCode::OK {
        return Err(format!("`{url}` answers {}", answer.status()));
    }
    let text = std::str::from_utf8(answer.body()).map_err(|_| format!("what `{url}` answers is not UTF-8"))?;
    let now = app.surroundings().now().seconds();
    let provider =
        saml_metadata::read(text, now).map_err(|error| format!("what `{url}` answers cannot be used: {error}"))?;
    let valid_until = provider.valid_until.map(|seconds| Timestamp(seconds.saturating_mul(1_000_000)));
    Ok((text.to_owned(), Fetched { told: told(provider), valid_until }))
}

/// The connection with what its IdP's metadata says now, if that is something else than `known` says: an answer is signed
/// with a key that nobody knows, and the IdP may have begun to use its next one (SSO-8: without a moment of refusal).
pub(crate) async fn newer(app: &App, known: &Provider) -> Result<Option<Arc<Provider>>, HttpError> {
    let id = known.connection.id;
    if known.saml().map_or(true, |saml| saml.metadata_url.is_none()) {
        return Ok(None);
    }
    refresh_or_wait(app, id).await?;
    let (present, _) = provider::load(app, id, None).await?;
    Ok((present.connection.settings.sso != known.connection.settings.sso).then_some(present))
}

/// Fetches a connection's metadata now, or waits while somebody else does.
pub(crate) async fn refresh_or_wait(app: &App, id: ConnectionId) -> Result<Refreshed, HttpError> {
    let refreshed = refresh(app, id, Why::Wanted).await?;
    if refreshed == Refreshed::NotNow {
        others_have_fetched(app, id).await?;
    }
    Ok(refreshed)
}

/// Waits while somebody else fetches it, perhaps on another node.
async fn others_have_fetched(app: &App, id: ConnectionId) -> Result<(), HttpError> {
    for _ in 0..PIECES {
        let now = app.surroundings().now();
        let row = app.read(Lane::Point, move |conn| Ok(conn.idp_metadata(id)?)).await?;
        if !row.is_some_and(|row| metadata::is_busy(&row, now)) {
            return Ok(());
        }
        tokio::time::sleep(PIECE).await;
    }
    Ok(())
}
