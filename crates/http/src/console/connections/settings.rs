//! A connection's settings: what each does, and a form whose answer is a plan (MIG-2).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::{
    connections::{patched, stated},
    declaration::{self, connection_to_engine},
};
use muster_engine::plans::Proposal;
use muster_model::{ConnectionId, PlanId};
use serde_json::{Map, Value, json};

use super::{path, read};
use crate::{
    HttpError,
    app::Lane,
    browser::Form,
    console::{
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters, texts},
};

/// A setting as people read it.
pub(super) struct Setting {
    /// The name of a text: what it is called.
    pub(super) label: &'static str,
    pub(super) value: String,
    /// The name of a text: what it does.
    pub(super) does: &'static str,
}

/// A connection's settings as people read them.
pub(super) fn told(stated: &declaration::Connection) -> Vec<Setting> {
    let switch = |is_on: bool| texts::text(if is_on { "mark-on" } else { "mark-off" });
    let organization = stated.default_organization.clone().unwrap_or_else(|| texts::text("setting-only-one"));
    let setting = |label, value, does| Setting { label, value, does };
    vec![
        setting("setting-jit", switch(stated.jit), "setting-jit-does"),
        setting("setting-organization", organization, "setting-organization-does"),
        setting("setting-team", stated.default_team.clone(), "setting-team-does"),
        setting("setting-precedence", precedence(stated), "setting-precedence-does"),
        setting("setting-highest-role", stated.highest_role.as_str().to_owned(), "setting-highest-role-does"),
        setting("setting-enforced", switch(stated.enforced), "setting-enforced-does"),
        setting("setting-guard", switch(stated.scim.mass_change_guard), "setting-guard-does"),
        setting("setting-follows", switch(stated.scim.membership_follows_groups), "setting-follows-does"),
    ]
}

/// Who wins, in a word, or in one for each value.
fn precedence(stated: &declaration::Connection) -> String {
    match serde_json::to_value(stated.precedence) {
        Ok(Value::String(one)) => precedence_word(&one),
        Ok(Value::Object(each)) => {
            let each = each.iter().filter_map(|(name, word)| {
                word.as_str().map(|word| format!("{}: {}", name.replace('_', " "), precedence_word(word)))
            });
            each.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

fn precedence_word(word: &str) -> String {
    texts::text(match word {
        "sso" => "precedence-sso",
        "scim" => "precedence-scim",
        _ => "precedence-last",
    })
}

/// The values for which can be said who wins (PRE-1), with the names of their texts.
const VALUES: [(&str, &str); 3] =
    [("full_name", "precedence-name"), ("role", "precedence-role"), ("session_minutes", "precedence-minutes")];

/// Who wins for one value, as a word.
fn policy(stated: &declaration::Connection, name: &str) -> String {
    let stated = serde_json::to_value(stated.precedence).unwrap_or_default();
    let word = stated.get(name).unwrap_or(&stated);
    word.as_str().unwrap_or("sso").to_owned()
}

/// A value, and who wins for it.
struct Choice<'t> {
    name: &'static str,
    what: &'static str,
    word: &'t str,
}

/// What is in the form.
#[derive(Debug, Clone)]
struct Typed {
    jit: bool,
    organization: String,
    team: String,
    /// Of name, role and session minutes, in the order of [`VALUES`].
    precedence: [String; 3],
    role: String,
}

impl Typed {
    fn of(stated: &declaration::Connection) -> Self {
        Self {
            jit: stated.jit,
            organization: stated.default_organization.clone().unwrap_or_default(),
            team: stated.default_team.clone(),
            precedence: VALUES.map(|(name, _)| policy(stated, name)),
            role: stated.highest_role.as_str().to_owned(),
        }
    }

    /// Each value with who wins for it.
    fn choices(&self) -> Vec<Choice<'_>> {
        let each = VALUES.iter().zip(&self.precedence);
        each.map(|((name, what), word)| Choice { name, what, word }).collect()
    }

    fn read(form: &Form) -> Self {
        let text = |name| form.text(name).unwrap_or_default().to_owned();
        Self {
            jit: form.text("jit").is_some(),
            organization: text("organization"),
            team: text("team"),
            precedence: VALUES.map(|(name, _)| form.text(name).unwrap_or_default().to_owned()),
            role: text("highest_role"),
        }
    }

    /// What is typed, as a patch; what is empty goes back to the default.
    fn patch(&self) -> Map<String, Value> {
        let or_default = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        let mut patch = Map::new();
        patch.insert("jit".to_owned(), json!(self.jit));
        patch.insert("default_organization".to_owned(), or_default(&self.organization));
        patch.insert("default_team".to_owned(), or_default(&self.team));
        patch.insert("highest_role".to_owned(), or_default(&self.role));
        let each = VALUES.iter().zip(&self.precedence).filter(|(_, word)| !word.is_empty());
        let each: Map<_, _> = each.map(|((name, _), word)| ((*name).to_owned(), json!(word))).collect();
        if !each.is_empty() {
            patch.insert("precedence".to_owned(), Value::Object(each));
        }
        patch
    }
}

#[derive(Template)]
#[template(path = "console/connections/settings.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    organizations: Vec<String>,
    typed: Typed,
}

/// `GET …/connections/{id}/settings`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, None, None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    typed: Option<Typed>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, connection, stated) = read(visit, org, id, |conn, _, connection| stated(conn, connection)).await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let page = Page {
        here: shell.at(&format!("/connections/{id}")),
        shell,
        typed: typed.unwrap_or_else(|| Typed::of(&stated)),
        organizations: stated.organizations,
        name: connection.name,
    };
    shell::page(status, &page)
}

/// `POST …/connections/{id}/settings`: a plan.
pub(in crate::console) async fn submit(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let typed = Typed::read(&form);
    match planned(&visit, &org, id, typed.patch()).await {
        Ok(plan) => pages::see_other(&path(&visit, &org, id, &format!("/plans/{plan}"))),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, id, Some(typed), Some(error)).await,
    }
}

/// A plan of what a patch would do.
pub(super) async fn planned(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    patch: Map<String, Value>,
) -> Result<PlanId, HttpError> {
    // That the address's organization holds it.
    read(visit, org, id, |_, _, _| Ok(())).await?;
    let wanted = visit.acting().read(Lane::Snapshot, move |conn, caller| patched(conn, caller, id, &patch)).await?;
    planned_as(visit, id, wanted).await
}

/// A plan of making a connection be as stated.
pub(super) async fn planned_as(
    visit: &Visit,
    id: ConnectionId,
    wanted: declaration::Connection,
) -> Result<PlanId, HttpError> {
    let made = visit.acting().undertake(move |administrator| {
        let stated = Box::new(connection_to_engine(&wanted, administrator.seconds())?);
        administrator.make_plan(&Proposal::Settings { connection: id, stated })
    });
    Ok(made.await?.id)
}
