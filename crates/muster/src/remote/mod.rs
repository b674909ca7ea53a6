//! Administration over a server: the same requests as in `admin`, done through its management API as whoever holds a token.
//!
//! Each noun turns its requests into calls under `/v2`, and their answers into what `admin` answers, so that the command line
//! shows the same wherever it is done. What has no meaning over a server is refused with what to do instead.

mod access;
mod activity;
mod client;
mod connection;
mod declaration;
mod domain;
mod error;
mod invitation;
mod migration;
mod organization;
mod people;
mod requests;
mod team;
mod token;

use crate::admin::{AdminError, Answer, Request};

pub(crate) use access::{Access, AccessError, ServerFlags};
pub(crate) use client::Client;
pub(crate) use error::ServerError;

/// Does what is asked, over a server.
pub(crate) fn run(client: &Client, request: Request) -> Result<Answer, AdminError> {
    match request {
        Request::Organization(request) => organization::run(client, request),
        Request::Team { organization, request } => team::run(client, &organization, request).map(Answer::Teams),
        Request::AccessToken { holder, request } => token::run(client, &holder, request).map(Answer::AccessTokens),
        Request::Apply { declaration, prune, plan } => declaration::apply(client, &declaration, prune, plan),
        Request::Export => declaration::export(client),
        Request::Connection(request) => connection::run(client, request).map(Answer::Connections),
        Request::Token { connection, request } => connection::tokens(client, &connection, request).map(Answer::Tokens),
        Request::Conflicts { connection, after, limit } => {
            migration::conflicts(client, connection, after, limit).map(Answer::Conflicts)
        }
        Request::Plan(request) => migration::plan(client, request).map(Answer::Planned),
        Request::Adopt(request) => migration::adopt(client, request).map(Answer::Adopting),
        Request::Drift { connection, after, repair } => {
            migration::drift(client, &connection, after.as_deref(), repair).map(Answer::Drift)
        }
        Request::Held { connection, request } => migration::held(client, &connection, request).map(Answer::Held),
        Request::Requests(request) => requests::run(client, request),
        Request::Activity(request) => activity::run(client, request).map(Answer::Activity),
        Request::Domain(request) => domain::run(client, request),
        Request::Examine
        | Request::BackUp(_)
        | Request::Explain { .. }
        | Request::User(_)
        | Request::Stream(_)
        | Request::Session(_) => Err(only_there("this command")),
    }
}

/// A refusal of what is done where the database is.
fn only_there(what: &str) -> AdminError {
    AdminError::Wrong(format!(
        "{what} is not done over a server: run it as the operator, where the database is, without `--server`"
    ))
}
