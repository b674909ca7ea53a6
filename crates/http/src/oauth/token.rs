//! `POST /oauth2/token`: a code, a refresh token, a device's code or an organization's own token becomes what opens something for five
//! minutes.

use axum::{
    Extension,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    Env, Origin,
    credentials::exchange::{self, Proof},
    openid::{
        TOKEN_LIVES,
        codes::{self, Brought, Granted, Outcome},
        refresh::{self, RefreshToken},
    },
};
use muster_model::{Client, client::GrantType, token::TokenKind};
use muster_oidc::op::{
    ClientAuthentication, OAuthError, OAuthErrorCode, TokenRequest, TokenType, challenge_of,
    claims::{AccessToken, TokenAnswer},
};

use super::{
    clients, device,
    issue::{self, Issue, unsigned},
    keys::keys,
};
use crate::{App, HttpError, app::Lane, arrival::Arrival};

pub(super) async fn token(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = clients::form(&app, &headers, body).await?;
    let shown = ClientAuthentication::read(&headers, &form)?;
    let request = TokenRequest::read(&form)?;
    if let TokenRequest::ClientCredentials { scope } = request {
        return Ok(answer(&organization(&app, arrival, &shown, scope).await?));
    }
    let client = clients::known(&app, &shown).await?;
    let issue = match request {
        TokenRequest::Code { code, redirect_uri, verifier } => {
            require(&client, GrantType::AuthorizationCode)?;
            by_code(&app, arrival, client, &code, redirect_uri, verifier).await?
        }
        TokenRequest::Refresh { token, scope } => {
            require(&client, GrantType::RefreshToken)?;
            by_refresh_token(&app, arrival, client, &token, scope).await?
        }
        TokenRequest::Device { device_code } => {
            require(&client, GrantType::DeviceCode)?;
            device::exchange(&app, arrival, client, &device_code).await?
        }
        TokenRequest::ClientCredentials { .. } => return Err(unsupported()),
    };
    let keys = keys(&app).await?;
    Ok(answer(&issue::answer(&app, &keys, arrival.at, issue)?))
}

/// RFC 6749 §5.1: nobody keeps it.
fn answer(answer: &TokenAnswer) -> Response {
    ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], axum::Json(answer)).into_response()
}

fn unsupported() -> HttpError {
    OAuthError::new(OAuthErrorCode::UnsupportedGrantType, "this is no grant type here").into()
}

fn require(client: &Client, grant: GrantType) -> Result<(), HttpError> {
    if client.settings.grants.contains(&grant) {
        return Ok(());
    }
    let text = format!("application `{}` may not use the grant `{}`", client.name, grant.as_str());
    Err(OAuthError::new(OAuthErrorCode::UnauthorizedClient, text).into())
}

pub(super) fn invalid_grant(why: impl Into<String>) -> HttpError {
    OAuthError::new(OAuthErrorCode::InvalidGrant, why).into()
}

/// What a client does here is no change that anybody wrote: the request is all that there is to name.
pub(super) fn by(arrival: Arrival) -> Origin {
    Origin { request: Some(arrival.id), ..Origin::SYSTEM }
}

async fn by_code(
    app: &App,
    arrival: Arrival,
    client: Client,
    code: &str,
    redirect_uri: Option<String>,
    verifier: Option<String>,
) -> Result<Issue, HttpError> {
    let unknown = || invalid_grant("the code is unknown, or is over");
    let code = TokenText::parse(code).filter(|code| code.prefix() == TokenPrefix::Code).ok_or_else(unknown)?;
    let hash = *code.hash().as_bytes();
    // What is no verifier answers nothing.
    let challenge = verifier.map(|verifier| challenge_of(&verifier).unwrap_or_default());
    let done = app.change(by(arrival), move |tx, env| {
        let brought = Brought { code: &hash, redirect_uri: redirect_uri.as_deref(), challenge: challenge.as_deref() };
        Ok(match codes::redeem(tx, env, &client, brought)? {
            Outcome::Granted(granted) => Outcome::Granted(issue(tx, env, client.clone(), granted)?),
            Outcome::Refused(why) => Outcome::Refused(why),
        })
    });
    granted(done.await?)
}

/// What is issued for something granted.
pub(super) fn issue(
    tx: &mut muster_store::Tx<'_>,
    env: &Env,
    client: Client,
    granted: Granted,
) -> Result<Issue, muster_engine::EngineError> {
    let Granted { authorization, session, nonce } = granted;
    let scopes = authorization.scopes.clone();
    Issue::new(tx, env, client, session, authorization, scopes, nonce)
}

fn granted(outcome: Outcome<Issue>) -> Result<Issue, HttpError> {
    match outcome {
        Outcome::Granted(issue) => Ok(issue),
        Outcome::Refused(why) => Err(invalid_grant(why)),
    }
}

async fn by_refresh_token(
    app: &App,
    arrival: Arrival,
    client: Client,
    token: &str,
    scope: Option<String>,
) -> Result<Issue, HttpError> {
    let token = RefreshToken::parse(token).ok_or_else(|| invalid_grant("the refresh token is unknown, or is over"))?;
    let done = app.change(by(arrival), move |tx, env| {
        Ok(match refresh::exchange(tx, env, &client, &token, scope.as_deref())? {
            Outcome::Granted(refreshed) => {
                let standing = refreshed.standing;
                let (session, authorization) = (standing.session, standing.authorization);
                let issue = Issue::new(tx, env, standing.client, session, authorization, refreshed.scopes, None)?;
                Outcome::Granted(issue)
            }
            Outcome::Refused(why) => Outcome::Refused(why),
        })
    });
    granted(done.await?)
}

/// An organization's own access token opens products as the organization: named by its name, the token as its secret. What it is
/// exchanged for has its scopes, and never outlives it (SEC-1).
async fn organization(
    app: &App,
    arrival: Arrival,
    shown: &ClientAuthentication,
    scope: Option<String>,
) -> Result<TokenAnswer, HttpError> {
    let wrong = || OAuthError::new(OAuthErrorCode::InvalidClient, "the organization is unknown, or its token is wrong");
    let secret = shown.secret.as_deref().and_then(TokenText::parse);
    let secret = secret.filter(|token| token.prefix() == TokenPrefix::Organization).ok_or_else(wrong)?;
    let (name, hash, now) = (shown.id.clone(), TokenHash::from(*secret.hash().as_bytes()), arrival.at);
    let found = app.read(Lane::Point, move |conn| exchange::exchange_token(conn, Some(&name), &hash, now)).await?;
    let Some((token, Proof::Organization(id))) = found.filter(|(token, _)| token.kind == TokenKind::Organization)
    else {
        return Err(wrong().into());
    };
    let all = token.scopes.to_string();
    let scope = scope.unwrap_or_else(|| all.clone());
    if let Some(more) = scope.split_ascii_whitespace().find(|word| !all.split(' ').any(|own| own == *word)) {
        let more: String = more.chars().take(60).collect();
        let text = format!("the token is not for `{more}`: it is for {all}");
        return Err(OAuthError::new(OAuthErrorCode::InvalidScope, text).into());
    }
    let ends = token.expires.map_or(now.after(TOKEN_LIVES), |expires| expires.min(now.after(TOKEN_LIVES)));
    let claims = AccessToken {
        iss: app.base_url().to_owned(),
        sub: token.scope.to_string(),
        aud: vec![app.base_url().to_owned()],
        exp: ends.seconds(),
        iat: now.seconds(),
        jti: Env::new(app.surroundings(), Origin::SYSTEM).new_id().to_string(),
        client_id: shown.id.trim().to_lowercase(),
        scope: scope.clone(),
        sid: None,
        origin: id.to_string(),
    };
    let access_token = keys(app).await?.signer.sign(TokenType::Access, &claims).map_err(unsigned)?;
    Ok(TokenAnswer {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: ends.seconds() - now.seconds(),
        scope,
        refresh_token: None,
        id_token: None,
    })
}
