//! `/sso/saml/{connection}/...`: SAML 2.0 as a service provider.
//!
//! What a message says is checked by [`muster_saml`]; here are the addresses, the browser, and the database.

mod answer;
mod logout;

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use muster_model::{
    ConnectionId,
    connection::{Binding, KeyPurpose},
};
use muster_saml::{AuthnRequest, RedirectBinding, metadata::ServiceProvider};
use serde::Deserialize;
use uuid::Uuid;

pub(super) use answer::{acs, confirm_page, confirmed};
pub(super) use logout::{at_idp, logout_form, logout_redirect};

use super::{
    Segment, SignInFailure,
    carried::{self, Carried, Protocol},
    connection_id, own_keys,
    provider::{self, Provider},
    start,
};
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::{Leave, visitor},
    pages::{self, Frame, filters},
};

/// Our addresses towards one connection's IdP. The metadata's is our entity ID.
struct Addresses {
    entity_id: String,
    acs: String,
    logout: String,
}

impl Addresses {
    fn of(app: &App, id: ConnectionId) -> Self {
        let base = format!("{}/sso/saml/{id}", app.base_url());
        Self { entity_id: format!("{base}/metadata"), acs: format!("{base}/acs"), logout: format!("{base}/slo") }
    }
}

/// `GET /sso/saml/{connection}/metadata`: what the IdP's administrator uploads there.
pub(super) async fn metadata(State(app): State<App>, id: Segment) -> Result<Response, HttpError> {
    let id = connection_id(id)?;
    let (provider, _) = provider::load(&app, id, None).await?;
    let saml = match provider.saml() {
        Ok(saml) => saml.clone(),
        // Before the IdP is known, its administrator needs ours all the same.
        Err(_) => Default::default(),
    };
    let mut purposes = vec![KeyPurpose::Signing];
    if saml.encryption {
        purposes.push(KeyPurpose::Encryption);
    }
    let provider = own_keys::with_keys(&app, provider, &purposes).await?;
    let addresses = Addresses::of(&app, id);
    let encryption = if saml.encryption { provider.certificates(KeyPurpose::Encryption) } else { Vec::new() };
    let xml = ServiceProvider {
        entity_id: &addresses.entity_id,
        acs_url: &addresses.acs,
        logout_url: Some(&addresses.logout),
        signing_certificates: &provider.certificates(KeyPurpose::Signing),
        encryption_certificates: &encryption,
        signs_requests: saml.sign_requests,
    }
    .to_xml();
    let content_type = HeaderValue::from_static("application/samlmetadata+xml");
    Ok(([(header::CONTENT_TYPE, content_type)], xml).into_response())
}

/// What may stand behind `/login`.
#[derive(Debug, Deserialize)]
pub(super) struct LoginQuery {
    login_hint: Option<String>,
}

/// `GET /sso/saml/{connection}/login`: straight to the IdP, for bookmarks and pilots (SSO-12).
pub(super) async fn login(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    id: Segment,
    Query(query): Query<LoginQuery>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let id = connection_id(id)?;
    let session = visitor(&app, &headers, arrival).await?.session().map(|session| session.id);
    let login_hint = query.login_hint.as_deref().filter(|hint| hint.len() <= 320);
    start::go(&app, &headers, arrival, id, start::Begin { login_hint, session, trial: None }).await
}

/// Sends the browser to the IdP with a request.
pub(super) async fn go(
    app: &App,
    headers: &HeaderMap,
    provider: Arc<Provider>,
    begin: start::Begin<'_>,
) -> Result<Response, HttpError> {
    let saml = provider.saml()?.clone();
    let provider =
        if saml.sign_requests { own_keys::with_keys(app, provider, &[KeyPurpose::Signing]).await? } else { provider };
    let now = app.surroundings().now().seconds();
    let start::Begin { login_hint, session, trial } = begin;
    let (connection, forced) = (provider.connection.id, saml.force_authn);
    let carried = Carried { connection, session, began: now, forced, trial, protocol: Protocol::Saml };
    let begun = carried::begin(app, headers, &carried)?;
    let request = carried::request_id(&begun.key);
    let addresses = Addresses::of(app, provider.connection.id);
    let destination = hinted(&saml.sso_url, login_hint);
    let request = AuthnRequest {
        id: &request,
        issued: now,
        issuer: &addresses.entity_id,
        destination: &saml.sso_url,
        acs_url: &addresses.acs,
        force_authn: saml.force_authn,
        name_id_format: saml.name_id_format.as_deref(),
        authn_contexts: &saml.authn_contexts,
        subject: login_hint.filter(|_| saml.subject_hint),
    };
    let signing_key = provider.signing(app.surroundings().now()).filter(|_| saml.sign_requests);
    let relay_state = Some(begun.key.as_str());
    let mut response = match saml.binding {
        Binding::Redirect => {
            let location = request.redirect(RedirectBinding { relay_state, signing_key }).ok_or_else(unsigned)?;
            pages::see_other(&hinted(&location, login_hint))?
        }
        Binding::Post => {
            let message = request.form_value(signing_key).ok_or_else(unsigned)?;
            leave(app, &destination, vec![("SAMLRequest", message), ("RelayState", begun.key.clone())])?
        }
    };
    response.headers_mut().extend(begun.cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// The address with the hint whom we expect: most IdPs read it there, and no form of theirs is confused by it.
fn hinted(url: &str, login_hint: Option<&str>) -> String {
    let Some(hint) = login_hint else { return url.to_owned() };
    let joint = if url.contains('?') { '&' } else { '?' };
    let hint: String = form_urlencoded::byte_serialize(hint.as_bytes()).collect();
    format!("{url}{joint}login_hint={hint}")
}

fn unsigned() -> HttpError {
    HttpError::Internal("a request cannot be signed", Arc::new(SignInFailure::Missing("signature")))
}

/// A name that nobody guesses, and that XML takes as an ID: 128 random bits.
fn request_id(app: &App) -> String {
    let mut random = [0; 16];
    app.surroundings().random(&mut random);
    format!("_{}", Uuid::from_bytes(random).simple())
}

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage<'p> {
    frame: Frame,
    host: &'p str,
    action: &'p str,
    fields: Vec<(&'static str, String)>,
    script: &'static str,
}

/// Sends the form on as soon as it is there; who runs no scripts presses the button.
const SEND: &str = "document.getElementById('leave').submit()";
/// Its hash, as CSP writes it.
const SEND_HASH: &str = "sha256-m8WMjPs0BOsQorY/NiQbI7hjOGvn0Dcpik4j4f2jPOI=";

/// A page whose form leads to the IdP.
fn leave(app: &App, action: &str, fields: Vec<(&'static str, String)>) -> Result<Response, HttpError> {
    let origin_end = action.find("://").map_or(0, |at| at + 3);
    let end = action[origin_end..].find(['/', '?', '#']).map_or(action.len(), |at| origin_end + at);
    let page = LeavePage { frame: Frame::of(app), host: &action[origin_end..end], action, fields, script: SEND };
    let mut response = pages::page(StatusCode::OK, &page)?;
    response.extensions_mut().insert(Leave {
        forms: action[..end].to_owned(),
        script: Some(SEND_HASH),
        ..Leave::default()
    });
    Ok(response)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn the_one_script_is_the_one_that_may_run() {
        assert_eq!(SEND_HASH, format!("sha256-{}", STANDARD.encode(muster_crypto::sha256(SEND.as_bytes()))));
    }

    #[test]
    fn the_hint_is_one_more_parameter() {
        assert_eq!(hinted("https://i/sso", None), "https://i/sso");
        assert_eq!(
            hinted("https://i/sso?a=1", Some("a+b@c.d&x=1")),
            "https://i/sso?a=1&login_hint=a%2Bb%40c.d%26x%3D1"
        );
    }
}
