//! `POST /v2/auth/token`: a password or access token for a bearer token of ten minutes.

use std::time::Duration;

use axum::{Extension, extract::State};
use http::StatusCode;
use muster_crypto::{Secret, TokenPrefix, TokenText};
use muster_engine::{
    Env, Origin, Refusal,
    authority::Who,
    credentials::{
        self, PASSWORD_BYTES, enforcement,
        exchange::{self, Exchanged, Proof},
    },
};
use muster_model::{AccountId, Email, OrganizationId, Token};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    bearer::{Bearer, LIVES},
    call::Reply,
    sent::Sent,
};
use crate::{
    App, HttpError, Unauthorized,
    app::Lane,
    arrival::Arrival,
    sign_in::local::{
        tried::{Decided, Decision, Tried, decide},
        with_passwords,
    },
};

/// How exactly it is known when an access token was last used.
const USE_NOTED: Duration = Duration::from_hours(1);
/// As long as passwords are locked (SSO-10).
const LOCKED: Duration = Duration::from_mins(5);
/// What is no access token could be a password, which does not say whose it is.
const NO_TOKEN: &str =
    "this is no access token, or not a whole one: copy it again; if it is a password, say whose password it is";

/// Who calls, and what only they know.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    /// A username or address for a password or personal access token; an organization's name for its access token. An
    /// access token says whose it is: with one, it may be left out.
    #[serde(default)]
    #[schema(example = "ada@example.com")]
    identifier: Option<String>,
    /// The password, personal access token or organization access token.
    #[schema(format = Password)]
    secret: String,
}

/// What opens the management API.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessToken {
    /// To be sent as `Authorization: Bearer`.
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
}

impl Decided for Exchanged {
    fn decision(&self) -> Decision {
        match self {
            Self::Accepted(account, _) => Decision::Accepted(*account),
            Self::Wrong | Self::SecondFactor => Decision::Refused(StatusCode::UNAUTHORIZED),
            Self::Locked => Decision::Refused(StatusCode::TOO_MANY_REQUESTS),
            Self::SingleSignOn => Decision::Refused(StatusCode::FORBIDDEN),
        }
    }
}

/// Get a bearer token
///
/// Accounts with a second factor, and those for whom single sign-on is enforced, use a personal access token instead of the
/// password.
#[utoipa::path(
    post, path = "/v2/auth/token", tag = "Authentication", operation_id = "createToken",
    request_body = Credentials,
    responses((status = 200, description = "The token.", body = AccessToken))
)]
pub(super) async fn exchange(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Sent(Credentials { identifier, secret }): Sent<Credentials>,
) -> Result<Reply, HttpError> {
    let identifier: Option<String> = identifier.map(|identifier| identifier.chars().take(254).collect());
    let token = TokenText::parse(&secret);
    let is_access = |token: &TokenText| matches!(token.prefix(), TokenPrefix::Personal | TokenPrefix::Organization);
    let bearer = match token.filter(is_access) {
        Some(token) => by_token(&app, arrival, identifier, &token).await?,
        None => {
            let name = identifier.ok_or_else(|| HttpError::field("identifier", NO_TOKEN))?;
            by_password(&app, arrival, name, secret).await?
        }
    };
    let id = Env::new(app.surroundings(), Origin::SYSTEM).new_id();
    let access_token = bearer.write(&app, arrival.at, id)?;
    Reply::json(StatusCode::OK, &AccessToken { access_token, token_type: "bearer", expires_in: LIVES.as_secs() })
}

async fn by_token(
    app: &App,
    arrival: Arrival,
    identifier: Option<String>,
    token: &TokenText,
) -> Result<Bearer, HttpError> {
    let (hash, now) = (token.hash(), arrival.at);
    let exchange = move |conn: &mut Conn<'_>| exchange::exchange_token(conn, identifier.as_deref(), &hash, now);
    let found = app.read(Lane::Snapshot, exchange).await?;
    let Some((token, proof)) = found else { return Err(refused(app)) };
    if token.last_used.is_none_or(|used| used.after(USE_NOTED) <= now) {
        let id = token.id;
        app.store().write(move |tx| tx.touch_token(id, now)).await?;
    }
    Ok(Bearer { who: holder(&token, proof), proof })
}

fn holder(token: &Token, proof: Proof) -> Who {
    match proof {
        Proof::Organization(id) => Who::Token { token: id, organization: OrganizationId(token.scope) },
        Proof::Personal(_) | Proof::Password { .. } => Who::Account(AccountId(token.scope)),
    }
}

async fn by_password(app: &App, arrival: Arrival, name: String, password: String) -> Result<Bearer, HttpError> {
    // By the domain alone, so that it is answered alike whoever has the address (SEC-5).
    if let Ok(email) = Email::parse(&name) {
        let enforcing = app.read(Lane::Snapshot, move |conn| enforcement::enforcing(conn, Some(&email))).await?;
        if let Some(connection) = enforcing.into_iter().next() {
            return Err(enforced(connection));
        }
    }
    let password = Secret::new(if password.len() <= PASSWORD_BYTES { &password } else { "" });
    let challenge = app.read(Lane::Snapshot, move |conn| credentials::challenge(conn, &name, None)).await?;
    let asked = challenge.clone();
    let is_right = with_passwords(app, move |passwords| passwords.check(&password, asked.hash())).await?;
    let tried = Tried { way: "password", target: "/v2/auth/token", account: challenge.account() };
    let exchanged =
        decide(app, arrival, tried, move |tx, env| exchange::exchange_password(tx, env, &challenge, is_right)).await?;
    match exchanged {
        Exchanged::Accepted(account, proof) => Ok(Bearer { who: Who::Account(account), proof }),
        Exchanged::Wrong => Err(refused(app)),
        Exchanged::Locked => Err(HttpError::TooMany {
            why: "there were too many wrong passwords: wait five minutes, then try again",
            wait: LOCKED,
        }),
        Exchanged::SingleSignOn => Err(enforced("of the account's domain".to_owned())),
        Exchanged::SecondFactor => Err(Unauthorized::SecondFactor.into()),
    }
}

fn enforced(connection: String) -> HttpError {
    muster_engine::EngineError::from(Refusal::SsoEnforced(connection)).into()
}

fn refused(app: &App) -> HttpError {
    app.metrics().unauthorized(Unauthorized::Secret);
    Unauthorized::Secret.into()
}
