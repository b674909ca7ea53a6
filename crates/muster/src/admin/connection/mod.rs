//! Connections from the shell: how they are, trying them, their keys (SSO-8, SSO-9, SSO-12, JIT-8).

mod affected;
mod health;
mod key;
mod view;

use muster_engine::{EngineError, sign_in};
use muster_http::Refreshed;
use muster_model::Connection;
use serde::{Deserialize, Serialize};

pub(crate) use affected::{AffectedView, ByEnforcement};
pub(super) use health::checks;
pub(crate) use key::KeyRequest;
pub(crate) use muster_administration::connections::ConnectionView;

use super::{AdminError, Answer, Installation, named, said};

/// What about connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionRequest {
    /// All of them.
    List,
    /// One.
    Show {
        /// Its name.
        connection: String,
    },
    /// Fetch the IdP's metadata now.
    Refresh {
        /// The connection's name.
        connection: String,
    },
    /// A link for a test sign-in.
    Test {
        /// The connection's name.
        connection: String,
    },
    /// Who would be affected by enforcement, and by switching JIT off.
    Affected {
        /// The connection's name.
        connection: String,
    },
    /// Who an address is that came with another subject (JIT-1).
    Relink {
        /// The connection's name.
        connection: String,
        /// An email or a username.
        who: String,
        /// Somebody else than the account that has the address.
        new_person: bool,
    },
    /// Our keys.
    Key {
        /// The connection's name.
        connection: String,
        /// What about them.
        request: KeyRequest,
    },
}

/// Connections, and what was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Connections {
    /// What was done just now, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<String>,
    /// Where a browser begins a test sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) test_url: Option<String>,
    /// Who would be affected.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) affected: Option<AffectedView>,
    /// The connections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) connections: Vec<ConnectionView>,
}

impl Connections {
    pub(crate) fn of(connections: Vec<ConnectionView>) -> Self {
        Self { done: None, test_url: None, affected: None, connections }
    }

    /// How fetching metadata went: `changed`, `same`, or `not-now`.
    pub(crate) fn refreshed(name: &str, result: &str, view: ConnectionView) -> Result<Self, AdminError> {
        let Some(metadata) = &view.metadata else {
            let why = format!("connection `{name}` fetches no metadata: state `metadata_url` of its `saml`");
            return Err(AdminError::Wrong(why));
        };
        if let Some(failure) = &metadata.failure {
            return Err(AdminError::Wrong(format!("it could not be fetched: {failure}")));
        }
        let done = match result {
            "changed" => "fetched: it says something new, which counts from now on",
            "same" => "fetched: it says what it said before",
            _ => "it was fetched a moment ago",
        };
        Ok(Self { done: Some(done.to_owned()), ..Self::of(vec![view]) })
    }
}

pub(super) fn run(installation: &Installation, request: ConnectionRequest) -> Result<Answer, AdminError> {
    let connections = match request {
        ConnectionRequest::List => Connections::of(view::all(installation)?),
        ConnectionRequest::Show { connection } => Connections::of(vec![view::one(installation, &connection)?]),
        ConnectionRequest::Refresh { connection } => refresh(installation, &connection)?,
        ConnectionRequest::Test { connection } => {
            let found = find(installation, &connection)?;
            if found.settings.sso.is_none() {
                return Err(EngineError::from(sign_in::nothing_to_try(&found)).into());
            }
            let id = found.id;
            let url = installation.with_app(async |app| app.test_sign_in_link(id))??;
            Connections { test_url: Some(url), ..Connections::of(Vec::new()) }
        }
        ConnectionRequest::Affected { connection } => {
            let found = find(installation, &connection)?;
            Connections { affected: Some(affected::affected(installation, found)?), ..Connections::of(Vec::new()) }
        }
        ConnectionRequest::Relink { connection, who, new_person } => {
            let done = relink(installation, &connection, &who, new_person)?;
            Connections { done: Some(done), ..Connections::of(vec![view::one(installation, &connection)?]) }
        }
        ConnectionRequest::Key { connection, request } => {
            let done = key::run(installation, &find(installation, &connection)?, request)?;
            Connections { done: Some(done), ..Connections::of(vec![view::one(installation, &connection)?]) }
        }
    };
    Ok(Answer::Connections(connections))
}

/// The connection of this name.
fn find(installation: &Installation, name: &str) -> Result<Connection, AdminError> {
    let wanted = name.to_owned();
    let found = installation.store.read_blocking::<_, EngineError, _>(move |conn| named::connection(conn, &wanted));
    found.map_err(|error| named::explained(installation, name, error))
}

/// Decides who an address is that came with another subject (JIT-1).
fn relink(installation: &Installation, name: &str, who: &str, is_new_person: bool) -> Result<String, AdminError> {
    let id = find(installation, name)?.id;
    let username = named::account(installation, who)?.username;
    let asked = username.clone();
    installation.change(move |tx, env| {
        let connection = tx.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
        let account = sign_in::linked(tx, &connection, &asked)?;
        if is_new_person {
            sign_in::new_person(tx, env, &connection, account)
        } else {
            sign_in::relink(tx, env, &connection, &account)
        }
    })?;
    Ok(said::relinked(&username, is_new_person))
}

fn refresh(installation: &Installation, name: &str) -> Result<Connections, AdminError> {
    let id = find(installation, name)?.id;
    let refreshed = installation.with_app(async |app| app.refresh_metadata(id).await)??;
    let view = view::one(installation, name)?;
    let result = match refreshed {
        Refreshed::Changed => "changed",
        Refreshed::Same => "same",
        Refreshed::NotNow => "not-now",
    };
    Connections::refreshed(name, result, view)
}
