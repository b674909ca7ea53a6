//! `/v2/orgs/{org}/members/export`: everybody as CSV (ORG-7), streamed page by page.

use axum::{
    Extension,
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderValue, header};
use muster_engine::{authority::Action, members::Place, roster};

use super::{call::Call, sent::Named};
use crate::{HttpError, app::Lane, roster::members_csv};

/// How many people are read at once: memory stays the same however many there are.
const PAGE: i64 = 500;

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
    // The first page decides about the answer; what fails later breaks it off.
    let (name, text, next) = page(&call, &org, None).await?;
    let rest = stream::try_unfold((call.clone(), org, next), async |(call, org, next)| {
        let Some(after) = next else { return Ok::<_, HttpError>(None) };
        let (_, text, next) = page(&call, &org, Some(after)).await?;
        Ok(Some((text, (call, org, next))))
    });
    let first = stream::once(async { Ok::<_, HttpError>(text) });
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    let stamp: String = call.now().to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let named = format!("attachment; filename=\"{name}-members-{stamp}.csv\"");
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Names of organizations have nothing in them that a header could not hold.
    headers.extend(HeaderValue::from_str(&named).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    Ok(response)
}

/// A page: the organization's name, the text, and where the next page begins.
async fn page(call: &Call, org: &str, after: Option<Place>) -> Result<(String, String, Option<Place>), HttpError> {
    let (org, now, begin) = (org.to_owned(), call.now(), after.is_none());
    let read = call.read(Lane::Scan, move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ExportMembers)?;
        let page = roster::page(conn, &organization, after.as_ref(), PAGE, now)?;
        Ok((organization.name, page))
    });
    let (name, page) = read.await?;
    Ok((name, members_csv(&page.people, begin)?, page.next))
}
