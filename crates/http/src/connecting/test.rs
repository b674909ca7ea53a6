//! Test sign-ins: one through the identity provider and back, and those that came (SSO-12).

use askama::Template;
use axum::{extract::Query, response::Response};
use http::HeaderMap;
use muster_engine::setup;
use muster_model::Timestamp;
use serde::Deserialize;

use super::{Desk, here, is_for_the_page};
use crate::{
    HttpError,
    console::{
        shell::{self, Shell},
        state::State,
        visit::Posted,
    },
    pages::{filters, texts},
    sign_in::{Begin, Trial, go, with_leave},
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

/// One that came back.
struct Line {
    id: String,
    at: Timestamp,
    state: State,
    told: String,
    /// Where its trace is; only owners read that.
    trace: Option<String>,
}

#[derive(Template)]
#[template(path = "connecting/test.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    has_provider: bool,
    has_domain: bool,
    lines: Vec<Line>,
}

/// `GET …/tests`.
pub(crate) async fn page<D: Desk>(desk: D, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
    show(&desk, &asked.done, None).await
}

async fn show<D: Desk>(desk: &D, done: &str, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let link = desk.link();
    let look = desk.look(move |conn, connection| {
        Ok((setup::progress(conn, connection, link)?, setup::tests(conn, connection.id, link)?))
    });
    let (shell, connection, (progress, tests)) = look.await?;
    let (status, shell) = shell.done(done).refused_in(desk.arrival(), refused)?;
    let here = here(desk);
    let since = connection.settings.sso_changed.unwrap_or(Timestamp(0));
    let lines = tests.into_iter().map(|test| Line {
        id: test.id.to_string(),
        at: test.at,
        state: if test.passed { State::Done } else { State::Out },
        told: texts::text(match (test.passed, test.at < since) {
            (true, false) => "tests-passed",
            (false, false) => "tests-refused",
            (true, true) => "tests-passed-before",
            (false, true) => "tests-refused-before",
        }),
        trace: link.is_none().then(|| format!("{here}/log/{}", test.id)),
    });
    let page = Page {
        lines: lines.collect(),
        here,
        shell,
        has_provider: progress.has_provider,
        has_domain: progress.has_domain(),
        name: connection.name,
    };
    Ok(with_leave(desk.app(), shell::page(status, &page)?))
}

/// `POST …/tests`: to the identity provider.
pub(crate) async fn begin<D: Desk>(desk: D, headers: HeaderMap, Posted(_): Posted) -> Result<Response, HttpError> {
    let begun = async {
        let look = desk.look(|_, connection| match &connection.settings.sso {
            Some(sso) if sso.is_complete() => Ok(()),
            _ => Err(muster_engine::sign_in::nothing_to_try(connection).into()),
        });
        look.await?;
        let trial = desk.link().map_or(Trial::Owners, Trial::SetUp);
        let begin = Begin { login_hint: None, session: None, trial: Some(trial) };
        go(desk.app(), &headers, *desk.arrival(), desk.id(), begin).await
    };
    match begun.await {
        Err(error) if is_for_the_page(&error) => show(&desk, "", Some(error)).await,
        other => other,
    }
}
