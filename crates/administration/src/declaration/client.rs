//! `[[client]]`: a product that signs people in here (interfaces §3).

use std::collections::BTreeSet;

use muster_engine::declare;
use muster_model::{
    client::{ClientScope, ClientSettings, GrantType},
    session::ClientKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::merge;
use crate::Misstated;

/// `[[client]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedClient)]
pub struct Client {
    /// What people are shown; unique in the installation.
    pub name: String,
    /// The organization whose members alone it serves; everybody without, which takes the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// `web` or `desktop`: how long people stay signed in there (SES-1).
    #[serde(default = "web")]
    #[schema(value_type = String, example = "web")]
    pub kind: ClientKind,
    /// Whether it keeps no secret: a command line, a desktop program, a page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    /// Where people are sent back to; compared letter by letter, but for the port of `http://127.0.0.1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// Where people may be sent to once they signed out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it takes word of sessions that end (OpenID Connect Back-Channel Logout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// `authorization_code`, `refresh_token`, `urn:ietf:params:oauth:grant-type:device_code`; the first two without.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub grants: BTreeSet<GrantType>,
    /// `openid`, `profile`, `email`, `organizations`, `offline_access`; all of them without.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub scopes: BTreeSet<ClientScope>,
    /// Whether people are asked before it learns who they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub third_party: bool,
    /// Whether it must push its requests (RFC 9126).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_pushed_requests: bool,
}

fn web() -> ClientKind {
    ClientKind::Web
}

/// One product, in the engine's types.
#[must_use]
pub fn client_to_engine(stated: &Client) -> declare::Client {
    declare::Client {
        name: stated.name.trim().to_owned(),
        organization: stated.organization.as_ref().map(|name| name.trim().to_lowercase()),
        kind: stated.kind,
        settings: ClientSettings {
            confidential: !stated.public,
            redirect_uris: stated.redirect_uris.clone(),
            post_logout_redirect_uris: stated.post_logout_redirect_uris.clone(),
            backchannel_logout_uri: stated.backchannel_logout_uri.clone(),
            grants: stated.grants.clone(),
            scopes: stated.scopes.clone(),
            third_party: stated.third_party,
            require_pushed_requests: stated.require_pushed_requests,
        },
    }
}

/// One product as the engine exports it.
#[must_use]
pub fn client_from_engine(exported: declare::Client) -> Client {
    let settings = exported.settings;
    Client {
        name: exported.name,
        organization: exported.organization,
        kind: exported.kind,
        public: !settings.confidential,
        redirect_uris: settings.redirect_uris,
        post_logout_redirect_uris: settings.post_logout_redirect_uris,
        backchannel_logout_uri: settings.backchannel_logout_uri,
        grants: settings.grants,
        scopes: settings.scopes,
        third_party: settings.third_party,
        require_pushed_requests: settings.require_pushed_requests,
    }
}

/// A product with what a merge patch says of it (RFC 7396).
///
/// # Errors
///
/// What cannot be said so.
pub fn patched_client(present: &Client, patch: &Map<String, Value>) -> Result<Client, Misstated> {
    let wrong = |error: serde_json::Error| Misstated::new("body", error.to_string());
    let mut value = serde_json::to_value(present).map_err(wrong)?;
    merge::patched(&mut value, patch);
    serde_json::from_value(value).map_err(wrong)
}
