//! Which groups lead where: the mapping table, a row at a time, and where groups would lead, tried (GRP-1, GRP-8).

use askama::Template;
use axum::{extract::Query, response::Response};
use muster_administration::{connections, declaration::Mapping};
use muster_engine::setup::{self, MappingRow};
use muster_model::{
    Connection, Role,
    mapping::{self, Unmapped},
    texts as rules,
};
use serde::Deserialize;

use super::{Desk, back, here, is_draft, is_for_the_page};
use crate::{
    HttpError, ScimDocuments,
    browser::Form,
    console::{
        shell::{self, Shell},
        state::State,
        visit::Posted,
    },
    pages::{filters, texts},
};

/// The most groups that are tried at once.
const TRIED: usize = 50;

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

/// What is in the forms.
#[derive(Debug, Clone, Default)]
struct Typed {
    pattern: String,
    organization: String,
    team: String,
    role: String,
    /// Groups to try, one a line.
    tried: String,
}

/// A group that was tried.
struct Tried {
    group: String,
    state: State,
    told: String,
}

#[derive(Template)]
#[template(path = "connecting/groups.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    is_draft: bool,
    organizations: Vec<String>,
    roles: Vec<&'static str>,
    rows: Vec<Mapping>,
    typed: Typed,
    tried: Vec<Tried>,
}

/// `GET …/groups`.
pub(crate) async fn page<D: Desk>(desk: D, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
    show(&desk, &asked.done, Typed::default(), None).await
}

async fn show<D: Desk>(desk: &D, done: &str, typed: Typed, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let (shell, connection, stated) = desk.look(connections::stated).await?;
    let (status, shell) = shell.done(done).refused_in(desk.arrival(), refused)?;
    let most = connection.settings.highest_role;
    let roles = [Role::Member, Role::Editor, Role::Owner].into_iter().filter(|role| *role <= most);
    let page = Page {
        here: here(desk),
        shell,
        is_draft: is_draft(&connection),
        roles: roles.map(Role::as_str).collect(),
        organizations: stated.organizations,
        rows: stated.mappings,
        tried: tried(&connection, &typed.tried),
        typed,
        name: connection.name,
    };
    shell::page(status, &page)
}

/// Where groups lead, by the settings of now.
fn tried(connection: &Connection, typed: &str) -> Vec<Tried> {
    let groups = typed.lines().map(str::trim).filter(|group| !group.is_empty()).take(TRIED);
    let one = |group: &str| {
        let resolved = mapping::resolve(group, connection);
        let (state, told) = match resolved.unmapped {
            None => (
                State::Done,
                resolved.targets.iter().map(|target| place(connection, target)).collect::<Vec<_>>().join("; "),
            ),
            Some(Unmapped::Malformed) => (State::Out, rules::MALFORMED_GROUPS.to_owned()),
            Some(Unmapped::NotCovered(organization)) => {
                (State::Out, texts::say("groups-not-covered", [("name", organization.into())]))
            }
        };
        Tried { group: group.to_owned(), state, told }
    };
    groups.map(one).collect()
}

fn place(connection: &Connection, target: &mapping::Target) -> String {
    let organization = connection.covered(target.organization).map_or("", |covered| covered.name.as_str());
    let parts = [Some(organization), target.team.as_deref(), target.role.map(Role::as_str)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// `POST …/groups`: a row more.
pub(crate) async fn add<D: Desk>(desk: D, Posted(form): Posted) -> Result<Response, HttpError> {
    let text = |name| form.text(name).unwrap_or_default().to_owned();
    let typed = Typed {
        pattern: text("pattern"),
        organization: text("organization"),
        team: text("team"),
        role: text("role"),
        tried: String::new(),
    };
    match added(&desk, &typed).await {
        Err(error) if is_for_the_page(&error) => show(&desk, "", typed, Some(error)).await,
        other => other,
    }
}

async fn added<D: Desk>(desk: &D, typed: &Typed) -> Result<Response, HttpError> {
    if typed.pattern.is_empty() {
        return Err(HttpError::field("pattern", "name a group, exactly or with *"));
    }
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let role =
        some(&typed.role).map(|role| role.parse().map_err(|_| HttpError::field("role", "choose one of the list")));
    let row = Mapping {
        pattern: typed.pattern.clone(),
        organization: typed.organization.clone(),
        team: some(&typed.team),
        role: role.transpose()?,
    };
    state(desk, "done-mapping-in", move |rows| rows.push(row.clone())).await
}

/// `POST …/groups/remove`: a row fewer, which is named whole: somebody may have changed the table meanwhile.
pub(crate) async fn remove<D: Desk>(desk: D, Posted(form): Posted) -> Result<Response, HttpError> {
    let gone = row(&form);
    let removed = state(&desk, "done-mapping-out", move |rows| rows.retain(|row| key(row) != gone));
    match removed.await {
        Err(error) if is_for_the_page(&error) => show(&desk, "", Typed::default(), Some(error)).await,
        other => other,
    }
}

type Key = (String, String, String, String);

fn row(form: &Form) -> Key {
    let text = |name| form.get(name).unwrap_or_default().to_owned();
    (text("pattern"), text("organization"), text("team"), text("role"))
}

fn key(row: &Mapping) -> Key {
    let role = row.role.map(Role::as_str).unwrap_or_default().to_owned();
    (row.pattern.clone(), row.organization.clone(), row.team.clone().unwrap_or_default(), role)
}

/// States the table that `change` makes of the present one.
async fn state<D: Desk>(
    desk: &D,
    done: &str,
    change: impl Fn(&mut Vec<Mapping>) + Send + 'static,
) -> Result<Response, HttpError> {
    let (_, connection, mut wanted) = desk.look(connections::stated).await?;
    if !is_draft(&connection) {
        change(&mut wanted.mappings);
        return desk.plan(wanted).await;
    }
    let changed = desk.change(move |tx, env, draft| {
        let mut rows = connections::stated(tx, draft.connection())?.mappings;
        change(&mut rows);
        let row = |row: Mapping| MappingRow {
            pattern: row.pattern,
            organization: row.organization,
            team: row.team,
            role: row.role,
        };
        let rows: Vec<MappingRow> = rows.into_iter().map(row).collect();
        Ok(setup::set_mappings(tx, env, draft, &rows, &ScimDocuments).map(drop)?)
    });
    changed.await?;
    back(desk, "/groups", done)
}

/// `POST …/groups/try`: where groups would lead.
pub(crate) async fn attempt<D: Desk>(desk: D, Posted(form): Posted) -> Result<Response, HttpError> {
    let typed = Typed { tried: form.get("groups").unwrap_or_default().to_owned(), ..Typed::default() };
    show(&desk, "", typed, None).await
}
