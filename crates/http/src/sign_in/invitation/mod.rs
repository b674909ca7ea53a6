//! `/invitations/{token}`: what an invitation's link leads to (ORG-3). Looking changes nothing, because programs look at links,
//! too (SEC-4); answering is a form.
//!
//! - `page`: what is shown;
//! - `answer`: accepting and declining, with or without an account;
//! - `sign_in`: signing in first, or as somebody else.

mod answer;
mod page;
mod sign_in;

use axum::{
    Router,
    extract::Path,
    routing::{get, post},
};
use http::HeaderMap;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError,
    invitations::{self, Followed},
};
use muster_model::{Account, Session};

use super::Segment;
use crate::{App, HttpError, app::Lane, arrival::Arrival, browser::visitor};

/// The pages of invitations.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/invitations/{token}", get(page::page))
        .route("/invitations/{token}/accept", post(answer::accept))
        .route("/invitations/{token}/decline", post(answer::decline))
        .route("/invitations/{token}/account", post(answer::make_account))
        .route("/invitations/{token}/continue", post(sign_in::first))
        .route("/invitations/{token}/switch", post(sign_in::switch))
}

/// A link, and who follows it.
struct Visit {
    /// The link's secret; `None` for what we never gave out.
    token: Option<TokenText>,
    /// The path of the page, below the base URL.
    path: String,
    /// Who follows it, if somebody is signed in.
    person: Option<(Session, Account)>,
    /// What it leads to; `None` if to nothing.
    followed: Option<Followed>,
}

impl Visit {
    /// Looks where a link leads to, for whoever sends these headers.
    async fn find(app: &App, headers: &HeaderMap, arrival: Arrival, segment: Segment) -> Result<Self, HttpError> {
        let text = segment.map(|Path(text)| text).unwrap_or_default();
        let token = TokenText::parse(&text).filter(|token| token.prefix() == TokenPrefix::Invitation);
        let path = format!("/invitations/{}", token.as_ref().map_or("unknown", TokenText::expose));
        let session = visitor(app, headers, arrival).await?.session().cloned();
        let (hash, account, now) =
            (token.as_ref().map(TokenText::hash), session.as_ref().map(|it| it.account), arrival.at);
        let (account, followed) = app
            .read(Lane::Snapshot, move |conn| {
                let account = account.map(|id| conn.account(id)).transpose()?.flatten();
                let followed = hash.map(|hash| invitations::follow(conn, now, &hash, account.as_ref().map(|it| it.id)));
                match followed.transpose() {
                    Ok(followed) => Ok((account, followed)),
                    Err(EngineError::NotFound { kind: "invitation", .. }) => Ok((account, None)),
                    Err(error) => Err(error),
                }
            })
            .await?;
        Ok(Self { token, path, person: session.zip(account), followed })
    }

    /// Where the page is.
    fn url(&self, app: &App) -> String {
        format!("{}{}", app.base_url(), self.path)
    }
}
