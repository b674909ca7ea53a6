//! `/account/applications`: the products that somebody uses, and taking back what they may know.

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use muster_engine::openid::uses::{self, Use};
use muster_model::{ClientId, client::ClientScope};

use super::by;
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, visitor},
    pages::{self, Frame, filters, texts},
};

#[derive(Template)]
#[template(path = "applications.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
}

/// One product in one session.
struct Line {
    it: Use,
    /// What it may know, in words.
    learns: String,
}

/// `GET /account/applications`.
pub(in crate::sign_in) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session() else { return pages::see_other(&format!("{}/signin", app.base_url())) };
    let (account, now) = (session.account, arrival.at);
    let uses = app.read(Lane::Snapshot, move |conn| uses::of_account(conn, account, now)).await?;
    let line = |it: Use| Line { learns: learns(&it), it };
    let page = Page { frame: Frame::of(&app), lines: uses.into_iter().map(line).collect() };
    pages::page(StatusCode::OK, &page)
}

fn learns(it: &Use) -> String {
    let words = it.scopes.iter().filter_map(|scope| match scope {
        ClientScope::Openid | ClientScope::OfflineAccess => None,
        ClientScope::Profile => Some(texts::text("applications-name")),
        ClientScope::Email => Some(texts::text("applications-email")),
        ClientScope::Organizations => Some(texts::text("applications-organizations")),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `POST /account/applications/{client}/end`.
pub(in crate::sign_in) async fn end(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Path(client): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session() else { return pages::see_other(&format!("{}/signin", app.base_url())) };
    if let Ok(client) = client.parse::<ClientId>() {
        let account = session.account;
        app.change(by(session), move |tx, env| uses::take_back(tx, env, account, client)).await?;
    }
    pages::see_other(&format!("{}/account/applications", app.base_url()))
}
