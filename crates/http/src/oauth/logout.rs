//! `/oauth2/logout`: signing out from a product (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A product that shows an ID token of this very session ends it; anybody else's word is asked for, so that no page signs people out.

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use muster_engine::sessions;
use muster_model::{ClientId, Session, session::Ended};
use muster_oidc::op::{OAuthError, OAuthErrorCode, Parameters, claims::IdToken, signed_out};

use super::{authorize::hinted, token::by};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Cookies, Form, visitor},
    pages::{self, Frame, filters},
    sign_in::with_leave,
};

/// The largest form of a product.
const BYTES: usize = 16 * 1_024;

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage<'p> {
    frame: Frame,
    /// Whether the person is asked, or has signed out.
    asks: bool,
    client: &'p str,
    address: &'p str,
    state: &'p str,
}

/// Where the browser goes then: an address of the client's own.
#[derive(Debug, Default)]
struct Onward {
    client: String,
    address: Option<String>,
    state: Option<String>,
}

impl Onward {
    /// What was asked for, if it is the client's own.
    async fn find(app: &App, parameters: &Parameters, hint: Option<&IdToken>) -> Result<Self, HttpError> {
        let named = parameters.get("client_id");
        if let (Some(named), Some(hint)) = (named, hint)
            && named != hint.aud
        {
            return Err(invalid("`client_id` is not the one that `id_token_hint` was made for"));
        }
        let client = named.map(str::to_owned).or_else(|| hint.map(|hint| hint.aud.clone()));
        let Some(address) = parameters.get("post_logout_redirect_uri") else {
            return Ok(Self { client: client.unwrap_or_default(), ..Self::default() });
        };
        let client = client.ok_or_else(|| invalid("say who asks: send `id_token_hint` or `client_id`"))?;
        let id: Option<ClientId> = client.parse().ok();
        let known = match id {
            Some(id) => app.read(Lane::Point, move |conn| Ok(conn.client(id)?)).await?,
            None => None,
        };
        let own = known.is_some_and(|known| known.settings.post_logout_redirect_uris.iter().any(|own| own == address));
        if !own {
            return Err(invalid("`post_logout_redirect_uri` is none that is registered for the application"));
        }
        let state = parameters.get("state").map(str::to_owned);
        Ok(Self { client, address: Some(address.to_owned()), state })
    }

    fn response(&self, app: &App) -> Result<Response, HttpError> {
        let address = self.address.as_deref().and_then(|address| signed_out(address, self.state.as_deref()));
        let mut response = match address {
            Some(address) => pages::see_other(&address)?,
            None => {
                let page = LogoutPage { frame: Frame::of(app), asks: false, client: "", address: "", state: "" };
                pages::page(StatusCode::OK, &page)?
            }
        };
        let cleared = Cookies::new(app.base_url()).clear_session();
        response.headers_mut().extend(cleared.map(|cookie| (header::SET_COOKIE, cookie)));
        Ok(response)
    }
}

fn invalid(text: &str) -> HttpError {
    OAuthError::new(OAuthErrorCode::InvalidRequest, text).into()
}

pub(super) async fn by_query(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    begin(&app, arrival, &headers, query.unwrap_or_default()).await
}

/// The same as a form. Browsers bring no session with a form of another site: it comes again as an address.
pub(super) async fn by_form(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, HttpError> {
    let form = Form::receive(&app, &headers, body, BYTES).await?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.fields()).finish();
    pages::see_other(&format!("{}/oauth2/logout?{query}", app.base_url()))
}

async fn begin(app: &App, arrival: Arrival, headers: &HeaderMap, query: String) -> Result<Response, HttpError> {
    let parameters = Parameters::read(query.as_bytes())?;
    let hint = match parameters.get("id_token_hint") {
        Some(hint) => Some(hinted(app, hint).await?),
        None => None,
    };
    let onward = Onward::find(app, &parameters, hint.as_ref()).await?;
    let visitor = visitor(app, headers, arrival).await?;
    let Some(session) = visitor.session() else { return onward.response(app) };
    if let Some(hint) = hint
        && is_of(app, &hint, session).await?
    {
        end(app, arrival, session).await?;
        return onward.response(app);
    }
    let page = LogoutPage {
        frame: Frame::of(app),
        asks: true,
        client: &onward.client,
        address: onward.address.as_deref().unwrap_or_default(),
        state: onward.state.as_deref().unwrap_or_default(),
    };
    Ok(with_leave(app, pages::page(StatusCode::OK, &page)?))
}

/// Whether an ID token is of a sign-in in this session.
async fn is_of(app: &App, hint: &IdToken, session: &Session) -> Result<bool, HttpError> {
    if hint.sub != session.account.to_string() {
        return Ok(false);
    }
    if hint.sid == session.id.to_string() {
        return Ok(true);
    }
    let (Ok(sid), account, id) = (hint.sid.parse(), session.account, session.id) else { return Ok(false) };
    app.read(Lane::Point, move |conn| muster_engine::openid::standing::is_known_as(conn, account, id, sid)).await
}

/// `POST /oauth2/logout/confirm`: the person says so.
pub(super) async fn confirm(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.fields()).finish();
    let onward = Onward::find(&app, &Parameters::read(query.as_bytes())?, None).await?;
    if let Some(session) = visitor(&app, &headers, arrival).await?.session() {
        end(&app, arrival, session).await?;
    }
    onward.response(&app)
}

async fn end(app: &App, arrival: Arrival, session: &Session) -> Result<(), HttpError> {
    let id = session.id;
    app.change(by(arrival), move |tx, env| sessions::end(tx, env, id, Ended::SignedOut)).await.map(drop)
}
