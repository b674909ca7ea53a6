//! What is exported whole: members (ORG-7), the activity log (ORG-9), the audit of a domain (ORG-6). Each is streamed page by
//! page, so that memory stays the same however much there is.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::{
    Extension,
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, future::BoxFuture, stream};
use http::{HeaderValue, header};
use muster_engine::{activity, authority::Action, roster};
use muster_model::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    activity::{LogQuery, scope},
    call::Call,
    sent::{Asked, Named},
};
use crate::{
    HttpError,
    activity::{ActivityLine, activity_csv},
    app::Lane,
    roster::members_csv,
};

/// How many lines are read at once.
pub(super) const PAGE: usize = 500;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// CSV, with the names of the columns first.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

impl Kind {
    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/x-ndjson",
        })
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// A piece of an export, and where the next one begins.
pub(super) struct Piece<P> {
    /// What the file is called after: something that a header can hold, such as an organization's name.
    pub(super) of: String,
    /// The text.
    pub(super) text: String,
    /// The place of the next one; `None` after the last one.
    pub(super) next: Option<P>,
}

/// Makes the piece that begins at a place, or the first one.
pub(super) type Next<P> = Box<dyn Fn(Option<P>) -> BoxFuture<'static, Result<Piece<P>, HttpError>> + Send + Sync>;

/// An answer that browsers save as a file, made piece by piece. The first one decides about the answer; what fails later
/// breaks it off.
pub(super) async fn attachment<P: Send + 'static>(
    what: &str,
    kind: Kind,
    now: Timestamp,
    next: Next<P>,
) -> Result<Response, HttpError> {
    let Piece { of, text, next: place } = next(None).await?;
    let rest = stream::try_unfold((next, place), async |(next, place)| {
        let Some(place) = place else { return Ok::<_, HttpError>(None) };
        let piece = next(Some(place)).await?;
        Ok(Some((piece.text, (next, piece.next))))
    });
    let first = stream::once(async { Ok::<_, HttpError>(text) });
    let mut response = Body::from_stream(first.chain(rest)).into_response();
    let stamp: String = now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let named = format!("attachment; filename=\"{of}-{what}-{stamp}.{}\"", kind.extension());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(HeaderValue::from_str(&named).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    Ok(response)
}

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
    let now = call.now();
    let next: Next<_> = Box::new(move |after| {
        let (call, org) = (call.clone(), org.clone());
        Box::pin(async move {
            let begin = after.is_none();
            let read = call.read(Lane::Scan, move |conn, caller| {
                let (organization, _) = caller.organization(conn, &org, Action::ExportMembers)?;
                let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
                let page = roster::page(conn, &organization, after.as_ref(), limit, now)?;
                Ok((organization.name, page))
            });
            let (of, page) = read.await?;
            Ok(Piece { of, text: members_csv(&page.people, begin)?, next: page.next })
        })
    });
    attachment("members", Kind::Csv, now, next).await
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
    let now = call.now();
    let kind = if format == Some(FormatName::Json) { Kind::JsonLines } else { Kind::Csv };
    let next: Next<_> = Box::new(move |after| {
        let (call, account, filter) = (call.clone(), account.clone(), filter.clone());
        Box::pin(async move {
            let begin = after.is_none();
            let read = call.read(Lane::Scan, move |conn, caller| {
                let (scope, name) = scope(conn, caller, &account)?;
                Ok((name, activity::page(conn, scope, &filter, after, PAGE)?))
            });
            let (of, (entries, next)) = read.await?;
            let lines: Vec<ActivityLine> = entries.into_iter().map(ActivityLine::from).collect();
            let text = match kind {
                Kind::Csv => activity_csv(&lines, begin)?,
                Kind::JsonLines => json_lines(&lines)?,
            };
            Ok(Piece { of, text, next })
        })
    });
    attachment("activity", kind, now, next).await
}

fn json_lines(lines: &[ActivityLine]) -> Result<String, HttpError> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.json()?);
        text.push('\n');
    }
    Ok(text)
}
