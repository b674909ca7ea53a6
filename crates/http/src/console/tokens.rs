//! Access tokens for the management API: an organization's, and one's own (SEC-1).

use std::time::Duration;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env,
    authority::{Action, Caller},
    tokens::access::{self, Change, Holder, Wanted},
};
use muster_model::{Timestamp, Token, TokenId, token::Scope};
use muster_store::{Conn, Tx};
use serde::Deserialize;

use super::{
    list::address,
    shell::{self, Section, Shell},
    state::State,
    visit::{Posted, Visit, is_not_recent},
};
use crate::{
    HttpError,
    browser::Form,
    pages::{self, filters, texts},
};

/// For how many days a token may be made; none is for ever.
const DAYS: [u64; 4] = [30, 90, 365, 0];

/// How long that is, in words.
fn days_text(days: u64) -> String {
    match days {
        0 => texts::text("tokens-never"),
        days => texts::say("tokens-days", [("count", i64::try_from(days).unwrap_or(i64::MAX).into())]),
    }
}

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

/// Whose tokens a page is of.
#[derive(Debug, Clone)]
enum Whose {
    Own,
    Organization(String),
}

impl Whose {
    fn prefix(&self) -> TokenPrefix {
        match self {
            Self::Own => TokenPrefix::Personal,
            Self::Organization(_) => TokenPrefix::Organization,
        }
    }

    /// The page's address.
    fn path(&self, visit: &Visit) -> String {
        format!("{}{}", visit.app().base_url(), self.below())
    }

    /// The page's path, below the base URL.
    fn below(&self) -> String {
        match self {
            Self::Own => "/account/tokens".to_owned(),
            Self::Organization(org) => format!("/console/orgs/{org}/tokens"),
        }
    }

    /// The holder, if whoever visits may do this to its tokens.
    fn holder(
        &self,
        conn: &mut Conn<'_>,
        visit: &Visit,
        caller: &Caller,
        action: Action,
    ) -> Result<Holder, EngineError> {
        match self {
            Self::Own => Ok(Holder::Account(visit.session.account)),
            Self::Organization(name) => Ok(Holder::Organization(caller.organization(conn, name, action)?.0.id)),
        }
    }

    /// Reads, with the shell of the page.
    async fn read<T: Send + 'static>(
        &self,
        visit: &Visit,
        mut work: impl FnMut(&mut Conn<'_>, Holder) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Shell, T), HttpError> {
        match self {
            Self::Own => {
                let holder = Holder::Account(visit.session.account);
                visit.read(move |conn, _| work(conn, holder)).await
            }
            Self::Organization(name) => {
                visit
                    .organization(name, Section::Tokens, move |conn, at| {
                        work(conn, Holder::Organization(at.organization.id))
                    })
                    .await
            }
        }
    }

    /// Changes something of the holder's tokens, if whoever visits may.
    async fn change<T: Send + 'static>(
        &self,
        visit: &Visit,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Caller, Holder) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let (whose, visiting) = (self.clone(), visit.clone());
        visit
            .write(move |tx, env, caller| {
                let holder = whose.holder(tx, &visiting, caller, Action::ChangeTokens)?;
                work(tx, env, caller, holder)
            })
            .await
    }
}

#[derive(Template)]
#[template(path = "console/tokens/list.html")]
struct Page {
    shell: Shell,
    path: String,
    is_own: bool,
    lines: Vec<Line>,
    ended: Vec<Ended>,
    scopes: Vec<Choice>,
    label: String,
    days: Vec<Days>,
    /// The secret of a token that was just made.
    secret: Option<String>,
}

/// One token.
struct Line {
    id: TokenId,
    label: String,
    scopes: String,
    state: State,
    is_on: bool,
    off_since: Option<Timestamp>,
    used: Option<Timestamp>,
    expires: Option<Timestamp>,
}

/// A token that is over, and why (SES-3).
struct Ended {
    label: String,
    used: Option<Timestamp>,
    at: Timestamp,
    why: String,
}

/// A life to choose.
struct Days {
    count: u64,
    text: String,
    is_chosen: bool,
}

/// A scope to choose.
struct Choice {
    name: &'static str,
    about: String,
    is_chosen: bool,
}

/// What is typed into the form.
#[derive(Debug, Clone)]
struct Typed {
    label: String,
    scopes: Vec<Scope>,
    days: u64,
}

impl Default for Typed {
    fn default() -> Self {
        Self { label: String::new(), scopes: Vec::new(), days: 90 }
    }
}

impl Typed {
    fn of(form: &Form) -> Self {
        Self {
            label: form.text("label").unwrap_or_default().to_owned(),
            scopes: Scope::ALL.into_iter().filter(|scope| form.text(scope.as_str()).is_some()).collect(),
            days: form.text("days").and_then(|days| days.parse().ok()).filter(|days| DAYS.contains(days)).unwrap_or(90),
        }
    }
}

/// A scope in words.
fn about(scope: Scope) -> String {
    texts::text(match scope {
        Scope::OrganizationsRead => "scope-organizations-read",
        Scope::OrganizationsWrite => "scope-organizations-write",
        Scope::MembersRead => "scope-members-read",
        Scope::MembersWrite => "scope-members-write",
        Scope::InvitationsRead => "scope-invitations-read",
        Scope::InvitationsWrite => "scope-invitations-write",
        Scope::TeamsRead => "scope-teams-read",
        Scope::TeamsWrite => "scope-teams-write",
        Scope::DomainsRead => "scope-domains-read",
        Scope::DomainsWrite => "scope-domains-write",
        Scope::ConnectionsRead => "scope-connections-read",
        Scope::ConnectionsWrite => "scope-connections-write",
        Scope::SessionsRead => "scope-sessions-read",
        Scope::ClientsRead => "scope-clients-read",
        Scope::ClientsWrite => "scope-clients-write",
        Scope::WebhooksRead => "scope-webhooks-read",
        Scope::WebhooksWrite => "scope-webhooks-write",
        Scope::SessionsWrite => "scope-sessions-write",
        Scope::ActivityRead => "scope-activity-read",
        Scope::TokensRead => "scope-tokens-read",
        Scope::TokensWrite => "scope-tokens-write",
    })
}

async fn show(
    visit: &Visit,
    whose: &Whose,
    done: &str,
    typed: Typed,
    secret: Option<String>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = whose.read(visit, move |conn, holder| {
        let mut tokens = access::list(conn, holder)?;
        tokens.retain(|token| token.ending(now).is_none());
        Ok((tokens, access::list_ended(conn, holder, now)?))
    });
    let (shell, (tokens, ended)) = read.await?;
    let (status, shell) = shell.done(done).refused(visit, refused)?;
    let line = |token: Token| Line {
        state: if token.disabled.is_some() { State::Off } else { State::On },
        off_since: token.disabled,
        is_on: token.disabled.is_none(),
        scopes: token.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(", "),
        id: token.id,
        label: token.label,
        used: token.last_used,
        expires: token.expires,
    };
    let over = |token: &Token| {
        let (at, why) = token.ending(now)?;
        Some(Ended { label: token.label.clone(), used: token.last_used, at, why: why.to_owned() })
    };
    let choice =
        |scope: Scope| Choice { name: scope.as_str(), about: about(scope), is_chosen: typed.scopes.contains(&scope) };
    let page = Page {
        shell,
        path: whose.path(visit),
        is_own: matches!(whose, Whose::Own),
        lines: tokens.into_iter().map(line).collect(),
        ended: ended.iter().filter_map(over).collect(),
        scopes: Scope::ALL.into_iter().map(choice).collect(),
        label: typed.label,
        days: DAYS.map(|count| Days { count, text: days_text(count), is_chosen: count == typed.days }).into(),
        secret,
    };
    shell::page(status, &page)
}

async fn create(visit: &Visit, whose: &Whose, form: &Form) -> Result<Response, HttpError> {
    let typed = Typed::of(form);
    let text = TokenText::generate(whose.prefix()).map_err(HttpError::no_randomness)?;
    let (wanted, hash) = (typed.clone(), text.hash());
    let visiting = visit.clone();
    let made = whose.change(visit, move |tx, env, caller, holder| {
        visiting.require_recent(env)?;
        let days = Some(wanted.days).filter(|days| *days > 0);
        let expires = days.map(|days| env.now().after(Duration::from_hours(24 * days)));
        let scopes = wanted.scopes.iter().copied().collect();
        let wanted = Wanted { label: wanted.label.clone(), scopes, expires };
        access::create(tx, env, holder, &hash, &wanted, caller.limit()).map(drop)
    });
    match made.await {
        // The secret is in this answer alone.
        Ok(()) => show(visit, whose, "done-token-made", Typed::default(), Some(text.expose().to_owned()), None).await,
        Err(error) if is_not_recent(&error) => visit.confirm_first(&whose.below()),
        Err(error) => show(visit, whose, "", typed, None, Some(error)).await,
    }
}

async fn switch(visit: &Visit, whose: &Whose, id: TokenId, form: &Form) -> Result<Response, HttpError> {
    let is_on = form.text("on").is_some();
    let changed = whose.change(visit, move |tx, env, caller, holder| {
        let change = Change { label: None, active: Some(is_on) };
        access::change(tx, env, holder, id, &change, caller.limit()).map(drop)
    });
    match changed.await {
        Ok(()) => {
            let done = if is_on { "done-token-on" } else { "done-token-off" };
            pages::see_other(&address(&whose.path(visit), &[("done", done)]))
        }
        Err(error) => show(visit, whose, "", Typed::default(), None, Some(error)).await,
    }
}

#[derive(Template)]
#[template(path = "console/tokens/end.html")]
struct EndPage {
    shell: Shell,
    path: String,
    token: Token,
}

async fn end_page(visit: &Visit, whose: &Whose, id: TokenId) -> Result<Response, HttpError> {
    let (shell, token) = whose.read(visit, move |conn, holder| access::find(conn, holder, id)).await?;
    shell::page(StatusCode::OK, &EndPage { shell, path: whose.path(visit), token })
}

async fn end(visit: &Visit, whose: &Whose, id: TokenId) -> Result<Response, HttpError> {
    whose.change(visit, move |tx, env, _, holder| access::delete(tx, env, holder, id)).await?;
    pages::see_other(&address(&whose.path(visit), &[("done", "done-token-ended")]))
}

/// The pages of an organization's tokens.
pub(super) mod organization {
    use super::{Asked, HttpError, Path, Posted, Query, Response, TokenId, Typed, Visit, Whose};

    /// `GET /console/orgs/{org}/tokens`.
    pub(in crate::console) async fn page(
        visit: Visit,
        Path(org): Path<String>,
        Query(asked): Query<Asked>,
    ) -> Result<Response, HttpError> {
        super::show(&visit, &Whose::Organization(org), &asked.done, Typed::default(), None, None).await
    }

    /// `POST /console/orgs/{org}/tokens`.
    pub(in crate::console) async fn create(
        visit: Visit,
        Path(org): Path<String>,
        Posted(form): Posted,
    ) -> Result<Response, HttpError> {
        super::create(&visit, &Whose::Organization(org), &form).await
    }

    /// `POST …/tokens/{id}/switch`.
    pub(in crate::console) async fn switch(
        visit: Visit,
        Path((org, id)): Path<(String, TokenId)>,
        Posted(form): Posted,
    ) -> Result<Response, HttpError> {
        super::switch(&visit, &Whose::Organization(org), id, &form).await
    }

    /// `GET …/tokens/{id}/end`.
    pub(in crate::console) async fn end_page(
        visit: Visit,
        Path((org, id)): Path<(String, TokenId)>,
    ) -> Result<Response, HttpError> {
        super::end_page(&visit, &Whose::Organization(org), id).await
    }

    /// `POST …/tokens/{id}/end`.
    pub(in crate::console) async fn end(
        visit: Visit,
        Path((org, id)): Path<(String, TokenId)>,
        Posted(_): Posted,
    ) -> Result<Response, HttpError> {
        super::end(&visit, &Whose::Organization(org), id).await
    }
}

/// The pages of one's own tokens.
pub(super) mod own {
    use super::{Asked, HttpError, Path, Posted, Query, Response, TokenId, Typed, Visit, Whose};

    /// `GET /account/tokens`.
    pub(in crate::console) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
        super::show(&visit, &Whose::Own, &asked.done, Typed::default(), None, None).await
    }

    /// `POST /account/tokens`.
    pub(in crate::console) async fn create(visit: Visit, Posted(form): Posted) -> Result<Response, HttpError> {
        super::create(&visit, &Whose::Own, &form).await
    }

    /// `POST …/tokens/{id}/switch`.
    pub(in crate::console) async fn switch(
        visit: Visit,
        Path(id): Path<TokenId>,
        Posted(form): Posted,
    ) -> Result<Response, HttpError> {
        super::switch(&visit, &Whose::Own, id, &form).await
    }

    /// `GET …/tokens/{id}/end`.
    pub(in crate::console) async fn end_page(visit: Visit, Path(id): Path<TokenId>) -> Result<Response, HttpError> {
        super::end_page(&visit, &Whose::Own, id).await
    }

    /// `POST …/tokens/{id}/end`.
    pub(in crate::console) async fn end(
        visit: Visit,
        Path(id): Path<TokenId>,
        Posted(_): Posted,
    ) -> Result<Response, HttpError> {
        super::end(&visit, &Whose::Own, id).await
    }
}
