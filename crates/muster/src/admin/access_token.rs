//! Personal and organization access tokens, from the shell (SEC-1).

use std::time::Duration;

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    authority::Limit,
    tokens::access::{self, Holder, Wanted},
};
use muster_model::{
    Token, TokenId,
    token::{Scope, Scopes},
};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, named};

/// Whose tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenHolder {
    /// Those of whoever asks.
    Own,
    /// A person's, by email, username or account id.
    User(String),
    /// An organization's, by name.
    Organization(String),
}

/// What about access tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccessTokenRequest {
    /// One more.
    Create {
        /// What people call it.
        label: String,
        /// What it may be used for.
        scopes: Vec<Scope>,
        /// How many days it works; for ever if none.
        days: Option<u32>,
    },
    /// Which there are.
    List,
    /// End one.
    Revoke {
        /// Its id.
        id: TokenId,
    },
}

/// Access tokens of one holder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessTokens {
    /// A username, an organization's name, or `you`.
    pub(crate) of: String,
    /// The one that was made, shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// All of them as they are now, oldest first.
    pub(crate) tokens: Vec<AccessTokenLine>,
}

/// One access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessTokenLine {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) scopes: Vec<String>,
    /// Whether it works, unless it has expired.
    pub(crate) active: bool,
    pub(crate) created: String,
    pub(crate) expires: Option<String>,
    pub(crate) last_used: Option<String>,
}

impl AccessTokenRequest {
    /// How long a token works that is asked for so many days.
    pub(crate) fn lives(days: u32) -> Duration {
        Duration::from_hours(u64::from(days) * 24)
    }
}

pub(super) fn run(
    installation: &Installation,
    holder: &TokenHolder,
    request: AccessTokenRequest,
) -> Result<AccessTokens, AdminError> {
    let (of, holder, prefix) = match holder {
        TokenHolder::Own => {
            let why =
                "the operator has no tokens of their own: name whose with `--user WHO`, or a server with `--server`";
            return Err(AdminError::Wrong(why.to_owned()));
        }
        TokenHolder::User(who) => {
            let account = named::account(installation, who)?;
            (account.username, Holder::Account(account.id), TokenPrefix::Personal)
        }
        TokenHolder::Organization(name) => {
            let organization = named::organization(installation, name)?;
            (organization.name, Holder::Organization(organization.id), TokenPrefix::Organization)
        }
    };
    let mut secret = None;
    match request {
        AccessTokenRequest::List => {}
        AccessTokenRequest::Create { label, scopes, days } => {
            let text = TokenText::generate(prefix)?;
            let (hash, scopes) = (text.hash(), scopes.into_iter().collect::<Scopes>());
            installation.change(move |tx, env| {
                let expires = days.map(|days| env.now().after(AccessTokenRequest::lives(days)));
                let wanted = Wanted { label: label.clone(), scopes: scopes.clone(), expires };
                access::create(tx, env, holder, &hash, &wanted, Limit { scopes: &Scopes::all(), until: None })
            })?;
            secret = Some(text.expose().to_owned());
        }
        AccessTokenRequest::Revoke { id } => {
            installation.change(move |tx, env| access::delete(tx, env, holder, id))?;
        }
    }
    let tokens = installation.store.snapshot_blocking(move |conn| access::list(conn, holder))?;
    Ok(AccessTokens { of, token: secret, tokens: tokens.iter().map(line).collect() })
}

fn line(token: &Token) -> AccessTokenLine {
    AccessTokenLine {
        id: token.id.to_string(),
        label: token.label.clone(),
        scopes: token.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        active: token.disabled.is_none(),
        created: token.created.to_string(),
        expires: token.expires.map(|at| at.to_string()),
        last_used: token.last_used.map(|at| at.to_string()),
    }
}
