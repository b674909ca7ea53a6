//! What a set-up link leads to, and beginning (SEC-2).

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin,
    setup::{self, Looked, SettingUp},
    transact,
};

use super::{desk::cookie, path_of};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::Form,
    pages::{self, Frame, filters},
};

#[derive(Template)]
#[template(path = "setup/start.html")]
struct Page {
    frame: Frame,
    looked: Looked,
    /// The link's own path, to which the form goes.
    here: String,
}

type Segment = Result<Path<String>, PathRejection>;

/// The link that a path holds; a text that we never gave out leads nowhere, as one that works no more.
fn link(segment: Segment) -> Result<TokenText, HttpError> {
    let text = segment.map(|Path(text)| text).unwrap_or_default();
    let found = TokenText::parse(&text).filter(|token| token.prefix() == TokenPrefix::SetUp);
    found.ok_or_else(|| EngineError::link_is_gone("this is no set-up link: copy it whole, as it was sent").into())
}

/// `GET /setup/{token}`.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    segment: Segment,
) -> Result<Response, HttpError> {
    let link = link(segment)?;
    let (hash, now): (TokenHash, _) = (link.hash(), arrival.at);
    let looked = app.read(Lane::Snapshot, move |conn| setup::look(conn, now, &hash)).await?;
    let frame = Frame::of(&app);
    let here = format!("{}/setup/{}", frame.base, link.expose());
    pages::page(StatusCode::OK, &Page { frame, looked, here })
}

/// `POST /setup/{token}`: begins, which the owners are told of.
pub(super) async fn begin(
    State(app): State<App>,
    segment: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let link = link(segment)?;
    Form::own(&app, &headers, body).await?;
    let (hash, surroundings, sealer) = (link.hash(), app.surroundings(), app.shared_sealer());
    let begun = app.store().write(move |tx| {
        let mut env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
        transact(tx, &mut env, |tx, env| setup::begin(tx, env, &sealer, &hash))
    });
    let begun: Result<SettingUp, EngineError> = begun.await;
    let setting = begun?;
    let now = app.surroundings().now();
    let location = path_of(&app, setting.draft.connection().id);
    let mut response = pages::see_other(&location)?;
    response.headers_mut().extend(cookie(&app, &setting, now)?.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
