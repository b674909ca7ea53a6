//! Signing in and out, and a page for whoever is in.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    Notes,
    muster::{Failure, Organization},
    sessions::Session,
};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    /// Who is in.
    name: Option<String>,
    organizations: Vec<Organization>,
    /// Why nobody is, or not any more.
    failure: Option<String>,
}

impl HomePage {
    fn nobody(failure: Option<&Failure>) -> Self {
        Self { name: None, organizations: Vec::new(), failure: failure.map(ToString::to_string) }
    }

    fn answer(&self, status: StatusCode) -> Response {
        match self.render() {
            Ok(page) => (status, Html(page)).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unreachable(_) => StatusCode::BAD_GATEWAY,
            Self::Refused(_) | Self::Forged(_) => StatusCode::FORBIDDEN,
        };
        HomePage::nobody(Some(&self)).answer(status)
    }
}

/// `GET /`: what whoever is in may see. Once some minutes have passed, Muster is asked whether they still are.
pub(crate) async fn home(State(notes): State<Arc<Notes>>, headers: HeaderMap) -> Response {
    let Some(Session::SignedIn(person)) = notes.sessions.of(&headers) else {
        return HomePage::nobody(None).answer(StatusCode::OK);
    };
    let mut person = person.lock().await;
    if person.is_stale() {
        match notes.muster.look_up(&person).await {
            Ok(fresh) => *person = fresh,
            Err(failure) => {
                if let Failure::Refused(_) = failure {
                    notes.sessions.end(&headers);
                }
                // Nobody is believed to be in while nobody can be asked.
                return failure.into_response();
            }
        }
    }
    let (name, organizations) = (Some(person.name.clone()), person.organizations.clone());
    HomePage { name, organizations, failure: None }.answer(StatusCode::OK)
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    organization: Option<String>,
}

/// `GET /signin`: to Muster.
pub(crate) async fn sign_in(
    State(notes): State<Arc<Notes>>,
    headers: HeaderMap,
    Query(Wanted { organization }): Query<Wanted>,
) -> Result<Response, Failure> {
    let (url, begun) = notes.muster.begin(organization.as_deref()).await?;
    Ok(led(&notes, &headers, Session::Begun(Arc::new(begun)), url.as_str()))
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// `GET /callback`: back from Muster.
pub(crate) async fn callback(
    State(notes): State<Arc<Notes>>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Failure> {
    let Some(Session::Begun(begun)) = notes.sessions.end(&headers) else {
        return Err(Failure::Forged("you did not begin to sign in here, or long ago: sign in anew".to_owned()));
    };
    if let Some(error) = answer.error {
        return Err(Failure::Refused(answer.error_description.unwrap_or(error)));
    }
    let (code, state) = (answer.code.unwrap_or_default(), answer.state.unwrap_or_default());
    let person = notes.muster.finish(&begun, code, &state).await?;
    let home = notes.at("/");
    Ok(led(&notes, &headers, Session::SignedIn(Arc::new(Mutex::new(person))), &home))
}

/// `POST /signout`: out here, and then at Muster.
pub(crate) async fn sign_out(State(notes): State<Arc<Notes>>, headers: HeaderMap) -> Result<Response, Failure> {
    let home = notes.at("/");
    let Some(Session::SignedIn(person)) = notes.sessions.end(&headers) else {
        return Ok(Redirect::to(&home).into_response());
    };
    let url = notes.muster.sign_out(&*person.lock().await, home).await?;
    Ok(Redirect::to(url.as_str()).into_response())
}

/// Sends a browser on with another session.
fn led(notes: &Notes, headers: &HeaderMap, session: Session, to: &str) -> Response {
    let is_https = notes.settings.base_url.scheme() == "https";
    let cookie = notes.sessions.begin(headers, session, is_https);
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}
