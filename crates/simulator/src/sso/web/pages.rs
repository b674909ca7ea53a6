//! Templates, the style and the one script.

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::{http::header, response::IntoResponse};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::sso::Fault;

const STYLE: &str = include_str!("../../../templates/sso/style.css");

/// Sends the form of a page. The policy allows it by its hash.
pub(super) const SCRIPT: Script = Script("document.forms[0].submit()");

/// A script of our own.
pub(super) struct Script(&'static str);

impl Script {
    /// Its SHA-256 in Base64, as a policy names it.
    pub(super) fn hash(&self) -> String {
        STANDARD.encode(digest(&SHA256, self.0.as_bytes()))
    }
}

/// The style sheet.
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], STYLE)
}

/// What there is, for whoever sets an application up.
#[derive(Template)]
#[template(path = "sso/home.html")]
pub(super) struct Home<'p> {
    pub(super) entity_id: &'p str,
    pub(super) discovery_url: &'p str,
    pub(super) saml: &'p [String],
    pub(super) oidc: &'p [String],
    /// Whether applications can be fetched.
    pub(super) registers: bool,
    pub(super) signed_in: Option<&'p str>,
}

/// A person in the list.
pub(super) struct Pick<'p> {
    pub(super) subject: &'p str,
    pub(super) name: String,
    pub(super) email: &'p str,
    pub(super) groups: String,
    /// Whether the application expects this one.
    pub(super) is_expected: bool,
}

/// The list of people.
#[derive(Template)]
#[template(path = "sso/people.html")]
pub(super) struct People<'p> {
    pub(super) id: &'p str,
    pub(super) application: &'p str,
    pub(super) people: Vec<Pick<'p>>,
    /// An address that is expected and nobody's.
    pub(super) stranger: Option<&'p str>,
}

/// A person to be edited before they are sent.
#[derive(Template)]
#[template(path = "sso/edit.html")]
pub(super) struct Edit<'p> {
    pub(super) id: &'p str,
    pub(super) application: &'p str,
    pub(super) address: &'p str,
    pub(super) profile: &'p crate::sso::Profile,
    pub(super) groups: String,
    pub(super) is_saml: bool,
    pub(super) is_persistent: bool,
    pub(super) faults: Vec<Fault>,
}

/// The response on its way.
#[derive(Template)]
#[template(path = "sso/send.html")]
pub(super) struct Send<'p> {
    pub(super) acs_url: &'p str,
    pub(super) response: &'p str,
    pub(super) relay_state: Option<&'p str>,
    pub(super) fault: Option<Fault>,
    pub(super) script: &'static str,
}

impl<'p> Send<'p> {
    pub(super) fn new(acs_url: &'p str, response: &'p str, relay_state: Option<&'p str>, fault: Option<Fault>) -> Self {
        Self { acs_url, response, relay_state, fault, script: SCRIPT.0 }
    }
}

/// Something to tell.
#[derive(Template)]
#[template(path = "sso/message.html")]
pub(super) struct Message<'p> {
    pub(super) title: &'p str,
    pub(super) text: &'p str,
}
