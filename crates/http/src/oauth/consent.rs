//! Whether the person lets a third party's product know who they are.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, body::Body, extract::State, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use muster_crypto::Place;
use muster_engine::openid::requests::{self, Denied};
use muster_model::{
    ClientId, Session, SessionId, Timestamp,
    client::{ClientScope, ClientScopes},
};
use muster_oidc::op::AuthorizationRequest;
use serde::{Deserialize, Serialize};

use super::{
    authorize::{Coming, denied, grant, known, refuse},
    token::by,
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, Leave, visitor},
    pages::{self, Frame, filters, texts},
    sign_in::with_leave,
};

/// How long a question can be answered.
const LIVES: std::time::Duration = std::time::Duration::from_mins(15);

/// What was asked, as the form carries it, sealed: the answer is to this question, of this person.
#[derive(Serialize, Deserialize)]
struct Question {
    client: ClientId,
    session: SessionId,
    request: AuthorizationRequest,
    pushed: Option<[u8; 32]>,
    destination: String,
    scopes: String,
    until: i64,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'p> {
    frame: Frame,
    name: &'p str,
    who: String,
    /// What it would know, in words.
    learns: Vec<String>,
    question: String,
}

fn place(session: SessionId) -> Place {
    Place { table: "consents", column: "question", row: session.0 }
}

/// Asks.
pub(super) async fn ask(
    app: &App,
    coming: &Coming,
    session: &Session,
    scopes: &ClientScopes,
) -> Result<Response, HttpError> {
    let question = Question {
        client: coming.client.id,
        session: session.id,
        request: coming.request.clone(),
        pushed: coming.pushed,
        destination: coming.destination.clone(),
        scopes: scopes.to_string(),
        until: app.surroundings().now().after(LIVES).0,
    };
    let text = serde_json::to_vec(&question)
        .map_err(|error| HttpError::Internal("a question cannot be written", Arc::new(error)))?;
    let sealed = app.sealer().seal(&place(session.id), &text).map_err(HttpError::sealing)?;
    let account = session.account;
    let account = app.read(Lane::Point, move |conn| Ok(conn.account(account)?)).await?;
    let who = account.map(|it| it.email.map_or(it.username, |email| email.to_string())).unwrap_or_default();
    let page = ConsentPage {
        frame: Frame::of(app),
        name: &coming.client.name,
        who,
        learns: scopes.iter().filter_map(learns).map(texts::text).collect(),
        question: URL_SAFE_NO_PAD.encode(sealed),
    };
    let mut response = with_leave(app, pages::page(StatusCode::OK, &page)?);
    // The answer leads to the application: a program's own address has a scheme of its own.
    if let Some((scheme, _)) = coming.destination.split_once(':')
        && let Some(leave) = response.extensions_mut().get_mut::<Leave>()
    {
        leave.forms.push_str(&format!(" {scheme}:"));
    }
    Ok(response)
}

/// What a client learns by a scope, in words.
pub(super) fn learns(scope: ClientScope) -> Option<&'static str> {
    match scope {
        ClientScope::Openid => None,
        ClientScope::Profile => Some("consent-app-profile"),
        ClientScope::Email => Some("consent-app-email"),
        ClientScope::Organizations => Some("consent-app-organizations"),
        ClientScope::OfflineAccess => Some("consent-app-offline"),
    }
}

/// `POST /oauth2/consent`.
pub(super) async fn answer(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session() else { return pages::see_other(&format!("{}/signin", app.base_url())) };
    let question = form.get("question").and_then(|text| opened(&app, session.id, text, arrival.at));
    let Some(question) = question else {
        return Err(HttpError::field(
            "question",
            "it is too late to answer: go back to the application and begin again",
        ));
    };
    let client = known(&app, &question.client.to_string()).await?;
    let Question { request, pushed, destination, .. } = question;
    let coming = Coming::answered(client, request, pushed, destination);
    if form.text("answer") != Some("yes") {
        return refuse(&app, &coming, &denied(&coming, Denied::Declined));
    }
    let scopes = ClientScopes::parse(&question.scopes).within(&coming.client.settings.scopes);
    let (client, person, agreed) = (coming.client.clone(), session.clone(), scopes.clone());
    app.change(by(arrival), move |tx, env| requests::agree(tx, env, &client, &person, &agreed)).await?;
    grant(&app, arrival, &coming, session, &scopes).await
}

fn opened(app: &App, session: SessionId, text: &str, now: Timestamp) -> Option<Question> {
    let bytes = app.sealer().open(&place(session), &URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let question: Question = serde_json::from_slice(&bytes).ok()?;
    (question.session == session && now.0 < question.until).then_some(question)
}
