//! Signing in before an invitation is answered, or as somebody else.

use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, header};
use muster_engine::{
    Origin,
    invitations::{Followed, Way},
    sessions,
};
use muster_model::{Actor, Source, session::Ended};

use super::Visit;
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::{Cookies, Form},
    pages,
    sign_in::{Segment, start, way_back},
};

/// `POST /invitations/{token}/continue`: to where the person signs in.
pub(super) async fn first(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    let (Some(Followed::Open(shown)), None) = (&visit.followed, &visit.person) else {
        return pages::see_other(&visit.url(&app));
    };
    let response = match &shown.way {
        // Whoever has not shown that the address is theirs is not told it by a hint to their IdP either.
        Way::SingleSignOn(sso) if sso.connections.len() == 1 && sso.email.is_some() => {
            let begin = start::Begin {
                login_hint: sso.email.as_ref().map(muster_model::Email::as_str),
                session: None,
                trial: None,
            };
            start::go(&app, &headers, arrival, sso.connections[0].id, begin).await?
        }
        _ => pages::see_other(&format!("{}/signin", app.base_url()))?,
    };
    way_back::remember(&app, response, &visit.path)
}

/// `POST /invitations/{token}/switch`: ends the session here, and shows the invitation again.
pub(super) async fn switch(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    if let Some((session, account)) = &visit.person {
        let origin =
            Origin { source: Source::Manual, actor: Actor::Account(account.id.0), connection: None, request: None };
        let id = session.id;
        app.change(origin, move |tx, env| sessions::end(tx, env, id, Ended::SignedOut)).await?;
    }
    let mut response = pages::see_other(&visit.url(&app))?;
    response.headers_mut().extend(Cookies::new(app.base_url()).clear_session().map(|it| (header::SET_COOKIE, it)));
    Ok(response)
}
