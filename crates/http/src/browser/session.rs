//! Who visits: the session that a cookie opens, looked up with every request (SES-4).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use muster_crypto::NoRandomness;
use muster_engine::sessions::{self, Found};
use muster_model::Session;

use super::Cookies;
use crate::{App, HttpError, app::Lane, arrival::Arrival};

/// A secret of 256 bits that only a browser has; here it is known as its hash.
#[derive(Clone)]
pub(crate) struct Secret {
    text: String,
}

impl Secret {
    /// A new one.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        muster_crypto::random(&mut bytes)?;
        Ok(Self { text: URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// The secret that a browser shows; `None` for what we never gave.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let is_ours = text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok();
        is_ours.then(|| Self { text: text.to_owned() })
    }

    /// As the browser has it.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// As the database has it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        muster_crypto::sha256(self.text.as_bytes())
    }
}

/// Who visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Somebody signed in.
    SignedIn(Box<Session>),
    /// Somebody whose session is over, and why (SES-3).
    SignedOut(String),
    /// Nobody we know.
    Stranger,
}

impl Visitor {
    /// The live session.
    pub(crate) fn session(&self) -> Option<&Session> {
        match self {
            Self::SignedIn(session) => Some(session),
            Self::SignedOut(_) | Self::Stranger => None,
        }
    }
}

/// Who sends these headers. A use is noted once an hour.
pub(crate) async fn visitor(app: &App, headers: &HeaderMap, arrival: Arrival) -> Result<Visitor, HttpError> {
    let cookie = Cookies::new(app.base_url()).session(headers).and_then(Secret::read);
    let Some(hash) = cookie.map(|secret| secret.hash()) else { return Ok(Visitor::Stranger) };
    let now = arrival.at;
    match app.read(Lane::Point, move |conn| sessions::find(conn, &hash, now)).await? {
        None => Ok(Visitor::Stranger),
        Some(Found::Over(why)) => Ok(Visitor::SignedOut(why)),
        Some(Found::Live(session)) => {
            if sessions::is_use_worth_noting(&session, now) {
                let id = session.id;
                app.store().write(move |tx| tx.note_session_use(id, now)).await?;
            }
            Ok(Visitor::SignedIn(session))
        }
    }
}

/// What a person recognises a browser by.
pub(crate) fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "unknown device".to_owned(),
    }
}
