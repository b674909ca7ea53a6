//! Who works by a set-up link, and on which connection (SEC-2).

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, request::Parts};
use muster_administration::declaration;
use muster_crypto::Place;
use muster_engine::{
    EngineError, Env, Origin,
    setup::{self, Draft, SettingUp},
    transact,
};
use muster_model::{Actor, Connection, ConnectionId, Source, Timestamp, TokenId};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::path_of;
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::Cookies,
    connecting::{Desk, step::Step},
    console::shell::{Entry, Shell},
    pages::texts,
};

/// How long somebody works before they open the link again.
const LIFE: Duration = Duration::from_hours(12);
const PLACE: Place = Place { table: "carried", column: "setup", row: Uuid::nil() };

/// What the cookie says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Carried {
    token: TokenId,
    connection: ConnectionId,
    until: Timestamp,
}

/// Somebody who works by a link.
#[derive(Clone)]
pub(crate) struct ByLink {
    app: App,
    arrival: Arrival,
    token: TokenId,
    connection: ConnectionId,
    /// The page that is asked for.
    here: String,
}

/// The cookie by which somebody goes on with what they have begun.
pub(super) fn cookie(app: &App, setting: &SettingUp, now: Timestamp) -> Result<Option<HeaderValue>, HttpError> {
    let carried =
        Carried { token: setting.token.id, connection: setting.draft.connection().id, until: now.after(LIFE) };
    let text = serde_json::to_vec(&carried)
        .map_err(|error| HttpError::Internal("a cookie cannot be written", Arc::new(error)))?;
    let sealed = app.sealer().seal(&PLACE, &text).map_err(HttpError::sealing)?;
    Ok(Cookies::new(app.base_url()).give_set_up(&URL_SAFE_NO_PAD.encode(sealed), LIFE.as_secs()))
}

fn carried(app: &App, headers: &HeaderMap, now: Timestamp) -> Option<Carried> {
    let sealed = URL_SAFE_NO_PAD.decode(Cookies::new(app.base_url()).set_up(headers)?).ok()?;
    let carried: Carried = serde_json::from_slice(&app.sealer().open(&PLACE, &sealed).ok()?).ok()?;
    (now < carried.until).then_some(carried)
}

/// Nobody works here by a link.
fn not_begun() -> HttpError {
    EngineError::link_is_gone("open your set-up link again: this browser has not begun with it, or too long ago").into()
}

impl FromRequestParts<App> for ByLink {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let arrival = parts.extensions.get::<Arrival>().copied().unwrap_or_else(|| Arrival::now(app));
        // A browser may have begun with another link since: what is posted from an old page must not reach that one's.
        let named = parts.uri.path().strip_prefix("/setup/connection/").and_then(|rest| rest.split('/').next());
        let found = carried(app, &parts.headers, arrival.at);
        match found.filter(|found| named.and_then(|id| id.parse().ok()) == Some(found.connection)) {
            Some(Carried { token, connection, .. }) => {
                Ok(Self { app: app.clone(), arrival, token, connection, here: parts.uri.path().to_owned() })
            }
            None => Err(not_begun().into_response()),
        }
    }
}

impl ByLink {
    fn shell(&self, setting: &SettingUp) -> Shell {
        let base = path_of(&self.app, self.connection);
        let entry = |icon, label, path: &str| Entry {
            href: format!("{base}{path}"),
            icon,
            label,
            is_here: self.here.ends_with(&format!("/{}{path}", self.connection)),
        };
        let mut menu = vec![entry("overview", texts::text("setup-overview"), "")];
        menu.extend(Step::ALL.map(|step| entry(step.icon(), step.title(), step.path())));
        Shell::of_stranger(&self.app, setting.draft.connection().name.clone(), menu)
    }

    /// Does something by the link.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &SettingUp) -> Result<T, HttpError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let (surroundings, token, connection) = (self.app.surroundings(), self.token, self.connection);
        let actor = Actor::Token(token.0);
        let origin = Origin { source: Source::Manual, actor, connection: None, request: Some(self.arrival.id) };
        let written = self.app.store().write(move |tx| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            transact(tx, &mut env, |tx, env| {
                let setting = setup::resume(tx, env.now(), token, connection)?;
                work(tx, env, &setting)
            })
        });
        let written = written.await;
        self.app.forget_connections();
        written
    }
}

impl Desk for ByLink {
    fn app(&self) -> &App {
        &self.app
    }

    fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    fn id(&self) -> ConnectionId {
        self.connection
    }

    fn path(&self) -> String {
        format!("/setup/connection/{}", self.connection)
    }

    fn link(&self) -> Option<TokenId> {
        Some(self.token)
    }

    async fn look<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Conn<'_>, &Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Shell, Connection, T), HttpError> {
        let (token, connection, now) = (self.token, self.connection, self.arrival.at);
        let read = self.app.read(Lane::Snapshot, move |conn| {
            let setting = setup::resume(conn, now, token, connection)?;
            let value = work(conn, setting.draft.connection())?;
            Ok((setting, value))
        });
        let (setting, value) = read.await?;
        let shell = self.shell(&setting);
        Ok((shell, setting.draft.connection().clone(), value))
    }

    async fn change<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Draft) -> Result<T, HttpError> + Send + 'static,
    ) -> Result<T, HttpError> {
        self.write(move |tx, env, setting| work(tx, env, &setting.draft)).await
    }

    async fn plan(&self, _wanted: declaration::Connection) -> Result<Response, HttpError> {
        // A link reaches drafts only: what became of this one is looked up again, and refused.
        Err(not_begun())
    }
}
