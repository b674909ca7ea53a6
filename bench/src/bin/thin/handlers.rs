//! As much of SCIM as the load generator asks for.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use uuid::Uuid;

use crate::reader::Reader;
use crate::writer::{self, Refusal, Writer};

/// Where documents are kept.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
}

/// The routes, under the path that SCIM clients of Muster use.
pub(crate) fn router(store: Store) -> Router {
    Router::new()
        .route("/scim/v2/Users", get(list_users).post(create_user))
        .route("/scim/v2/Users/{id}", get(user).patch(patch_user))
        .with_state(store)
}

/// What must be read of a new user; the rest is stored unseen, though checked to be JSON.
#[derive(Deserialize)]
struct NewUser {
    #[serde(rename = "userName")]
    user_name: String,
}

async fn create_user(State(store): State<Store>, body: Bytes) -> Response {
    let parsed = serde_json::from_slice::<NewUser>(&body).ok().zip(std::str::from_utf8(&body).ok());
    let Some((NewUser { user_name }, text)) = parsed else {
        return answer(StatusCode::BAD_REQUEST, String::new());
    };
    let id = Uuid::now_v7();
    let rest = text.trim_start().trim_start_matches('{');
    let doc = format!(r#"{{"id":"{id}","meta":{},{rest}"#, writer::meta(1));
    match store.writer.insert(id, user_name.to_lowercase(), doc).await {
        Ok(doc) => answer(StatusCode::CREATED, doc),
        Err(refusal) => refused(refusal),
    }
}

#[derive(Deserialize)]
struct Patch {
    #[serde(rename = "Operations")]
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    value: Activity,
}

#[derive(Deserialize)]
struct Activity {
    active: bool,
}

async fn patch_user(State(store): State<Store>, Path(id): Path<Uuid>, body: Bytes) -> Response {
    let active = serde_json::from_slice::<Patch>(&body)
        .ok()
        .and_then(|patch| patch.operations.last().map(|operation| operation.value.active));
    let Some(active) = active else {
        return answer(StatusCode::BAD_REQUEST, String::new());
    };
    match store.writer.set_active(id, active).await {
        Ok(doc) => answer(StatusCode::OK, doc),
        Err(refusal) => refused(refusal),
    }
}

async fn user(State(store): State<Store>, Path(id): Path<Uuid>) -> Response {
    match store.reader.by_id(id).await.map(|mut docs| docs.pop()) {
        Ok(Some(doc)) => answer(StatusCode::OK, doc),
        Ok(None) => answer(StatusCode::NOT_FOUND, String::new()),
        Err(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

#[derive(Deserialize)]
struct List {
    filter: Option<String>,
    #[serde(rename = "startIndex")]
    start_index: Option<u32>,
    count: Option<u32>,
}

async fn list_users(State(store): State<Store>, Query(list): Query<List>) -> Response {
    let start_index = list.start_index.unwrap_or(1).max(1);
    let found = match &list.filter {
        Some(filter) => {
            let name = filter.strip_prefix("userName eq \"").and_then(|rest| rest.strip_suffix('"'));
            let Some(name) = name else {
                return answer(StatusCode::BAD_REQUEST, String::new());
            };
            store.reader.by_user_name_key(name.to_lowercase()).await.map(|docs| (docs.len(), docs))
        }
        None => {
            let count = list.count.unwrap_or(100).min(200);
            store.reader.page(start_index - 1, count).await.map(|docs| (store.writer.total(), docs))
        }
    };
    match found {
        Ok((total, docs)) => answer(StatusCode::OK, list_response(total, start_index, &docs)),
        Err(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

fn list_response(total: usize, start_index: u32, docs: &[String]) -> String {
    let mut body = String::with_capacity(200 + docs.iter().map(|doc| doc.len() + 1).sum::<usize>());
    body.push_str(&format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{total},"startIndex":{start_index},"itemsPerPage":{},"Resources":["#,
        docs.len()
    ));
    for (index, doc) in docs.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(doc);
    }
    body.push_str("]}");
    body
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Taken => answer(StatusCode::CONFLICT, String::new()),
        Refusal::Absent => answer(StatusCode::NOT_FOUND, String::new()),
        Refusal::Failed(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

fn answer(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/scim+json")], body).into_response()
}
