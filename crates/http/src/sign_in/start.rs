//! `/signin`: the address first, which leads to a connection (SSO-3).

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use muster_engine::sign_in;
use muster_model::{Connection, ConnectionId, Email, SessionId, connection::SingleSignOn};
use serde::Deserialize;

use super::{
    carried::Trial,
    local, oidc,
    passkeys::{self, PasskeyButton},
    provider, saml,
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, Leave, Visitor, visitor},
    pages::{self, Frame, filters},
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'p> {
    frame: Frame,
    email: &'p str,
    mistake: Option<&'p str>,
    notice: Option<String>,
    passkey: Option<PasskeyButton<'p>>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct ChoosePage<'p> {
    frame: Frame,
    email: &'p str,
    choices: Vec<Choice>,
}

struct Choice {
    id: ConnectionId,
    name: String,
}

/// Whom whoever leads here expects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Hinted {
    hint: String,
}

/// `GET /signin`.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Query(Hinted { hint }): Query<Hinted>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let notice = match visitor(&app, &headers, arrival).await? {
        Visitor::SignedOut(why) => Some(format!("Your session has ended: {why}.")),
        Visitor::SignedIn(_) | Visitor::Stranger => None,
    };
    email_page(&app, StatusCode::OK, &hint, None, notice)
}

fn email_page(
    app: &App,
    status: StatusCode,
    email: &str,
    mistake: Option<&str>,
    notice: Option<String>,
) -> Result<Response, HttpError> {
    let passkey = PasskeyButton::to_sign_in(app);
    let page = SignInPage { frame: Frame::of(app), email, mistake, notice, passkey };
    Ok(passkeys::with_script(with_leave(app, pages::page(status, &page)?)))
}

/// The page again, for whoever came to nothing elsewhere.
pub(super) fn again(app: &App, status: StatusCode, mistake: &str) -> Result<Response, HttpError> {
    email_page(app, status, "", Some(mistake), None)
}

/// For a page with a form that is answered with a redirect to an IdP: browsers look at where a form ends, not only where it
/// is sent.
pub(crate) fn with_leave(app: &App, mut response: Response) -> Response {
    let forms = if app.base_url().starts_with("https://") { "https:" } else { "https: http:" };
    response.extensions_mut().get_or_insert_default::<Leave>().forms = forms.to_owned();
    response
}

/// `POST /signin`: on to the IdP. One connection goes straight there, of several the person chooses.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let typed = form.text("email").unwrap_or_default();
    let Ok(email) = Email::parse(typed) else {
        let mistake = "This is not an email address. Write it like name@company.com.";
        return email_page(&app, StatusCode::UNPROCESSABLE_ENTITY, typed, Some(mistake), None);
    };
    let address = email.clone();
    let connections = app.read(Lane::Snapshot, move |conn| sign_in::connections_for(conn, &address)).await?;
    let chosen = match form.text("connection") {
        Some(id) => connections.iter().find(|connection| connection.id.to_string() == id),
        None => connections.first().filter(|_| connections.len() == 1),
    };
    if let Some(connection) = chosen {
        let session = visitor(&app, &headers, arrival).await?.session().map(|session| session.id);
        let begin = Begin { login_hint: Some(email.as_str()), session, trial: None };
        return go(&app, &headers, arrival, connection.id, begin).await;
    }
    if connections.is_empty() {
        return local::ask(&app, &email);
    }
    let choice = |connection: Connection| Choice { id: connection.id, name: connection.name };
    let choices = connections.into_iter().map(choice).collect();
    let page = ChoosePage { frame: Frame::of(&app), email: email.as_str(), choices };
    Ok(with_leave(&app, pages::page(StatusCode::OK, &page)?))
}

/// How a sign-in begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begin<'b> {
    /// Whom we expect.
    pub(crate) login_hint: Option<&'b str>,
    /// The session that ends when this succeeds (SEC-4).
    pub(crate) session: Option<SessionId>,
    /// Who tries the connection, if somebody does (SSO-12).
    pub(crate) trial: Option<Trial>,
}

/// Sends the browser to a connection's IdP.
pub(crate) async fn go(
    app: &App,
    headers: &HeaderMap,
    arrival: Arrival,
    id: ConnectionId,
    begin: Begin<'_>,
) -> Result<Response, HttpError> {
    let (provider, _) = provider::load(app, id, None).await?;
    match &provider.connection.settings.sso {
        Some(SingleSignOn::Saml(_)) => saml::go(app, headers, provider, begin).await,
        Some(SingleSignOn::Oidc(_)) => oidc::go(app, headers, arrival, provider, begin).await,
        None => Err(super::SignInFailure::NotConfigured(provider.connection.name.clone()).into()),
    }
}
