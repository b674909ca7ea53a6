//! Answers: pages with their policy, redirects, and what went wrong.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};

use super::pages::{Message, SCRIPT};
use crate::sso::{IdentityProvider, SsoError, random, state::Session};

/// The cookie of somebody who is signed in here.
const COOKIE: &str = "simulated_idp_session";

/// What a handler answers.
pub(super) type Reply = Result<Response<Body>, Failure>;

/// Why there is no answer.
pub(super) struct Failure(pub(super) SsoError);

impl<E: Into<SsoError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let (status, title) = match &self.0 {
            SsoError::Refused(_) => (StatusCode::BAD_REQUEST, "This cannot be answered"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here"),
        };
        let text = self.0.to_string();
        let page = Message { title, text: &text }.render();
        let answer = page.map(|page| html(status, page, &[], false));
        answer.unwrap_or_else(|_| (status, text).into_response())
    }
}

/// A page whose forms may go to these addresses besides our own.
pub(super) fn page(template: &impl Template, targets: &[&str]) -> Reply {
    Ok(html(StatusCode::OK, template.render().map_err(SsoError::Page)?, targets, false))
}

/// A page whose form sends itself.
pub(super) fn sending_page(template: &impl Template, target: &str) -> Reply {
    Ok(html(StatusCode::OK, template.render().map_err(SsoError::Page)?, &[target], true))
}

fn html(status: StatusCode, text: String, targets: &[&str], runs_script: bool) -> Response<Body> {
    let mut response = (status, text).into_response();
    let targets: String =
        targets.iter().filter_map(|target| origin(target)).map(|origin| format!(" {origin}")).collect();
    let script = if runs_script { format!(" script-src 'sha256-{}';", SCRIPT.hash()) } else { String::new() };
    let policy = format!(
        "default-src 'none'; style-src 'self';{script} form-action 'self'{targets}; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::REFERRER_POLICY, "strict-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        // The policy holds addresses that were registered; without one that is no header, forms go nowhere.
        let fallback = HeaderValue::from_static("default-src 'none'");
        headers.insert(name, HeaderValue::from_str(value).unwrap_or(fallback));
    }
    response
}

/// The origin of an address, for a policy.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    authority.bytes().all(is_plain).then(|| format!("{scheme}://{authority}"))
}

/// Sends the browser on with a GET.
pub(super) fn redirect(to: &str) -> Reply {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(to).map_err(|_| SsoError::Refused("the address is none".to_owned()))?;
    response.headers_mut().insert(header::LOCATION, to);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// With a cookie for the session.
pub(super) fn with_session(mut response: Response<Body>, session: &str) -> Response<Body> {
    if let Ok(cookie) = HeaderValue::from_str(&format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax")) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The name of the session that the browser has here.
pub(super) fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

/// The session of a person who signs in: the browser's, if it is the same person's, or a new one.
pub(super) fn begin_session(
    provider: &IdentityProvider,
    headers: &HeaderMap,
    profile: &crate::sso::Profile,
) -> Result<String, SsoError> {
    let since = provider.now();
    let mut state = provider.state();
    if let Some(name) = session(headers)
        && let Some(known) = state.sessions.get_mut(&name)
        && known.profile.subject == profile.subject
    {
        known.profile = profile.clone();
        known.since = since;
        return Ok(name);
    }
    let name = random::message_id()?;
    state.sessions.insert(
        name.clone(),
        Session { profile: profile.clone(), since, participants: Vec::new(), clients: Vec::new() },
    );
    Ok(name)
}

/// Parameters of a query or a form.
pub(super) fn parameters(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The answer where nothing is.
pub(super) async fn unknown() -> Reply {
    Err(Failure(SsoError::Refused("there is no such page: start from the application".to_owned())))
}
