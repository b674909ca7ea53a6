//! What is exported whole: members (ORG-7), the activity log (ORG-9), the audit of a domain (ORG-6). Each is streamed page by
//! page, so that memory stays the same however much there is.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, future::BoxFuture, stream};
use http::{HeaderValue, header};
use muster_engine::{
    EngineError,
    activity::{self, Filter, Scope},
    authority::{Action, Caller},
    domains, roster,
};
use muster_model::{AccountId, Timestamp, domain::Holder};
use muster_store::Conn;
use uuid::Uuid;

use crate::{
    HttpError,
    acting::Acting,
    activity::{ActivityLine, activity_csv},
    app::Lane,
    roster::{members_csv, outsiders_csv},
};

/// How many lines are read at once.
const PAGE: usize = 500;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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
struct Piece<P> {
    /// What the file is called after: something that a header can hold, such as an organization's name.
    of: String,
    /// The text.
    text: String,
    /// The place of the next one; `None` after the last one.
    next: Option<P>,
}

/// Makes the piece that begins at a place, or the first one.
type Next<P> = Box<dyn Fn(Option<P>) -> BoxFuture<'static, Result<Piece<P>, HttpError>> + Send + Sync>;

/// An answer that browsers save as a file, made piece by piece. The first one decides about the answer; what fails later
/// breaks it off.
async fn attachment<P: Send + 'static>(
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

/// Everybody in an organization, and who is invited, as CSV.
pub(crate) async fn members(acting: Acting, org: String) -> Result<Response, HttpError> {
    let now = acting.now();
    let next: Next<_> = Box::new(move |after| {
        let (acting, org) = (acting.clone(), org.clone());
        Box::pin(async move {
            let begin = after.is_none();
            let read = acting.read(Lane::Scan, move |conn, caller| {
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

/// Decides of whom the log is, and what the file is called after; asked for every piece.
pub(crate) type Whose = Arc<dyn Fn(&mut Conn<'_>, &Caller) -> Result<(Scope, String), EngineError> + Send + Sync>;

/// The entries of the activity log that a filter takes, newest first.
pub(crate) async fn activity(acting: Acting, kind: Kind, filter: Filter, whose: Whose) -> Result<Response, HttpError> {
    let now = acting.now();
    let next: Next<_> = Box::new(move |after| {
        let (acting, filter, whose) = (acting.clone(), filter.clone(), Arc::clone(&whose));
        Box::pin(async move {
            let begin = after.is_none();
            let read = acting.read(Lane::Scan, move |conn, caller| {
                let (scope, name) = whose(conn, caller)?;
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

/// Decides whose domain it is; asked for every piece.
pub(crate) type HeldBy = Arc<dyn Fn(&mut Conn<'_>, &Caller) -> Result<Holder, EngineError> + Send + Sync>;

/// Who has an address of a verified domain and is no member, as CSV.
pub(crate) async fn audit(acting: Acting, holder: HeldBy, domain: String) -> Result<Response, HttpError> {
    let now = acting.now();
    let next: Next<AccountId> = Box::new(move |after| {
        let (acting, holder, domain) = (acting.clone(), Arc::clone(&holder), domain.clone());
        Box::pin(async move {
            let begin = after.is_none();
            let after = after.unwrap_or(AccountId(Uuid::nil()));
            let read = acting.read(Lane::Scan, move |conn, caller| {
                let holder = holder(conn, caller)?;
                let name = domains::find(conn, holder, &domain)?.domain.name;
                Ok((domains::audit(conn, holder, &name, after, PAGE)?, name))
            });
            let (page, of) = read.await?;
            Ok(Piece { of, text: outsiders_csv(&page.people, begin)?, next: page.next })
        })
    });
    attachment("audit", Kind::Csv, now, next).await
}

fn json_lines(lines: &[ActivityLine]) -> Result<String, HttpError> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.json()?);
        text.push('\n');
    }
    Ok(text)
}
