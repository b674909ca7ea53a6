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
mod session;
mod team;
mod token;
mod webhook;

use crate::admin::{AdminError, Answer, Request, UserRequest};

pub(crate) use access::{Access, AccessError, ServerFlags};
pub(crate) use client::Client;
pub(crate) use error::ServerError;

/// Accounts are the operator's; an owner sees members (TEN-3).
const PEOPLE: &str = "over a server you see the people of your organizations: use `muster org members NAME` and `muster explain WHO`; \
                      or run it as the operator, where the database is, without `--server`";

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
        Request::Session(request) => session::run(client, request).map(Answer::Sessions),
        Request::Webhook(request) => webhook::run(client, request).map(Answer::Webhooks),
        Request::Explain { who, organization } => explain(client, &who, organization.as_deref()),
        Request::User(UserRequest::List { .. } | UserRequest::Show { .. } | UserRequest::Find { .. }) => {
            Err(AdminError::Wrong(PEOPLE.to_owned()))
        }
        Request::Examine | Request::BackUp(_) | Request::Stream(_) | Request::User(_) => {
            Err(only_there("this command"))
        }
    }
}

/// Why somebody is where they are, as the owners of an organization see it.
fn explain(client: &Client, who: &str, organization: Option<&str>) -> Result<Answer, AdminError> {
    let found = people::find_only(client, who, organization)?;
    let path = ["orgs", &found.organization, "members", &found.username, "explain"];
    Ok(Answer::Explained(Box::new(client.get(&path, &[])?)))
}

/// A refusal of what is done where the database is.
fn only_there(what: &str) -> AdminError {
    AdminError::Wrong(format!(
        "{what} is not done over a server: run it as the operator, where the database is, without `--server`"
    ))
}
