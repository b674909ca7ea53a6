//! The IdP's answer, and the one question that may follow it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use muster_engine::{
    Refusal,
    sign_in::{Accepted, Ends},
};
use muster_model::{
    AccountId, Rule, SessionId, Timestamp,
    session::IdpSession,
    sign_in::{Asserted, Subject, SubjectKind, read},
};
use muster_saml::{
    Login, MessageError,
    response::{self, Expected, SKEW},
};
use serde::Deserialize;
use serde_json::json;

use super::Addresses;
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, Secret, visitor},
    pages::{self, Frame, filters},
    sign_in::{
        Segment, SignInFailure,
        carried::{self, Carried, Trial},
        connection_id,
        finish::{Arrived, End, accept, finish},
        identity_provider,
        journal::Attempt,
        pending,
        provider::{self, Provider},
    },
};

/// The largest form that an IdP posts: a message of 256 KiB in Base64, encoded for a form.
const FORM_BYTES: usize = 768 * 1_024;

/// `POST /sso/saml/{connection}/acs`: an IdP's answer.
pub(in crate::sign_in) async fn acs(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let id = connection_id(id)?;
    let form = Form::receive(&app, &headers, body, FORM_BYTES).await?;
    let (provider, _) = provider::load(&app, id, None).await?;
    let waiting = form.get("RelayState").and_then(|state| {
        let (Carried { session, began, forced, trial, .. }, ends) = carried::saml(&app, &headers, id, state)?;
        let anew_since = forced.then_some(began);
        Some(Waiting { session, trial, request: carried::request_id(state), anew_since, ends })
    });
    let trial = waiting.as_ref().and_then(|waiting| waiting.trial);
    let attempt = Attempt::new(arrival, id, "saml", "POST", format!("/sso/saml/{id}/acs")).tried(trial);
    let (provider, checked) = checked(&app, provider, &form, waiting.as_ref(), arrival.at).await?;
    let login = match checked {
        Ok(login) => login,
        Err(failure) => {
            let message = form.get("SAMLResponse").and_then(muster_saml::redacted);
            let attempt = match message {
                Some(message) => attempt.received(json!({ "not_accepted": message })),
                None => attempt,
            };
            return Err(attempt.refuse(&app, failure).await);
        }
    };
    let attempt = attempt.received(received(&login));
    let arrived = match arrived(&provider, &login, waiting.is_some()) {
        Ok(arrived) => arrived,
        Err(failure) => return Err(attempt.refuse(&app, failure).await),
    };
    match waiting {
        Some(Waiting { session, trial, ends, .. }) => {
            let end = End { pending: Some(ends), replaces: session, trial };
            finish(&app, &headers, &provider, attempt, arrived, end).await
        }
        None => ask(&app, &headers, &provider, attempt, arrived).await,
    }
}

/// What this browser waits for.
#[derive(Clone)]
struct Waiting {
    session: Option<SessionId>,
    trial: Option<Trial>,
    request: String,
    anew_since: Option<i64>,
    ends: Ends,
}

/// From how many bytes on a message is checked beside the threads that serve everybody.
const LARGE: usize = 32 * 1_024;

/// The checks of the protocol. When the signature is of nobody known, the IdP may have begun to use its next key: then they
/// are made once more, by what its metadata says now (SSO-8). Strangers cannot cause that: an answer must be expected.
async fn checked(
    app: &App,
    provider: Arc<Provider>,
    form: &Form,
    waiting: Option<&Waiting>,
    now: Timestamp,
) -> Result<(Arc<Provider>, Result<Login, SignInFailure>), HttpError> {
    let Some(message) = form.get("SAMLResponse") else {
        return Ok((provider, Err(SignInFailure::Missing("SAMLResponse"))));
    };
    let checked = apart(app, &provider, message, waiting, now).await?;
    let is_expected = waiting.is_some() || provider.saml().is_ok_and(|saml| saml.idp_initiated);
    if !is_expected || !matches!(checked, Err(SignInFailure::Saml(MessageError::Signature(_)))) {
        return Ok((provider, checked));
    }
    match identity_provider::newer(app, &provider).await? {
        Some(newer) => {
            let checked = apart(app, &newer, message, waiting, now).await?;
            Ok((newer, checked))
        }
        None => Ok((provider, checked)),
    }
}

/// The checks of the protocol, where they keep nobody else waiting.
async fn apart(
    app: &App,
    provider: &Arc<Provider>,
    message: &str,
    waiting: Option<&Waiting>,
    now: Timestamp,
) -> Result<Result<Login, SignInFailure>, HttpError> {
    if message.len() < LARGE {
        return Ok(check(app, provider, message, waiting, now));
    }
    let (app, provider, message) = (app.clone(), Arc::clone(provider), message.to_owned());
    let waiting = waiting.cloned();
    let check = move || check(&app, &provider, &message, waiting.as_ref(), now);
    tokio::task::spawn_blocking(check).await.map_err(|_| HttpError::Panicked)
}

/// The checks of the protocol.
fn check(
    app: &App,
    provider: &Provider,
    message: &str,
    waiting: Option<&Waiting>,
    now: Timestamp,
) -> Result<Login, SignInFailure> {
    let saml = provider.saml()?;
    let addresses = Addresses::of(app, provider.connection.id);
    let expected = Expected {
        issuer: &saml.entity_id,
        audience: &addresses.entity_id,
        acs_url: &addresses.acs,
        request: waiting.map(|waiting| waiting.request.as_str()),
        authn_contexts: &saml.authn_contexts,
        now: now.seconds(),
    };
    let login = response::read(message, provider.signers()?, provider.decryption(), &expected)?;
    match waiting.and_then(|waiting| waiting.anew_since) {
        Some(since) if login.authn_instant.saturating_add(SKEW) < since => Err(SignInFailure::NotAuthenticatedAnew),
        _ => Ok(login),
    }
}

/// What arrived, for the connection's log.
fn received(login: &Login) -> serde_json::Value {
    let attributes: serde_json::Map<_, _> =
        login.attributes.iter().map(|attribute| (attribute.name.clone(), json!(attribute.values))).collect();
    json!({
        "name_id": { "value": login.name_id.value, "format": login.name_id.format },
        "attributes": attributes,
        "unread": login.unread,
        "session_index": login.session_index,
        "authn_context": login.authn_context,
        "signed": { "response": login.protection.response_signed, "assertion": login.protection.assertion_signed },
        "encrypted": login.protection.encrypted,
    })
}

/// What the answer says, free of protocol (SSO-4).
fn arrived(provider: &Provider, login: &Login, is_asked_for: bool) -> Result<Arrived, SignInFailure> {
    let attributes: Vec<_> =
        login.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.values.clone())).collect();
    let subject = login
        .name_id
        .is_persistent()
        .then(|| Subject { kind: SubjectKind::NameId, value: login.name_id.value.clone() });
    let saml = provider.saml()?;
    let asserted = Asserted {
        attributes: &attributes,
        name_id: Some(&login.name_id.value),
        subject: subject.as_ref(),
        overage: false,
        absent_groups_are_none: saml.absent_groups_are_none,
    };
    let said = read(&saml.attributes, asserted).map_err(SignInFailure::NotAnEmail)?;
    let signed = match (login.protection.response_signed, login.protection.assertion_signed) {
        (true, true) => "response and assertion are signed",
        (true, false) => "the response is signed",
        (false, _) => "the assertion is signed",
    };
    let how = if login.protection.encrypted { ", the assertion was encrypted" } else { "" };
    let begun = if is_asked_for { "it answers the request of this browser" } else { "the identity provider began" };
    Ok(Arrived {
        idp: IdpSession {
            subject: login.name_id.value.clone(),
            format: login.name_id.format.clone(),
            name_qualifier: login.name_id.name_qualifier.clone(),
            sp_name_qualifier: login.name_id.sp_name_qualifier.clone(),
            index: login.session_index.clone(),
            id_token: None,
        },
        not_after: login.session_not_on_or_after.map(|seconds| Timestamp(seconds.saturating_mul(1_000_000))),
        assertion: Some((
            muster_crypto::sha256(login.assertion_id.as_bytes()),
            Timestamp(login.usable_until.saturating_mul(1_000_000)),
        )),
        checks: vec![
            (Rule::Sso8, format!("{signed}{how}, with a certificate of the connection")),
            (Rule::Sso1, "issuer, audience, recipient and times agree".to_owned()),
            (Rule::Sso3, begun.to_owned()),
            (Rule::Sso4, format!("the address is `{}`", said.email)),
        ],
        said,
    })
}

/// SSO-3: the IdP began. Where that is allowed, the answer is kept until we know who is signed in here, which the IdP's form
/// does not tell.
async fn ask(
    app: &App,
    headers: &HeaderMap,
    provider: &Provider,
    attempt: Attempt,
    arrived: Arrived,
) -> Result<Response, HttpError> {
    let connection = &provider.connection;
    if !provider.saml()?.idp_initiated {
        return Err(attempt.refuse_by_rule(app, Refusal::IdpInitiated(connection.name.clone())).await);
    }
    accept(app, provider, &attempt, Accepted { pending: None, assertion: arrived.assertion }).await?;
    let arrived = Arrived { assertion: None, ..arrived };
    let begun = pending::keep(app, headers, connection.id, &arrived).await?;
    let place = format!("{}/signin/continue?connection={}&key={}", app.base_url(), connection.id, begun.key);
    let mut response = pages::see_other(&place)?;
    response.headers_mut().extend(begun.cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// What stands behind `/signin/continue`.
#[derive(Debug, Deserialize)]
pub(in crate::sign_in) struct Waits {
    connection: String,
    key: String,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'p> {
    frame: Frame,
    present: String,
    arriving: &'p str,
    connection: String,
    key: &'p str,
}

/// `GET /signin/continue`: goes on, or asks first when another account is signed in (SSO-3).
pub(in crate::sign_in) async fn confirm_page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Query(waits): Query<Waits>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (provider, arrived, key) = waiting(&app, &headers, &waits).await?;
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session() else {
        return complete(&app, &headers, arrival, &provider, arrived, key, None).await;
    };
    let account = session.account;
    let present = app.read(Lane::Point, move |conn| Ok(conn.account(account)?)).await?;
    let email = present.as_ref().and_then(|account| account.email.as_ref());
    if email.is_some_and(|email| email.key() == arrived.said.email.key()) {
        return complete(&app, &headers, arrival, &provider, arrived, key, Some(session.id)).await;
    }
    let page = ConfirmPage {
        frame: Frame::of(&app),
        present: present_name(email, account),
        arriving: arrived.said.email.as_str(),
        connection: provider.connection.id.to_string(),
        key: &waits.key,
    };
    pages::page(StatusCode::OK, &page)
}

fn present_name(email: Option<&muster_model::Email>, account: AccountId) -> String {
    email.map_or_else(|| account.to_string(), ToString::to_string)
}

/// `POST /signin/continue`: the person wants to.
pub(in crate::sign_in) async fn confirmed(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let field = |name| form.text(name).unwrap_or_default().to_owned();
    let waits = Waits { connection: field("connection"), key: field("key") };
    let (provider, arrived, key) = waiting(&app, &headers, &waits).await?;
    let session = visitor(&app, &headers, arrival).await?.session().map(|session| session.id);
    complete(&app, &headers, arrival, &provider, arrived, key, session).await
}

/// The answer that waits under a key, in this browser.
async fn waiting(
    app: &App,
    headers: &HeaderMap,
    waits: &Waits,
) -> Result<(Arc<Provider>, Arrived, [u8; 32]), HttpError> {
    let unknown = || HttpError::from(muster_engine::EngineError::from(Refusal::SignInNotFound));
    let key = Secret::read(&waits.key).ok_or_else(unknown)?.hash();
    let id = crate::sign_in::parse_id(&waits.connection).ok_or_else(unknown)?;
    let (provider, row) = provider::load(app, id, Some(key)).await?;
    let arrived = row.map(|row| pending::opened(app, headers, &row)).transpose()?.flatten();
    Ok((provider, arrived.ok_or_else(unknown)?, key))
}

async fn complete(
    app: &App,
    headers: &HeaderMap,
    arrival: Arrival,
    provider: &Provider,
    arrived: Arrived,
    key: [u8; 32],
    replaces: Option<SessionId>,
) -> Result<Response, HttpError> {
    let attempt = Attempt::new(arrival, provider.connection.id, "saml", "POST", "/signin/continue".to_owned());
    let end = End { pending: Some(Ends::Kept(key)), replaces, trial: None };
    finish(app, headers, provider, attempt, arrived, end).await
}
