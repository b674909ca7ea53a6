//! How somebody who signs in first, by whichever way, finds back to the invitation: its link travels with the browser, sealed,
//! and the account page, where every sign-in ends, leads on to it. So nobody but us says where a sign-in leads to (SEC-4).

use axum::{Extension, body::Body, extract::State, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use muster_crypto::{Place, TokenPrefix, TokenText};
use muster_engine::{
    Origin,
    invitations::{Followed, Way},
    sessions,
};
use muster_model::{Actor, Source, session::Ended};
use uuid::Uuid;

use super::Visit;
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::{Cookies, Form},
    pages,
    sign_in::{Segment, start},
};

/// For how long a sign-in finds back, in seconds.
const LIFE: u64 = 1_800;
/// Where the link is sealed for.
const PLACE: Place = Place { table: "carried", column: "invitation", row: Uuid::nil() };

/// `POST /invitations/{token}/continue`: to where the person signs in.
pub(super) async fn sign_in(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    let (Some(token), Some(Followed::Open(shown)), None) = (&visit.token, &visit.followed, &visit.person) else {
        return pages::see_other(&visit.url(&app));
    };
    let mut response = match &shown.way {
        // Whoever has not shown that the address is theirs is not told it by a hint to their IdP either.
        Way::SingleSignOn(sso) if sso.connections.len() == 1 && sso.email.is_some() => {
            let begin = start::Begin {
                login_hint: sso.email.as_ref().map(muster_model::Email::as_str),
                session: None,
                is_test: false,
            };
            start::go(&app, &headers, arrival, sso.connections[0].id, begin).await?
        }
        _ => pages::see_other(&format!("{}/signin", app.base_url()))?,
    };
    let sealed = app.sealer().seal(&PLACE, token.expose().as_bytes()).map_err(HttpError::sealing)?;
    let cookie = Cookies::new(app.base_url()).set_way_back(&URL_SAFE_NO_PAD.encode(sealed), LIFE);
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
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

/// Where the browser that sends these headers goes on from its account: back to the invitation that it came from, once.
pub(in crate::sign_in) fn lead(app: &App, headers: &HeaderMap) -> Result<Option<Response>, HttpError> {
    let Some(token) = kept(app, headers) else { return Ok(None) };
    let response = pages::see_other(&format!("{}/invitations/{}", app.base_url(), token.expose()))?;
    forgotten(app, response).map(Some)
}

fn kept(app: &App, headers: &HeaderMap) -> Option<TokenText> {
    let sealed = URL_SAFE_NO_PAD.decode(Cookies::new(app.base_url()).way_back(headers)?).ok()?;
    let text = String::from_utf8(app.sealer().open(&PLACE, &sealed).ok()?).ok()?;
    TokenText::parse(&text).filter(|token| token.prefix() == TokenPrefix::Invitation)
}

/// A response after which the browser knows of no invitation to go back to.
pub(super) fn forgotten(app: &App, mut response: Response) -> Result<Response, HttpError> {
    let cookie = Cookies::new(app.base_url()).clear_way_back();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
