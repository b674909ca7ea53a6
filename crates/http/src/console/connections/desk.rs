//! An owner at the steps of a connection: changes of a draft are made at once, of what is in use they are planned first.

use axum::{
    extract::{FromRequestParts, Path},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use muster_administration::declaration;
use muster_engine::{EngineError, Env, authority::Action, setup::Draft, transact};
use muster_model::{Connection, ConnectionId, TokenId};
use muster_store::{Conn, Tx};

use super::{path, read, settings::planned_as};
use crate::{
    App, HttpError,
    arrival::Arrival,
    connecting::Desk,
    console::{shell::Shell, visit::Visit},
    pages,
    sign_in::keep_client_secret,
};

/// An owner, and the connection that they set up.
#[derive(Clone)]
pub(crate) struct Owner {
    visit: Visit,
    org: String,
    id: ConnectionId,
}

impl FromRequestParts<App> for Owner {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, app).await?;
        let named = Path::<Vec<(String, String)>>::from_request_parts(parts, app).await;
        let named = named.map(|Path(named)| named).unwrap_or_default();
        let part = |name: &str| named.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let org = part("org").or_else(|| part("company")).unwrap_or_default();
        let id = part("id").unwrap_or_default();
        let id = super::id("connection", &id).map_err(IntoResponse::into_response)?;
        Ok(Self { visit, org, id })
    }
}

impl Owner {
    /// Changes the connection, if whoever visits may.
    async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, Connection) -> Result<T, HttpError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let (whose, id) = (self.visit.whose(&self.org), self.id);
        let write = move |tx: &mut Tx<'_>, env: &mut Env, caller: &muster_engine::authority::Caller| {
            transact(tx, env, |tx, env| {
                let holder = caller.holder(tx, &whose, Action::ChangeConnections)?.holder;
                let connection = caller.connection_of(tx, holder, id, Action::ChangeConnections)?;
                work(tx, env, connection)
            })
        };
        self.visit.acting().write(write).await
    }
}

impl Desk for Owner {
    fn app(&self) -> &App {
        self.visit.app()
    }

    fn arrival(&self) -> &Arrival {
        &self.visit.acting().arrival
    }

    fn id(&self) -> ConnectionId {
        self.id
    }

    fn path(&self) -> String {
        format!("{}/connections/{}", self.visit.home(&self.org), self.id)
    }

    fn link(&self) -> Option<TokenId> {
        None
    }

    async fn look<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Conn<'_>, &Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Shell, Connection, T), HttpError> {
        read(&self.visit, &self.org, self.id, move |conn, _, connection| work(conn, connection)).await
    }

    async fn change<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Draft) -> Result<T, HttpError> + Send + 'static,
    ) -> Result<T, HttpError> {
        self.write(move |tx, env, connection| work(tx, env, &Draft::of(connection).map_err(EngineError::from)?)).await
    }

    async fn plan(&self, mut wanted: declaration::Connection) -> Result<Response, HttpError> {
        // A plan holds no secrets: a new one counts at once, for the issuer that it is for.
        let secret = wanted.oidc.as_mut().and_then(|oidc| oidc.client_secret.take()).map(|secret| secret.secret());
        if let Some(secret) = secret {
            let (app, id) = (self.app().clone(), self.id);
            let issuer = wanted.oidc.as_ref().map(|oidc| oidc.issuer.clone());
            let kept = self.write(move |tx, _, connection| {
                let known = match &connection.settings.sso {
                    Some(muster_model::connection::SingleSignOn::Oidc(oidc)) => Some(oidc.issuer.clone()),
                    _ => None,
                };
                if known != issuer {
                    let why = "change the issuer first, and state the secret after that is applied";
                    return Err(HttpError::field("client-secret", why));
                }
                keep_client_secret(tx, app.sealer(), id, &secret)
            });
            kept.await?;
        }
        let plan = planned_as(&self.visit, self.id, wanted).await?;
        pages::see_other(&path(&self.visit, &self.org, self.id, &format!("/plans/{plan}")))
    }
}
