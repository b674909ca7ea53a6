//! `/oauth2/userinfo`: who is it, as of now (OpenID Connect Core §5.3).

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use muster_engine::openid::{
    people::{self, IN_AN_ANSWER},
    standing::{self, Held},
};
use muster_model::{
    AuthorizationId,
    client::{ClientScope, ClientScopes},
};
use muster_oidc::op::{
    OAuthError, OAuthErrorCode, TokenType,
    claims::{AccessToken, UserInfo},
};

use super::{issue::person, keys::keys};
use crate::{App, HttpError, app::Lane, arrival::Arrival};

fn invalid(why: &str) -> HttpError {
    OAuthError::new(OAuthErrorCode::InvalidToken, why).into()
}

pub(super) async fn userinfo(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let token = bearer(&headers).ok_or_else(|| invalid("no access token came: send `Authorization: Bearer`"))?;
    let claims = opened(&app, token, arrival).await?;
    let scopes = ClientScopes::parse(&claims.scope);
    if !scopes.has(ClientScope::Openid) {
        let text = "the access token is not for `openid`";
        return Err(OAuthError::new(OAuthErrorCode::InsufficientScope, text).into());
    }
    // An organization's own token belongs to nobody.
    if claims.sid.is_none() {
        return Err(invalid("the access token is of an organization, not of a person"));
    }
    let id: AuthorizationId = claims.origin.parse().map_err(|_| invalid("the access token is not one of ours"))?;
    let now = arrival.at;
    let told = app.read(Lane::Snapshot, move |conn| {
        let Held::Yes(standing) = standing::of(conn, id, now)? else { return Ok(None) };
        let scopes = scopes.within(&standing.client.settings.scopes);
        let Some(account) = conn.account(standing.authorization.account)? else { return Ok(None) };
        Ok(Some(people::told(conn, &standing.client, &account, &scopes, IN_AN_ANSWER)?))
    });
    let told = told.await?.ok_or_else(|| invalid("the session has ended"))?;
    let answer = UserInfo { sub: claims.sub, person: person(told) };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response())
}

/// The token that came as a bearer's (RFC 6750 §2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}

/// An access token of ours that has not expired; whether its session lives is asked besides.
pub(super) async fn opened(app: &App, token: &str, arrival: Arrival) -> Result<AccessToken, HttpError> {
    let unknown = || invalid("the access token is unknown, or is over");
    let claims: AccessToken = keys(app).await?.verifier.read(TokenType::Access, token).map_err(|_| unknown())?;
    let is_ours = claims.iss == app.base_url() && claims.aud.iter().any(|one| one == app.base_url());
    if !is_ours || claims.exp <= arrival.at.seconds() {
        return Err(unknown());
    }
    Ok(claims)
}
