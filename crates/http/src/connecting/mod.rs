//! Connecting an identity provider, step by step: domains, provider, test sign-in, directory, groups.
//!
//! The same pages stand in two places: in the console, for owners, and behind a set-up link, for whoever has that (SEC-2). What
//! differs is who is let in, and on whose behalf things are done: a [`Desk`].
//!
//! - `step`: how far it is, as a list to tick off;
//! - `provider`, `attributes`: what is known of the identity provider, and under which names it states what;
//! - `domains`, `test`, `directory`, `groups`: the other steps;
//! - `guide`: how identity providers call what they must be told of us.

mod attributes;
pub(crate) mod directory;
pub(crate) mod domains;
pub(crate) mod groups;
pub(crate) mod guide;
pub(crate) mod provider;
pub(crate) mod step;
pub(crate) mod test;
mod upload;

use std::future::Future;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::declaration;
use muster_engine::{EngineError, Env, setup::Draft};
use muster_model::{Connection, ConnectionId, ConnectionState, TokenId};
use muster_store::{Conn, Tx};

use crate::{App, HttpError, arrival::Arrival, console::shell::Shell, pages};

/// Where a connection is set up, and by whom.
pub(crate) trait Desk: FromRequestParts<App, Rejection = Response> + Clone + Send + Sync + 'static {
    /// The application.
    fn app(&self) -> &App;

    /// The request.
    fn arrival(&self) -> &Arrival;

    /// Which connection.
    fn id(&self) -> ConnectionId;

    /// The path below which its pages are, below the base URL.
    fn path(&self) -> String;

    /// The link by which it is set up; `None` for owners.
    fn link(&self) -> Option<TokenId>;

    /// Reads what a page shows, with what is around it.
    fn look<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Conn<'_>, &Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> impl Future<Output = Result<(Shell, Connection, T), HttpError>> + Send;

    /// Changes a draft.
    fn change<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>, &mut Env, &Draft) -> Result<T, HttpError> + Send + 'static,
    ) -> impl Future<Output = Result<T, HttpError>> + Send;

    /// Plans a change of what is in use (MIG-2), and leads there.
    fn plan(&self, wanted: declaration::Connection) -> impl Future<Output = Result<Response, HttpError>> + Send;
}

/// Where a page is, as a browser asks for it.
pub(crate) fn here(desk: &impl Desk) -> String {
    format!("{}{}", pages::path_of(desk.app().base_url()), desk.path())
}

/// To one of the pages, which says what was done.
pub(crate) fn back(desk: &impl Desk, rest: &str, done: &str) -> Result<Response, HttpError> {
    let url = format!("{}{}{rest}", desk.app().base_url(), desk.path());
    pages::see_other(&crate::console::list::address(&url, &[("done", done)]))
}

/// Whether what is changed is decided at once, or planned first.
pub(crate) fn is_draft(connection: &Connection) -> bool {
    connection.state == ConnectionState::Draft
}

/// What was refused is told where it was asked for; what is not there, or failed, is a page of its own.
pub(crate) fn is_for_the_page(error: &HttpError) -> bool {
    let status = error.status();
    status.is_client_error() && !matches!(status, StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED)
}

/// The answer for what is not told on the page.
pub(crate) fn apart(error: HttpError) -> Response {
    error.into_response()
}
