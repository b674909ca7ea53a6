//! `POST /oauth2/introspect`: whether a token works now (RFC 7662). Asked by clients that keep a secret, of tokens of clients of the
//! same holder.

use axum::{
    Extension,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use muster_engine::openid::{
    introspection::{self, Seen},
    people::IN_AN_ANSWER,
    refresh::RefreshToken,
};
use muster_oidc::op::{OAuthError, OAuthErrorCode, claims::Introspection};

use super::{clients, issue::person, userinfo::opened};
use crate::{App, HttpError, app::Lane, arrival::Arrival};

pub(super) async fn introspect(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = clients::form(&app, &headers, body).await?;
    let client = clients::authenticated(&app, &headers, &form).await?;
    if !client.settings.confidential {
        let text = "only applications that keep a secret may ask what tokens are worth";
        return Err(OAuthError::new(OAuthErrorCode::UnauthorizedClient, text).into());
    }
    let token = form.require("token")?;
    let now = arrival.at;
    let answer = if let Some(refresh) = RefreshToken::parse(token) {
        let surroundings = app.surroundings();
        let found = app.read(Lane::Snapshot, move |conn| {
            let env = muster_engine::Env::new(std::sync::Arc::clone(&surroundings), muster_engine::Origin::SYSTEM);
            introspection::of_refresh_token(conn, &env, &client, &refresh, IN_AN_ANSWER)
        });
        match found.await? {
            Some(seen) => told(&app, seen, "refresh_token"),
            None => Introspection::default(),
        }
    } else {
        match opened(&app, token, arrival).await {
            Err(error) if error.status().is_server_error() => return Err(error),
            Err(_) => Introspection::default(),
            Ok(claims) => {
                let (origin, scope, is_person) = (claims.origin.clone(), claims.scope.clone(), claims.sid.is_some());
                let found = app.read(Lane::Snapshot, move |conn| {
                    if is_person {
                        introspection::of_access_token(conn, &client, &origin, &scope, now, IN_AN_ANSWER)
                    } else {
                        introspection::of_organization(conn, &client, &origin, &scope, now)
                    }
                });
                match found.await? {
                    None => Introspection::default(),
                    Some(seen) => Introspection {
                        scope: Some(claims.scope),
                        client_id: Some(claims.client_id),
                        exp: Some(claims.exp),
                        iat: Some(claims.iat),
                        sub: Some(claims.sub),
                        aud: Some(claims.aud),
                        jti: Some(claims.jti),
                        sid: claims.sid,
                        ..told(&app, seen, "Bearer")
                    },
                }
            }
        }
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response())
}

fn told(app: &App, seen: Seen, token_type: &str) -> Introspection {
    Introspection {
        active: true,
        scope: Some(seen.scopes),
        client_id: seen.client.map(|client| client.to_string()),
        token_type: Some(token_type.to_owned()),
        exp: Some(seen.ends.seconds()),
        iat: None,
        sub: Some(seen.subject.to_string()),
        aud: None,
        iss: Some(app.base_url().to_owned()),
        jti: None,
        sid: seen.sid.map(|sid| sid.to_string()),
        username: Some(seen.username),
        person: person(seen.told),
    }
}
