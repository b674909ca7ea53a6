//! A plan: who would be affected, and the button that does exactly that (MIG-2).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::{
    connections::{self, ConnectionView},
    declaration::Mapping,
    plans::{MemberLine, PlanView},
};
use muster_engine::{authority::Action, credentials::enforcement, plans, setup, sign_in, tokens};
use muster_model::{Account, ConnectionId, PlanId, Role, Token};
use serde_json::Value;

use super::{
    one, read,
    settings::{Setting, told},
};
use crate::{
    HttpError,
    app::Lane,
    console::{
        list::LINES,
        members::one::shown,
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::{filters, texts},
};

#[derive(Template)]
#[template(path = "console/connections/plan.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    plan: PlanView,
    /// How many people are not shown, in words.
    more: Option<String>,
    is_open: bool,
    /// Who could not sign in any more, where newcomers are not let in any more (JIT-8).
    losing: Vec<String>,
    /// How many of them are not shown, in words.
    more_losing: Option<String>,
    /// Whom enforcing it would affect (SSO-9).
    affected: Option<Affected>,
    /// What would be in use then, of a draft that is activated (SEC-2).
    activated: Option<Activated>,
}

/// What a draft says that is activated, whoever has stated it.
struct Activated {
    view: ConnectionView,
    rows: Vec<Mapping>,
    settings: Vec<Setting>,
    is_tested: bool,
    /// The SCIM tokens that work.
    tokens: Vec<Token>,
}

impl Activated {
    /// Whether a row of the table makes owners.
    fn gives_owner(&self) -> bool {
        self.rows.iter().any(|row| row.role == Some(Role::Owner))
    }
}

/// Whom enforcing a connection would affect: how many, in words, and the first of them.
struct Affected {
    accounts: String,
    with_password: People,
    never_tried: People,
}

/// Some people by their addresses, and how many more there are, in words.
struct People {
    shown: Vec<String>,
    more: Option<String>,
}

impl People {
    fn of(accounts: &[Account]) -> Self {
        let lines = usize::try_from(LINES).unwrap_or(usize::MAX);
        let addresses = accounts.iter().filter_map(|account| account.email.as_ref()).map(ToString::to_string);
        let more = accounts.len().saturating_sub(lines);
        Self {
            shown: addresses.take(lines).collect(),
            more: (more > 0).then(|| texts::say("plan-more", [("count", more.into())])),
        }
    }
}

fn is_open(plan: &PlanView) -> bool {
    plan.line.applied.is_none()
}

/// Whether the plan turns Just-in-Time provisioning off.
fn closes(plan: &PlanView) -> bool {
    let mut fields = plan.settings.iter().flat_map(|change| &change.fields);
    fields.any(|field| field.name == "settings.jit" && field.new == Value::Bool(false))
}

/// Whether the plan makes single sign-on the only way in.
fn enforces(plan: &PlanView) -> bool {
    let mut fields = plan.settings.iter().flat_map(|change| &change.fields);
    fields.any(|field| field.name == "settings.enforced" && field.new == Value::Bool(true))
}

/// Whether the plan puts a connection into use.
fn activates(plan: &PlanView) -> bool {
    let mut fields = plan.settings.iter().flat_map(|change| &change.fields);
    fields.any(|field| field.name == "state" && field.old == "draft")
}

/// Fields that only count or date others, which are told beside them.
const COUNTED: [&str; 3] = ["settings.sso_changed", "scim_since", "version"];
/// The longest value that is shown whole, in characters, and how much is shown of a longer one.
const WHOLE: usize = 120;
const BEGINNING: usize = 40;

/// A value as it is read; of what is long, such as a certificate, only the beginning.
fn brief(value: &Value) -> String {
    match value {
        Value::Array(all) => all.iter().map(brief).collect::<Vec<_>>().join(", "),
        other => {
            let text = shown(other);
            let length = text.chars().count();
            if length <= WHOLE {
                return text;
            }
            let beginning: String = text.chars().take(BEGINNING).collect();
            texts::say("plan-long", [("text", beginning.into()), ("count", length.into())])
        }
    }
}

/// Whom that would affect.
async fn affected(visit: &Visit, id: ConnectionId) -> Result<Affected, HttpError> {
    let read = visit.acting().read(Lane::Scan, move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        enforcement::affected(conn, &connection)
    });
    let affected = read.await?;
    Ok(Affected {
        accounts: texts::say("plan-enforced-accounts", [("count", affected.accounts.into())]),
        with_password: People::of(&affected.with_password),
        never_tried: People::of(&affected.never_tried),
    })
}

/// The addresses of those who could not sign in any more then.
async fn losing(visit: &Visit, id: ConnectionId) -> Result<Vec<String>, HttpError> {
    let now = visit.acting().now();
    let read = visit.acting().read(Lane::Scan, move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        sign_in::losing_without_jit(conn, &connection, now)
    });
    Ok(read.await?.into_iter().filter_map(|account| account.email).map(|email| email.to_string()).collect())
}

/// A place in a line: role and teams.
pub(super) fn place(place: Option<&plans::Place>) -> String {
    let Some(place) = place else { return "–".to_owned() };
    let teams = place.teams.iter().cloned().collect::<Vec<_>>().join(", ");
    let known = [place.state.as_str(), place.role.as_str(), teams.as_str()];
    known.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// What happens to somebody, in words.
fn effects(line: &MemberLine) -> String {
    let words = line.effects.iter().map(|effect| {
        texts::text(match effect {
            plans::Effect::Added => "effect-added",
            plans::Effect::Removed => "effect-removed",
            plans::Effect::Moved => "effect-moved",
            plans::Effect::RoleChanged => "effect-role",
            plans::Effect::ManagementChanged => "effect-management",
            plans::Effect::Other => "effect-other",
        })
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `GET …/connections/{id}/plans/{plan}`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id, plan)): Path<(String, String, String)>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, super::id("plan", &plan)?, None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    plan: PlanId,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = read(visit, org, id, move |conn, _, connection| {
        let stated = connections::stated(conn, connection)?;
        let activated = Activated {
            view: connections::view(conn, connection, now)?,
            settings: told(&stated),
            rows: stated.mappings,
            is_tested: setup::progress(conn, connection, None)?.is_tested(),
            tokens: tokens::list(conn, connection)?.into_iter().filter(|token| token.is_live(now)).collect(),
        };
        Ok((plans::plan_of(conn, id, plan)?, activated))
    });
    let (shell, connection, (found, activated)) = read.await?;
    let mut plan = visit.acting().administer(move |administrator| administrator.view_plan(found, 0)).await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let lines = usize::try_from(LINES).unwrap_or(usize::MAX);
    let mut losing = if is_open(&plan) && closes(&plan) { losing(visit, id).await? } else { Vec::new() };
    let affected = if is_open(&plan) && enforces(&plan) { Some(affected(visit, id).await?) } else { None };
    let more_losing = losing.len().saturating_sub(lines);
    losing.truncate(lines);
    let more = plan.line.members.saturating_sub(lines);
    plan.people.truncate(lines);
    for change in &mut plan.settings {
        change.fields.retain(|field| !COUNTED.contains(&field.name.as_str()));
    }
    let page = Page {
        here: shell.at(&format!("/connections/{id}")),
        shell,
        name: connection.name,
        more: (more > 0).then(|| texts::say("plan-more", [("count", more.into())])),
        is_open: is_open(&plan),
        affected,
        activated: Some(activated).filter(|_| is_open(&plan) && activates(&plan)),
        losing,
        more_losing: (more_losing > 0).then(|| texts::say("plan-more", [("count", more_losing.into())])),
        plan,
    };
    shell::page(status, &page)
}

#[derive(Template)]
#[template(path = "console/connections/token.html")]
struct TokenPage {
    shell: Shell,
    here: String,
    name: String,
    token: String,
}

/// A token that is shown once.
pub(super) fn token(shell: Shell, id: ConnectionId, name: String, token: String) -> Result<Response, HttpError> {
    let here = shell.at(&format!("/connections/{id}"));
    shell::page(StatusCode::OK, &TokenPage { shell, here, name, token })
}

/// `POST …/connections/{id}/plans/{plan}/apply`.
pub(in crate::console) async fn apply(
    visit: Visit,
    Path((org, id, plan)): Path<(String, String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let (id, plan): (ConnectionId, PlanId) = (super::id("connection", &id)?, super::id("plan", &plan)?);
    let (shell, connection, found) = read(&visit, &org, id, move |conn, _, _| plans::plan_of(conn, id, plan)).await?;
    let base_url = visit.app().base_url().to_owned();
    let applied = visit.acting().undertake(move |administrator| administrator.apply_plan(&base_url, found.id));
    let applied = applied.await;
    visit.app().forget_connections();
    match applied {
        Ok(done) => {
            let answer = done.applied.and_then(|mut applied| applied.connections.remove(&connection.name));
            match answer.and_then(|answer| answer.scim).and_then(|scim| scim.token) {
                Some(text) => token(shell, id, connection.name, text),
                None => one::back(&visit, &org, id, "done-plan"),
            }
        }
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, id, plan, Some(error)).await,
    }
}
