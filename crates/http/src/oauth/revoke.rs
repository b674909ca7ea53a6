//! `POST /oauth2/revoke`: a client gives back what it was let do (RFC 7009). Whatever is no token of its own is passed over without a
//! word.

use axum::{
    Extension,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use muster_engine::openid::refresh::{self, RefreshToken};
use muster_model::AuthorizationId;

use super::{clients, token::by, userinfo::opened};
use crate::{App, HttpError, arrival::Arrival};

pub(super) async fn revoke(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = clients::form(&app, &headers, body).await?;
    let client = clients::authenticated(&app, &headers, &form).await?;
    let token = form.require("token")?;
    let origin = by(arrival);
    if let Some(token) = RefreshToken::parse(token) {
        app.change(origin, move |tx, env| refresh::revoke(tx, env, &client, &token)).await?;
    } else if let Some(id) = authorization(&app, token, arrival).await? {
        app.change(origin, move |tx, env| refresh::revoke_authorization(tx, env, &client, id)).await?;
    }
    Ok(StatusCode::OK.into_response())
}

async fn authorization(app: &App, token: &str, arrival: Arrival) -> Result<Option<AuthorizationId>, HttpError> {
    match opened(app, token, arrival).await {
        Ok(claims) if claims.sid.is_some() => Ok(claims.origin.parse().ok()),
        Err(error) if error.status().is_server_error() => Err(error),
        Ok(_) | Err(_) => Ok(None),
    }
}
