//! Products learn that a session is over (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, header};
use muster_engine::{
    Env, Origin,
    openid::telling::{self, Task},
};
use muster_model::Timestamp;
use muster_oidc::op::{
    TokenType,
    claims::{LogoutEvents, LogoutToken},
};

use super::keys::{Keys, keys};
use crate::{App, HttpError, app::Lane};

/// How long a logout token counts, in seconds (OpenID Connect Back-Channel Logout §2.4).
const SECONDS: i64 = 120;
/// How long a product has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells whoever is to be told; whether there was somebody.
pub(crate) async fn tell_due(app: App) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    if !app.read(Lane::Point, move |conn| telling::is_due(conn, now)).await? {
        return Ok(false);
    }
    let tasks = app.change(Origin::SYSTEM, |tx, env| telling::take(tx, env)).await?;
    if tasks.is_empty() {
        return Ok(false);
    }
    let keys = keys(&app).await?;
    // Side by side: one that does not answer keeps no other waiting.
    for done in join_all(tasks.into_iter().map(|task| tell(&app, &keys, task))).await {
        done?;
    }
    Ok(true)
}

async fn tell(app: &App, keys: &Keys, task: Task) -> Result<(), HttpError> {
    let sent = match tokio::time::timeout(PATIENCE, send(app, keys, &task)).await {
        Ok(sent) => sent,
        Err(_) => Err("the application did not answer in time".to_owned()),
    };
    app.change(Origin::SYSTEM, move |tx, env| match &sent {
        Ok(()) => telling::told(tx, env, &task),
        Err(why) => telling::failed(tx, env, &task, why),
    })
    .await
}

async fn send(app: &App, keys: &Keys, task: &Task) -> Result<(), String> {
    let token = keys.signer.sign(TokenType::Logout, &claims(app, task)).map_err(|error| error.to_string())?;
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
    let request = Request::post(task.address.as_str())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(body))
        .map_err(|error| error.to_string())?;
    let answer = app.outbound().send(request).await.map_err(|error| error.to_string())?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("the application answered {status}")) }
}

fn claims(app: &App, task: &Task) -> LogoutToken {
    let mut env = Env::new(app.surroundings(), Origin::SYSTEM);
    let now: Timestamp = env.now();
    LogoutToken {
        iss: app.base_url().to_owned(),
        sub: task.authorization.account.to_string(),
        aud: task.client.id.to_string(),
        iat: now.seconds(),
        exp: now.seconds() + SECONDS,
        jti: env.new_id().to_string(),
        sid: task.authorization.sid.to_string(),
        events: LogoutEvents::default(),
    }
}
