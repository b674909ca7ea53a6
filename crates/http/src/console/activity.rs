//! What happened: the activity log (ORG-9).

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_engine::{
    activity::{self, Entry, Filter, Scope},
    authority::Caller,
};
use muster_model::Timestamp;
use muster_store::Conn;
use serde::Deserialize;

use super::{
    list::address,
    members::{list::source_word, one::shown},
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    HttpError,
    export::{self, Kind},
    pages::{filters, texts},
};

/// How many entries a page has.
const ENTRIES: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    action: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    /// What is not empty.
    fn said(&self) -> [(&'static str, &str); 5] {
        [("action", &self.action), ("actor", &self.actor), ("name", &self.name), ("from", &self.from), ("to", &self.to)]
    }

    /// Which entries are wanted; days are those of UTC, and one that is none is not asked for.
    fn filter(&self) -> Filter {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str, time: &str| Timestamp::parse(&format!("{}{time}", text.trim())).ok();
        Filter {
            action: said(&self.action),
            actor: said(&self.actor),
            name: said(&self.name),
            from: day(&self.from, "T00:00:00Z"),
            to: day(&self.to, "T23:59:59.999999Z"),
        }
    }
}

#[derive(Template)]
#[template(path = "console/activity.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    /// The address of all of it as a file.
    export: String,
    families: Vec<(&'static str, &'static str)>,
    entries: Vec<Entry>,
    next: Option<String>,
}

impl Page {
    /// Whether every entry is asked for.
    fn is_all(&self) -> bool {
        self.asked.said().iter().all(|(_, value)| value.is_empty())
    }
}

/// `GET /console/orgs/{org}/activity`.
pub(super) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let (filter, after) = (asked.filter(), asked.after.parse().ok());
    let read = visit.organization(&org, Section::Activity, move |conn, at| {
        activity::page(conn, Scope::Organization(at.organization.id), &filter, after, ENTRIES)
    });
    let (shell, (entries, next)) = read.await?;
    let next = next.map(|place| {
        let after = place.to_string();
        let mut said = asked.said().to_vec();
        said.push(("after", &after));
        address(&shell.at("/activity"), &said)
    });
    let export = address(&shell.at("/activity/export"), &asked.said());
    let families = activity::catalogue().into_iter().map(|family| (family.key, family.label)).collect();
    shell::page(StatusCode::OK, &Page { export, shell, asked, families, entries, next })
}

/// `GET /console/orgs/{org}/activity/export`: what the page shows with the same filters, whole.
pub(super) async fn export(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let whose = Arc::new(move |conn: &mut Conn<'_>, caller: &Caller| {
        let (organization, _) = caller.organization(conn, &org, Section::Activity.action())?;
        Ok((Scope::Organization(organization.id), organization.name))
    });
    export::activity(visit.acting().clone(), Kind::Csv, asked.filter(), whose).await
}

/// What happened, in words.
fn label(entry: &Entry) -> &'static str {
    activity::description(entry.action)
}

/// From where and by whom.
fn by(entry: &Entry) -> String {
    let source = source_word(entry.source.as_str());
    match &entry.connection {
        Some(connection) => texts::say("activity-by", [("source", source.into()), ("name", connection.into())]),
        None => source,
    }
}
