//! `muster requests` over a server.

use http::Method;
use muster_engine::Surroundings as _;
use muster_model::RequestId;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    client::Client,
    connection::{all, named},
    only_there,
};
use crate::{
    admin::{
        AdminError, Answer, Filter, ReplayRequest, Replayed, RequestDetails, RequestLine, RequestList, RequestsRequest,
        moment,
    },
    surroundings::System,
};

#[derive(Debug, Deserialize)]
struct Page {
    next: Option<Uuid>,
    results: Vec<RequestLine>,
}

pub(super) fn run(client: &Client, request: RequestsRequest) -> Result<Answer, AdminError> {
    Ok(match request {
        RequestsRequest::List(filter) => Answer::Requests(list(client, filter)?),
        RequestsRequest::Show { id } => Answer::RequestDetails(Box::new(find(client, id)?.1)),
        RequestsRequest::Replay(request) => Answer::Replayed(replay(client, &request)?),
        RequestsRequest::Export(_) => return Err(only_there("exporting recordings")),
    })
}

/// A time as people type it, as the server reads it.
fn time(text: Option<&str>) -> Result<Option<String>, AdminError> {
    let now = System::default().now();
    Ok(text.map(|text| moment(text, now)).transpose()?.map(|at| at.to_string()))
}

fn list(client: &Client, filter: Filter) -> Result<RequestList, AdminError> {
    let id = named(client, &filter.connection)?.id;
    let (since, until) = (time(filter.since.as_deref())?, time(filter.until.as_deref())?);
    let resource = filter.resource.map(|id| id.to_string());
    let mut before = filter.before.map(|id| id.to_string());
    let mut requests = Vec::new();
    loop {
        let query: Vec<(&str, &str)> = [
            ("since", since.as_deref()),
            ("until", until.as_deref()),
            ("status", filter.status.as_deref()),
            ("outcome", filter.outcome.as_deref()),
            ("resource", resource.as_deref()),
            ("user", filter.user.as_deref()),
            ("before", before.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let page: Page = client.get(&["connections", &id, "traces"], &query)?;
        requests.extend(page.results);
        if requests.len() > filter.limit {
            requests.truncate(filter.limit);
            let next = requests.last().map(|last| last.id.0);
            return Ok(RequestList { connection: filter.connection, requests, next });
        }
        if page.next.is_none() || requests.len() == filter.limit {
            return Ok(RequestList { connection: filter.connection, requests, next: page.next });
        }
        before = page.next.map(|next| next.to_string());
    }
}

/// A trace, and the connection on whose log it is.
fn find(client: &Client, id: RequestId) -> Result<(String, RequestDetails), AdminError> {
    for connection in all(client)? {
        match client.get(&["connections", &connection.id, "traces", &id.to_string()], &[]) {
            Err(error) if error.is_not_found() => {}
            found => return Ok((connection.id, found?)),
        }
    }
    let hint = "it is on the log of none of your connections, or has expired; `muster requests list` has the rest";
    Err(AdminError::Missing { kind: "request", name: id.to_string(), hint: hint.to_owned() })
}

fn replay(client: &Client, request: &ReplayRequest) -> Result<Replayed, AdminError> {
    let id = match (request.ids.first(), &request.connection) {
        (Some(first), _) => find(client, *first)?.0,
        (None, Some(name)) => named(client, name)?.id,
        (None, None) => {
            return Err(AdminError::Wrong("name requests, or a range with `--connection` and `--from`".to_owned()));
        }
    };
    let body = json!({
        "trace_ids": request.ids,
        "from": time(request.from.as_deref())?,
        "to": time(request.to.as_deref())?,
        "although_written": request.although_written,
        "apply": request.apply,
    });
    Ok(client.write(Method::POST, &["connections", &id, "traces", "replay"], &body)?)
}
