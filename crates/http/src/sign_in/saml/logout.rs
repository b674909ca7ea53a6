//! Single Logout (saml-profiles-2.0 §4.4): the IdP ends what it began, and hears of what ended here.

use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use muster_engine::{Env, Origin, sessions};
use muster_model::{Actor, ConnectionId, Session, Source, connection::KeyPurpose};
use muster_saml::{
    MessageError, NameId, RedirectBinding,
    logout::{self, Ended, Expected, LogoutRequest, LogoutResponse, Message, Outcome, Received},
};

use super::{Addresses, request_id, unsigned};
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::Form,
    pages,
    sign_in::{
        Segment, SignInFailure, connection_id,
        journal::Attempt,
        own_keys,
        provider::{self, Provider},
    },
};

/// The largest form with a logout message.
const FORM_BYTES: usize = 768 * 1_024;

/// `GET /sso/saml/{connection}/slo`: a logout message in a redirect.
pub(in crate::sign_in) async fn logout_redirect(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    id: Segment,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let id = connection_id(id)?;
    let query = query.unwrap_or_default();
    let (provider, _) = provider::load(&app, id, None).await?;
    match read(&app, &provider, |signers, expected| logout::read_redirect(&query, signers, expected)) {
        Ok(received) => answer(&app, provider, received).await,
        Err(failure) => Err(refused(&app, arrival, id, "GET", failure).await),
    }
}

/// `POST /sso/saml/{connection}/slo`: a logout message in a form.
pub(in crate::sign_in) async fn logout_form(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let id = connection_id(id)?;
    let (provider, _) = provider::load(&app, id, None).await?;
    let form = Form::receive(&app, &headers, body, FORM_BYTES).await?;
    let value = form.get("SAMLRequest").or(form.get("SAMLResponse"));
    let relay_state = form.get("RelayState");
    let received = match value {
        Some(value) => {
            read(&app, &provider, |signers, expected| logout::read_form(value, relay_state, signers, expected))
        }
        None => Err(SignInFailure::Missing("SAMLRequest")),
    };
    match received {
        Ok(received) => answer(&app, provider, received).await,
        Err(failure) => Err(refused(&app, arrival, id, "POST", failure).await),
    }
}

fn read(
    app: &App,
    provider: &Provider,
    read: impl FnOnce(&muster_saml::Signers, Expected<'_>) -> Result<Received, MessageError>,
) -> Result<Received, SignInFailure> {
    let addresses = Addresses::of(app, provider.connection.id);
    let expected = Expected {
        issuer: &provider.saml()?.entity_id,
        logout_url: &addresses.logout,
        now: app.surroundings().now().seconds(),
    };
    Ok(read(provider.signers()?, expected)?)
}

/// A message that cannot be accepted is on the connection's error log (SSO-13).
async fn refused(
    app: &App,
    arrival: Arrival,
    id: ConnectionId,
    method: &'static str,
    failure: SignInFailure,
) -> HttpError {
    Attempt::new(arrival, id, "saml", method, format!("/sso/saml/{id}/slo")).logout().refuse(app, failure).await
}

/// Does what a message says.
async fn answer(app: &App, provider: std::sync::Arc<Provider>, received: Received) -> Result<Response, HttpError> {
    match received.message {
        // Ours is over since before it asked.
        Message::Heard { .. } => pages::see_other(&format!("{}/signin?ended", app.base_url())),
        Message::Ends(ended) => {
            end(app, &provider, &ended).await?;
            respond(app, provider, &ended, received.relay_state.as_deref()).await
        }
    }
}

async fn end(app: &App, provider: &Provider, ended: &Ended) -> Result<(), HttpError> {
    let connection = provider.connection.clone();
    let subject = muster_crypto::sha256(ended.name_id.value.as_bytes());
    let indexes = ended.session_indexes.clone();
    let surroundings = app.surroundings();
    let origin = Origin { source: Source::Sso, actor: Actor::System, connection: Some(connection.id), request: None };
    app.store()
        .write(move |tx| {
            let mut env = Env::new(std::sync::Arc::clone(&surroundings), origin);
            sessions::end_at_idp(tx, &mut env, &connection, &subject, &indexes)
        })
        .await?;
    Ok(())
}

async fn respond(
    app: &App,
    provider: std::sync::Arc<Provider>,
    ended: &Ended,
    relay_state: Option<&str>,
) -> Result<Response, HttpError> {
    let Some(destination) = provider.saml()?.slo_url.clone() else {
        return pages::see_other(&format!("{}/signin?ended", app.base_url()));
    };
    let provider = own_keys::with_keys(app, provider, &[KeyPurpose::Signing]).await?;
    let addresses = Addresses::of(app, provider.connection.id);
    let response = LogoutResponse {
        id: &request_id(app),
        issued: app.surroundings().now().seconds(),
        issuer: &addresses.entity_id,
        destination: &destination,
        in_response_to: &ended.id,
        outcome: Outcome::Ended,
    };
    let location =
        response.redirect(RedirectBinding { relay_state, signing_key: provider.signing(app.surroundings().now()) });
    pages::see_other(&location.ok_or_else(unsigned)?)
}

/// Where to send a browser whose session has ended here, so that it ends at the IdP as well; `None` if that knows of no
/// logout.
pub(in crate::sign_in) async fn at_idp(app: &App, session: &Session) -> Result<Option<String>, HttpError> {
    let (Some(id), Some(idp)) = (session.connection, &session.idp) else { return Ok(None) };
    let (provider, _) = provider::load(app, id, None).await?;
    let Some(destination) = provider.saml().ok().and_then(|saml| saml.slo_url.clone()) else { return Ok(None) };
    let provider = own_keys::with_keys(app, provider, &[KeyPurpose::Signing]).await?;
    let addresses = Addresses::of(app, id);
    let name_id = NameId {
        value: idp.subject.clone(),
        format: idp.format.clone(),
        name_qualifier: idp.name_qualifier.clone(),
        sp_name_qualifier: idp.sp_name_qualifier.clone(),
    };
    let request = LogoutRequest {
        id: &request_id(app),
        issued: app.surroundings().now().seconds(),
        issuer: &addresses.entity_id,
        destination: &destination,
        name_id: &name_id,
        session_index: idp.index.as_deref(),
    };
    Ok(request.redirect(RedirectBinding { relay_state: None, signing_key: provider.signing(app.surroundings().now()) }))
}
