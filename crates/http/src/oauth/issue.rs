//! Tokens, once it is decided that there are some to give.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_engine::{
    EngineError, Env, Origin,
    openid::{
        TOKEN_LIVES, acr,
        people::{self, IN_A_TOKEN, Told},
        refresh,
    },
};
use muster_model::{
    Account, Authorization, Client, Session, Timestamp,
    client::{ClientScope, ClientScopes},
};
use muster_oidc::op::{
    JoseError, TokenType,
    claims::{AccessToken, IdToken, Person, Place, TokenAnswer},
};
use muster_store::Conn;

use super::keys::Keys;
use crate::{App, HttpError};

/// What tokens are made of.
#[derive(Debug, Clone)]
pub(super) struct Issue {
    pub(super) client: Client,
    pub(super) session: Session,
    pub(super) authorization: Authorization,
    /// What the access token is for.
    pub(super) scopes: ClientScopes,
    pub(super) nonce: Option<String>,
    told: Told,
    refresh_token: Option<String>,
}

impl Issue {
    /// With what is told of the person, and the refresh token, as they are in this transaction.
    pub(super) fn new(
        conn: &mut Conn<'_>,
        env: &Env,
        client: Client,
        session: Session,
        authorization: Authorization,
        scopes: ClientScopes,
        nonce: Option<String>,
    ) -> Result<Self, EngineError> {
        let told = match account(conn, &authorization)? {
            Some(account) => people::told(conn, &client, &account, &scopes, IN_A_TOKEN)?,
            None => Told::default(),
        };
        let refresh_token = refresh::text(env, &authorization);
        Ok(Self { client, session, authorization, scopes, nonce, told, refresh_token })
    }
}

fn account(conn: &mut Conn<'_>, of: &Authorization) -> Result<Option<Account>, EngineError> {
    Ok(conn.account(of.account)?)
}

/// What the client is answered.
pub(super) fn answer(app: &App, keys: &Keys, now: Timestamp, issue: Issue) -> Result<TokenAnswer, HttpError> {
    let (issuer, sub, client) = (app.base_url(), issue.authorization.account.to_string(), issue.client.id.to_string());
    // Nothing outlives the session (SES-1).
    let ends = now.after(TOKEN_LIVES).min(issue.session.expires());
    let sid = issue.authorization.sid.to_string();
    let scope = issue.scopes.to_string();
    let access = AccessToken {
        iss: issuer.to_owned(),
        sub: sub.clone(),
        aud: vec![client.clone(), issuer.to_owned()],
        exp: ends.seconds(),
        iat: now.seconds(),
        jti: Env::new(app.surroundings(), Origin::SYSTEM).new_id().to_string(),
        client_id: client.clone(),
        scope: scope.clone(),
        sid: Some(sid.clone()),
        origin: issue.authorization.id.to_string(),
    };
    let access_token = keys.signer.sign(TokenType::Access, &access).map_err(unsigned)?;
    let id_token = if issue.scopes.has(ClientScope::Openid) {
        let id = IdToken {
            iss: issuer.to_owned(),
            sub,
            aud: client,
            exp: ends.seconds(),
            iat: now.seconds(),
            auth_time: issue.session.authenticated.seconds(),
            nonce: issue.nonce,
            acr: acr(&issue.session).to_owned(),
            sid,
            session_expires_at: issue.session.expires().seconds(),
            at_hash: Some(half_hash(&access_token)),
            person: person(issue.told),
        };
        Some(keys.signer.sign(TokenType::Id, &id).map_err(unsigned)?)
    } else {
        None
    };
    Ok(TokenAnswer {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: ends.seconds() - now.seconds(),
        scope,
        refresh_token: issue.refresh_token,
        id_token,
    })
}

pub(super) fn unsigned(error: JoseError) -> HttpError {
    HttpError::Internal("a token cannot be signed", Arc::new(error))
}

/// OpenID Connect Core §3.1.3.6.
fn half_hash(token: &str) -> String {
    let hash = muster_crypto::sha256(token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.get(..16).unwrap_or_default())
}

/// What is told of somebody, as tokens and answers write it.
pub(super) fn person(told: Told) -> Person {
    let (email, email_verified) = told.email.unzip();
    let (name, preferred_username) = told.name.unzip();
    let complete = told.places.as_ref().map(|places| places.complete);
    let place = |place: people::Place| Place {
        name: place.organization,
        role: place.role.to_owned(),
        teams: place.teams,
        is_guest: place.guest,
    };
    Person {
        email,
        email_verified,
        name: name.filter(|name| !name.is_empty()),
        preferred_username,
        organizations: told.places.map(|places| places.all.into_iter().map(place).collect()),
        organizations_complete: complete.filter(|complete| !complete),
    }
}
