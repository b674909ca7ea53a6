//! Personal and organization access tokens over a server.

use http::Method;
use muster_engine::Surroundings as _;
use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use crate::{
    admin::{AccessTokenLine, AccessTokenRequest, AccessTokens, AdminError, TokenHolder},
    surroundings::System,
};

/// An access token, as the management API shows it.
#[derive(Debug, Deserialize)]
struct AccessToken {
    id: String,
    label: String,
    scopes: Vec<String>,
    is_active: bool,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct List {
    results: Vec<AccessToken>,
}

impl From<AccessToken> for AccessTokenLine {
    fn from(token: AccessToken) -> Self {
        Self {
            id: token.id,
            label: token.label,
            scopes: token.scopes,
            active: token.is_active,
            created: token.created_at,
            expires: token.expires_at,
            last_used: token.last_used_at,
        }
    }
}

pub(super) fn run(
    client: &Client,
    holder: &TokenHolder,
    request: AccessTokenRequest,
) -> Result<AccessTokens, AdminError> {
    let (of, path) = match holder {
        TokenHolder::Own => ("you".to_owned(), vec!["access-tokens"]),
        TokenHolder::Organization(name) => (name.clone(), vec!["orgs", name.as_str(), "access-tokens"]),
        TokenHolder::User(_) => {
            let why = "a person's tokens are their own: use `--personal` for those of whoever calls";
            return Err(AdminError::Wrong(why.to_owned()));
        }
    };
    let mut secret = None;
    match request {
        AccessTokenRequest::List => {}
        AccessTokenRequest::Create { label, scopes, days } => {
            let expires = days.map(|days| System::default().now().after(AccessTokenRequest::lives(days)).to_string());
            let body = json!({"label": label, "scopes": scopes, "expires_at": expires});
            secret = client.write::<AccessToken>(Method::POST, &path, &body)?.token;
        }
        AccessTokenRequest::Revoke { id } => {
            let id = id.to_string();
            let token: Vec<&str> = path.iter().copied().chain([id.as_str()]).collect();
            client.delete(&token, &[])?;
        }
    }
    let list: List = client.get(&path, &[])?;
    Ok(AccessTokens { of, token: secret, tokens: list.results.into_iter().map(AccessTokenLine::from).collect() })
}
