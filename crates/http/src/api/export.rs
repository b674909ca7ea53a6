//! Exports: members (ORG-7) and the activity log (ORG-9).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use std::sync::Arc;

use axum::{Extension, response::Response};
use muster_engine::authority::Caller;
use muster_store::Conn;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    activity::{LogQuery, scope},
    call::Call,
    sent::{Asked, Named},
};
use crate::{
    HttpError,
    export::{self, Kind},
};

/// Export members
///
/// As CSV: Name, Username, Email, Type, Role, Teams, Date Joined; then Source, Managed By, External ID, First Sign-in and
/// Last Sign-in. A cell that a spreadsheet would run as a formula begins with an apostrophe.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/members/export", tag = "Members", operation_id = "exportMembers",
    params(("org" = String, Path, description = "The organization's name.")),
    responses((status = 200, description = "Everybody, and who is invited.", body = String, content_type = "text/csv"))
)]
pub(super) async fn members(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
) -> Result<Response, HttpError> {
    export::members(call.acting(), org).await
}

/// As what the log is exported.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Format {
    /// `csv` (as if nothing is said), or `json`: an object a line.
    #[param(inline)]
    format: Option<FormatName>,
}

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    Csv,
    Json,
}

/// Export the activity log
///
/// Everything that the list shows with the same filters, newest first. As CSV: Time, Event, What, Actor, Source, Connection,
/// Rule, TraceID, Changes, ID; a cell that a spreadsheet would run as a formula begins with an apostrophe. As JSON: an object
/// a line with `id`, `at`, `action`, `name`, `actor`, `source`, `connection`, `rule`, `trace` and `changes`, as the log is
/// streamed out.
#[utoipa::path(
    get, path = "/v2/auditlogs/{account}/export", tag = "Activity", operation_id = "exportActivity",
    params(
        ("account" = String, Path, description = "The organization's or company's name, or one's own username."),
        Format,
        LogQuery
    ),
    responses((
        status = 200, description = "The log, newest first.",
        content((String = "text/csv"), (String = "application/x-ndjson"))
    ))
)]
pub(super) async fn activity(
    Extension(call): Extension<Call>,
    Named(account): Named<String>,
    Asked(Format { format }): Asked<Format>,
    Asked(asked): Asked<LogQuery>,
) -> Result<Response, HttpError> {
    let filter = asked.filter()?;
    let kind = if format == Some(FormatName::Json) { Kind::JsonLines } else { Kind::Csv };
    let whose = Arc::new(move |conn: &mut Conn<'_>, caller: &Caller| scope(conn, caller, &account));
    export::activity(call.acting(), kind, filter, whose).await
}
