//! `/v2/auditlogs/{account}`: the activity log (ORG-9), in Hub's shape.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use std::collections::BTreeMap;

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError, Refusal,
    activity::{self, Entry, Filter, NoPlace, Place, Scope},
    authority::{Action, Caller, Who},
    companies,
};
use muster_model::Timestamp;
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    paging::{PageOf, PageQuery},
    sent::{Asked, Named},
};
use crate::{HttpError, app::Lane};

/// Entries further down than this are reached by following `next`, or by `to`.
const DEEPEST: i64 = 2_000;

/// One change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct LogView {
    /// The organization's name, or the person's username.
    account: String,
    /// The event.
    #[schema(example = "team.member.add")]
    action: String,
    /// What it happened to.
    name: String,
    /// Who did it.
    actor: String,
    data: DataView,
    /// When.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The event, in words.
    action_description: String,
}

/// The rest of what is known of a change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct DataView {
    /// Tells entries apart, as exports and streams do.
    id: String,
    /// `sso`, `scim`, `invitation`, `auto-provision`, `manual`, `replay` or `default`.
    source: String,
    /// Through which connection.
    connection: Option<String>,
    /// The rule that decided.
    rule: String,
    /// In which request.
    trace_id: Option<String>,
    /// What is different.
    changes: Vec<ChangeView>,
}

/// One field, before and after; null where it said nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ChangeView {
    field: String,
    old: Value,
    new: Value,
}

/// A page of the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct LogsView {
    /// Newest first; may be fewer than asked for, and more on the next page.
    logs: Vec<LogView>,
    /// The address of the next page.
    next: Option<String>,
}

/// Every event there is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ActionsView {
    /// By family.
    actions: BTreeMap<&'static str, FamilyView>,
}

/// Events that belong together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct FamilyView {
    label: &'static str,
    actions: Vec<ActionView>,
}

/// One event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ActionView {
    name: &'static str,
    label: &'static str,
    description: &'static str,
}

/// Which changes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// An event, or the beginning of several: `team` for all of teams.
    action: Option<String>,
    /// A part of what it happened to.
    name: Option<String>,
    /// The address of whoever did it, or `operator`, `system`, `token`.
    actor: Option<String>,
    /// Not before.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before.
    #[param(format = DateTime)]
    to: Option<String>,
}

impl LogQuery {
    pub(super) fn filter(&self) -> Result<Filter, HttpError> {
        let time = |field: &str, text: &Option<String>| match text.as_deref().map(Timestamp::parse) {
            None => Ok(None),
            Some(Ok(at)) => Ok(Some(at)),
            Some(Err(_)) => Err(HttpError::field(field, "use a time such as 2026-11-22T10:00:00Z")),
        };
        Ok(Filter {
            action: self.action.clone(),
            actor: self.actor.clone(),
            name: self.name.clone(),
            from: time("from", &self.from)?,
            to: time("to", &self.to)?,
        })
    }

    fn asked(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("action", &self.action),
            ("name", &self.name),
            ("actor", &self.actor),
            ("from", &self.from),
            ("to", &self.to),
        ];
        all.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)))
    }
}

/// Whose log a name means: an organization's or a company's, for its owners, or one's own.
pub(super) fn scope(conn: &mut Conn<'_>, caller: &Caller, name: &str) -> Result<(Scope, String), EngineError> {
    if let Who::Account(id) = caller.who
        && let Some(account) = conn.account(id)?
        && account.username == name.to_lowercase()
    {
        caller.require_scope(Action::ReadActivity.scope())?;
        return Ok((Scope::Account(id), account.username));
    }
    let missing = match caller.organization(conn, name, Action::ReadActivity) {
        Ok((organization, _)) => return Ok((Scope::Organization(organization.id), organization.name)),
        Err(missing @ EngineError::NotFound { .. }) => missing,
        Err(error) => return Err(error),
    };
    let Who::Account(account) = caller.who else { return Err(missing) };
    match companies::owned(conn, account, name) {
        Ok(company) => {
            caller.require_scope(Action::ReadActivity.scope())?;
            Ok((Scope::Company(company.id), company.name))
        }
        Err(EngineError::NotFound { .. }) => Err(missing),
        Err(error) => Err(error),
    }
}

fn view(account: &str, entry: Entry) -> LogView {
    let changes =
        entry.fields.into_iter().map(|field| ChangeView { field: field.name, old: field.old, new: field.new });
    LogView {
        account: account.to_owned(),
        action: entry.action.as_str().to_owned(),
        name: entry.name,
        actor: entry.actor_name,
        data: DataView {
            id: format!("{}.{}", entry.id, entry.number),
            source: entry.source.as_str().to_owned(),
            connection: entry.connection,
            rule: entry.rule.id().to_owned(),
            trace_id: entry.trace.map(|trace| trace.to_string()),
            changes: changes.collect(),
        },
        timestamp: entry.at.to_string(),
        action_description: activity::description(entry.action).to_owned(),
    }
}

/// Where a page begins that was asked for by its number.
fn begin(
    conn: &mut Conn<'_>,
    scope: Scope,
    filter: &Filter,
    page: &PageOf,
) -> Result<Option<Option<Place>>, EngineError> {
    if let Some(after) = &page.after {
        let why = "`after` is what `next` of the page before says";
        return match after.parse::<Place>() {
            Ok(place) => Ok(Some(Some(place))),
            Err(NoPlace) => Err(Refusal::Invalid(why.to_owned()).into()),
        };
    }
    let mut left = usize::try_from(page.skipped()).unwrap_or(usize::MAX);
    let mut after = None;
    while left > 0 {
        let (skipped, next) = activity::page(conn, scope, filter, after, left)?;
        left -= skipped.len();
        match next {
            Some(next) => after = Some(next),
            None => return Ok(None),
        }
    }
    Ok(Some(after))
}

/// Read the activity log
///
/// Of an organization: its changes and those of its connections, for owners. Of a company: its owners, connections and domains,
/// for its owners. Of a person: one's own.
#[utoipa::path(
    get, path = "/v2/auditlogs/{account}", tag = "Activity", operation_id = "listActivity",
    params(
        ("account" = String, Path, description = "The organization's or company's name, or one's own username."),
        LogQuery,
        PageQuery
    ),
    responses((status = 200, description = "A page of the log, newest first.", body = LogsView))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Named(account): Named<String>,
    Asked(asked): Asked<LogQuery>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    let (filter, page) = (asked.filter()?, page.checked()?);
    if page.skipped() > DEEPEST {
        return Err(HttpError::field("page", "follow `next` so far down, or narrow the log with `to`"));
    }
    let base_url = call.app.base_url().to_owned();
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let read = call.read(Lane::Scan, move |conn, caller| {
        let (scope, name) = scope(conn, caller, &account)?;
        let Some(after) = begin(conn, scope, &filter, &page)? else { return Ok(LogsView { logs: vec![], next: None }) };
        let (entries, next) = activity::page(conn, scope, &filter, after, size)?;
        let next = next.map(|place| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, value) in asked.asked() {
                query.append_pair(name, value);
            }
            query.append_pair("page_size", &size.to_string());
            query.append_pair("after", &place.to_string());
            format!("{base_url}/v2/auditlogs/{name}?{}", query.finish())
        });
        Ok(LogsView { logs: entries.into_iter().map(|entry| view(&name, entry)).collect(), next })
    });
    Reply::json(StatusCode::OK, &read.await?)
}

/// List the events that the log can hold
#[utoipa::path(
    get, path = "/v2/auditlogs/{account}/actions", tag = "Activity", operation_id = "listActions",
    params(("account" = String, Path, description = "The organization's or company's name, or one's own username.")),
    responses((status = 200, description = "Every event, by family.", body = ActionsView))
)]
pub(super) async fn actions(
    Extension(call): Extension<Call>,
    Named(account): Named<String>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        scope(conn, caller, &account)?;
        let families = activity::catalogue().into_iter().map(|family| {
            let actions = family.actions.into_iter();
            let actions =
                actions.map(|one| ActionView { name: one.name, label: one.label, description: one.description });
            (family.key, FamilyView { label: family.label, actions: actions.collect() })
        });
        Ok(ActionsView { actions: families.collect() })
    })
    .await
}
