//! `muster connection`, and a connection's SCIM tokens, over a server.

use http::Method;
use muster_administration::connections::ConnectionView;
use muster_model::TokenId;
use serde::Deserialize;
use serde_json::json;

use super::{client::Client, people};
use crate::admin::{
    AdminError, AffectedView, ByEnforcement, ConnectionRequest, Connections, KeyRequest, TokenLine, TokenRequest,
    Tokens, said,
};

#[derive(Debug, Deserialize)]
struct List {
    results: Vec<ConnectionView>,
}

#[derive(Debug, Deserialize)]
struct Trial {
    url: String,
}

#[derive(Debug, Deserialize)]
struct Refresh {
    result: String,
    connection: ConnectionView,
}

#[derive(Debug, Deserialize)]
struct Affected {
    accounts: usize,
    with_credentials: Vec<Person>,
    never_signed_in: Vec<Person>,
    denied_without_jit: Vec<Person>,
}

#[derive(Debug, Deserialize)]
struct Person {
    email: String,
}

#[derive(Debug, Deserialize)]
struct Scim {
    base_url: String,
    tokens: Vec<ScimToken>,
}

#[derive(Debug, Deserialize)]
struct ScimToken {
    id: String,
    label: String,
    is_active: bool,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    revoked: Option<String>,
    token: Option<String>,
}

/// Every connection of whoever calls, by name.
pub(super) fn all(client: &Client) -> Result<Vec<ConnectionView>, AdminError> {
    Ok(client.get::<List>(&["connections"], &[])?.results)
}

/// The connection of this name, if it is of whoever calls.
pub(super) fn named(client: &Client, name: &str) -> Result<ConnectionView, AdminError> {
    let found: List = client.get(&["connections"], &[("name", name)])?;
    if let Some(found) = found.results.into_iter().next() {
        return Ok(found);
    }
    let names: Vec<String> = all(client)?.into_iter().map(|one| one.name).collect();
    let hint = match crate::toml_text::nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "you own none: state one in a file and run `muster apply FILE`".to_owned(),
        None => format!("yours are {}", names.join(", ")),
    };
    Err(AdminError::Missing { kind: "connection", name: name.to_owned(), hint })
}

pub(super) fn run(client: &Client, request: ConnectionRequest) -> Result<Connections, AdminError> {
    Ok(match request {
        ConnectionRequest::List => Connections::of(all(client)?),
        ConnectionRequest::Show { connection } => Connections::of(vec![named(client, &connection)?]),
        ConnectionRequest::Refresh { connection } => {
            let id = named(client, &connection)?.id;
            let refreshed: Refresh = client.write(Method::POST, &["connections", &id, "refresh"], &json!(null))?;
            Connections::refreshed(&connection, &refreshed.result, refreshed.connection)?
        }
        ConnectionRequest::Test { connection } => {
            let id = named(client, &connection)?.id;
            let trial: Trial = client.write(Method::POST, &["connections", &id, "test"], &json!(null))?;
            Connections { test_url: Some(trial.url), ..Connections::of(Vec::new()) }
        }
        ConnectionRequest::Affected { connection } => {
            let id = named(client, &connection)?.id;
            let affected: Affected = client.get(&["connections", &id, "affected"], &[])?;
            Connections { affected: Some(view(connection, affected)), ..Connections::of(Vec::new()) }
        }
        ConnectionRequest::Relink { connection, who, new_person } => {
            let found = named(client, &connection)?;
            let username = people::find(client, &who, None)?.username;
            let decision = if new_person { "new-person" } else { "re-link" };
            let path = ["connections", &found.id, "people", &username];
            client.write_bytes(Method::POST, &path, &json!({"decision": decision}))?;
            let done = said::relinked(&username, new_person);
            Connections { done: Some(done), ..Connections::of(vec![found]) }
        }
        ConnectionRequest::Key { connection, request } => key(client, &connection, request)?,
    })
}

fn view(connection: String, affected: Affected) -> AffectedView {
    let addresses = |people: Vec<Person>| people.into_iter().map(|person| person.email).collect();
    AffectedView {
        connection,
        by_enforcement: ByEnforcement {
            accounts: affected.accounts,
            with_password: addresses(affected.with_credentials),
            never_tried: addresses(affected.never_signed_in),
        },
        without_jit: addresses(affected.denied_without_jit),
    }
}

fn key(client: &Client, name: &str, request: KeyRequest) -> Result<Connections, AdminError> {
    let before = named(client, name)?;
    let keys = ["connections", &before.id, "keys"];
    let done = match request {
        KeyRequest::Add { purpose, days } => {
            let body = json!({"purpose": purpose, "days": days});
            let after: ConnectionView = client.write(Method::POST, &keys, &body)?;
            let is_new = |fingerprint: &str| !before.keys.iter().any(|key| key.fingerprint == fingerprint);
            let added = after.keys.iter().find(|key| is_new(&key.fingerprint));
            KeyRequest::added(added.map_or("", |key| &key.fingerprint))
        }
        KeyRequest::Remove { fingerprint } => {
            let fingerprints = before.keys.iter().map(|key| key.fingerprint.clone());
            let found = KeyRequest::meant(name, &fingerprint, fingerprints)?;
            client.delete(&["connections", &before.id, "keys", &found], &[])?;
            KeyRequest::removed(&found)
        }
    };
    Ok(Connections { done: Some(done), ..Connections::of(vec![named(client, name)?]) })
}

/// A connection's SCIM tokens.
pub(super) fn tokens(client: &Client, name: &str, request: TokenRequest) -> Result<Tokens, AdminError> {
    let id = named(client, name)?.id;
    let scim = ["connections", &id, "scim"];
    let made = |last: &str, body: serde_json::Value| -> Result<Option<String>, AdminError> {
        let path = ["connections", &id, "scim", last];
        Ok(client.write::<ScimToken>(Method::POST, &path, &body)?.token)
    };
    let token = match request {
        TokenRequest::List => None,
        TokenRequest::Create { label, days } => made("tokens", json!({"label": label, "days": days}))?,
        TokenRequest::Rotate { overlap } => made("rotate", json!({"overlap_hours": overlap}))?,
        TokenRequest::Revoke { id: token } => {
            revoke(client, &id, token)?;
            None
        }
    };
    let scim: Scim = client.get(&scim, &[])?;
    let tokens = scim.tokens.into_iter().map(TokenLine::from).collect();
    Ok(Tokens { connection: name.to_owned(), base_url: scim.base_url, token, tokens })
}

fn revoke(client: &Client, connection: &str, token: TokenId) -> Result<(), AdminError> {
    Ok(client.delete(&["connections", connection, "scim", "tokens", &token.to_string()], &[])?)
}

impl From<ScimToken> for TokenLine {
    fn from(token: ScimToken) -> Self {
        Self {
            id: token.id,
            label: token.label,
            live: token.is_active,
            created: token.created_at,
            expires: token.expires_at,
            last_used: token.last_used_at,
            revoked: token.revoked,
        }
    }
}
