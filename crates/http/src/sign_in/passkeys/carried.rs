//! What anybody is asked for who may have a passkey travels with the browser, sealed: kept here, each question would be a row for
//! some minutes, as many as a stranger likes. That it was answered is marked when a passkey has answered it.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use muster_crypto::{Place, sha256};
use muster_engine::credentials::ceremonies::LIVES;
use muster_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::relying_party::Asking;
use crate::{
    App, HttpError,
    sign_in::{local::step, provider::head},
};

/// A question on its way.
#[derive(Serialize, Deserialize)]
struct Sealed {
    asking: Asking,
    expires: Timestamp,
}

/// A question that came back in time, to the browser that was asked.
pub(super) struct Carried {
    /// The question.
    pub(super) asking: Asking,
    /// Until when it may be answered.
    pub(super) expires: Timestamp,
    /// What marks it as answered.
    pub(super) name: [u8; 32],
}

/// A question for the browser with the cookie of this hash.
pub(super) fn seal(app: &App, browser: &[u8; 32], asking: Asking) -> Result<String, HttpError> {
    let sealed = Sealed { asking, expires: app.surroundings().now().after(LIVES) };
    let text = serde_json::to_vec(&sealed)
        .map_err(|error| HttpError::Internal("a question cannot be written", Arc::new(error)))?;
    Ok(URL_SAFE_NO_PAD.encode(app.sealer().seal(&place(browser), &text).map_err(HttpError::sealing)?))
}

/// The question that this text is, in the browser that sends these headers.
pub(super) fn open(app: &App, headers: &HeaderMap, text: &str) -> Option<Carried> {
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let opened = app.sealer().open(&place(&step::browser(app, headers)?), &sealed).ok()?;
    let Sealed { asking, expires } = serde_json::from_slice(&opened).ok()?;
    let name = sha256(format!("passkey {text}").as_bytes());
    (app.surroundings().now() < expires).then_some(Carried { asking, expires, name })
}

/// Where it is sealed: it opens only in its browser.
fn place(browser: &[u8; 32]) -> Place {
    Place { table: "carried", column: "passkey", row: head(browser) }
}
