//! What a browser brings back from the provider.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use muster_engine::{EngineError, Refusal};
use muster_model::{
    ConnectionId, Rule,
    session::IdpSession,
    sign_in::{Asserted, Subject, SubjectKind, read},
};
use muster_oidc::{Callback, Client, Login, Pending as Remembered, Provider as Discovered};

use super::{CALLBACK, discovery, logout, received::received, transport, unique_name, with_key};
use crate::{
    App, HttpError,
    arrival::Arrival,
    sign_in::{
        SignInFailure,
        carried::{self, Carried, Protocol, Returned},
        finish::{Arrived, End, finish},
        journal::Attempt,
        pending,
        provider::{self, Provider},
    },
};

/// `GET /sso/oidc/callback`: the provider's answer, for the sign-in that its `state` names (SSO-7).
pub(in crate::sign_in) async fn callback(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let callback = Callback::parse(query.as_deref().unwrap_or_default()).ok();
    let returned = callback.as_ref().and_then(|callback| carried::oidc(&app, &headers, callback.state()));
    let (callback, carried, ends) = match (callback, returned) {
        (Some(callback), Some(Returned::Here(carried, ends))) => (callback, carried, ends),
        // Of another browser, or too late: on the log of its connection.
        (_, Some(Returned::Elsewhere(connection))) => return Err(unasked(&app, arrival, Some(connection)).await),
        _ => return Err(unasked(&app, arrival, pending::last_connection(&app, &headers)).await),
    };
    let Carried { connection, session, began, forced, trial, protocol: Protocol::Oidc { secret } } = carried else {
        return Err(unasked(&app, arrival, Some(carried.connection)).await);
    };
    let (provider, _) = provider::load(&app, connection, None).await?;
    let attempt = Attempt::new(arrival, connection, "oidc", "GET", CALLBACK.to_owned());
    let end = End { pending: Some(ends), replaces: session, trial };
    let remembered = Remembered { secret, requested_at: began, forced };
    let attempt = attempt.tried(end.trial);
    let provider = with_key(&app, provider).await?;
    let (client, discovered) = match known(&app, &provider).await {
        Ok(known) => known,
        Err(failure) => return Err(attempt.refuse(&app, failure).await),
    };
    let (jti, now) = (unique_name(&app), app.surroundings().now().seconds());
    let (what, login) = client.sign_in(&transport(&app), &discovered, &callback, &remembered, &jti, now).await;
    let attempt = attempt.received(received(what, login.as_ref().ok()));
    let login = match login {
        Ok(login) => login,
        Err(error) => return Err(attempt.refuse(&app, SignInFailure::Oidc(Box::new(error))).await),
    };
    let arrived = match arrived(&app, &provider, &client, &discovered, login).await {
        Ok(arrived) => arrived,
        Err(failure) => return Err(attempt.refuse(&app, failure).await),
    };
    finish(&app, &headers, &provider, attempt, arrived, end).await
}

/// The refusal of what answers nothing that waits in this browser, on the log of the connection that it may be of.
async fn unasked(app: &App, arrival: Arrival, connection: Option<ConnectionId>) -> HttpError {
    let refusal = Refusal::SignInNotFound;
    let Some(id) = connection else { return EngineError::from(refusal).into() };
    match provider::load(app, id, None).await {
        Ok(_) => {
            let attempt = Attempt::new(arrival, id, "oidc", "GET", CALLBACK.to_owned());
            attempt.refuse_by_rule(app, refusal).await
        }
        Err(_) => EngineError::from(refusal).into(),
    }
}

/// We as the provider knows us, and the provider as it describes itself.
async fn known(app: &App, provider: &Provider) -> Result<(Client, Arc<Discovered>), SignInFailure> {
    Ok((provider.client(app.base_url(), app.surroundings().now())?, discovery::provider(app, provider).await?))
}

/// What the answer says, free of protocol (SSO-4).
async fn arrived(
    app: &App,
    provider: &Provider,
    client: &Client,
    discovered: &Discovered,
    mut login: Login,
) -> Result<Arrived, SignInFailure> {
    let oidc = provider.oidc()?;
    let mut checks = vec![
        (Rule::Sso8, "the ID token is signed with a key of the provider".to_owned()),
        (Rule::Sso1, "issuer, audience and times agree".to_owned()),
        (Rule::Sso7, "it answers the request of this browser".to_owned()),
    ];
    if login.overage && oidc.graph_groups {
        let (jti, now) = (unique_name(app), app.surroundings().now().seconds());
        match muster_oidc::graph_groups(&transport(app), client, discovered, &login, &jti, now).await {
            Ok(groups) => {
                checks.push((Rule::Jit3, format!("Microsoft Graph names {} groups", groups.len())));
                login.claims.retain(|(name, _)| !oidc.attributes.groups.contains(name));
                login.claims.extend(oidc.attributes.groups.first().map(|name| (name.clone(), groups)));
                login.overage = false;
            }
            Err(error) => checks.push((Rule::Jit3, format!("the groups are unknown: {error}"))),
        }
    }
    let subject = Subject { kind: SubjectKind::Sub, value: login.subject.clone() };
    let asserted = Asserted {
        attributes: &login.claims,
        name_id: None,
        subject: Some(&subject),
        overage: login.overage,
        absent_groups_are_none: oidc.absent_groups_are_none,
    };
    let said = read(&oidc.attributes, asserted).map_err(SignInFailure::NotAnEmail)?;
    checks.push((Rule::Sso4, format!("the address is `{}`", said.email)));
    Ok(Arrived {
        idp: IdpSession {
            id_token: logout::sealed_hint(app, provider.connection.id, &login),
            subject: login.subject,
            index: login.session_id,
            ..IdpSession::default()
        },
        not_after: None,
        // The code works once at the provider, and the sign-in once here.
        assertion: None,
        checks,
        said,
    })
}
