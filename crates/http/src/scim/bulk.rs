//! `POST /Bulk` (RFC 7644 §3.7).
//!
//! Each operation is served by the handler of the request that it could have been, with a TraceID, a transaction and a row
//! on the request log of its own (SCIM-11). So every rule, the mass-change guard included, sees single requests; and they
//! run one after the other, so that a Bulk takes no more of the writer than any other client.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use muster_model::RequestId;
use muster_scim::{
    RequestError, ResourceType, ScimType,
    bulk::{self, BulkRequest, Method, Operation, OperationResponse, Ready, Reference, Step},
    schema,
};
use serde_json::Value;

use super::{Call, answers, exchange::Exchange, rerun::respond};
use crate::{HttpError, arrival::Arrival, error::format};

/// Runs the operations of a Bulk and answers for each.
pub(super) async fn bulk(call: Call) -> Result<Response, HttpError> {
    let limits = call.app.capabilities().bulk.ok_or(HttpError::NotImplemented("bulk"))?;
    let request = call.parse(|body, notes| BulkRequest::from_value(body, &limits, notes))?;
    // Most of the time that a request may take: the answer has to be written, too.
    let time = call.app.limits().request_time.mul_f64(0.75);
    let run = Run {
        exchange: &call,
        made: makers(&request.operations),
        done: request.operations.iter().map(|_| None).collect(),
        left_out: HashMap::new(),
    };
    let done = run.all(&request, time).await;
    Ok(answers::found(bulk::render(&done)))
}

/// What has become of the operations that make something, by their `bulkId`.
enum Made {
    NotYet,
    /// The id of what it made.
    Id(String),
    Failed,
}

fn makers(operations: &[Operation]) -> HashMap<String, Made> {
    operations.iter().filter_map(|operation| Some((operation.makes()?.to_owned(), Made::NotYet))).collect()
}

/// A Bulk while it runs.
struct Run<'e> {
    exchange: &'e Exchange,
    made: HashMap<String, Made>,
    /// What came of each operation that was run.
    done: Vec<Option<OperationResponse>>,
    /// The references that were left out when an operation made its resource.
    left_out: HashMap<usize, Vec<String>>,
}

/// What came of one request.
struct Served {
    status: StatusCode,
    location: Option<String>,
    version: Option<String>,
    error: Option<Arc<HttpError>>,
    id: RequestId,
}

impl Run<'_> {
    async fn all(mut self, request: &BulkRequest, time: Duration) -> Vec<OperationResponse> {
        let mut errors = 0_u64;
        for step in request.steps() {
            let (Step::Run(index) | Step::Fill(index)) = step;
            let Some(operation) = request.operations.get(index) else { continue };
            let failed = match step {
                Step::Run(_) if self.exchange.arrival.started.elapsed() > time => {
                    self.finish(index, operation, Err(HttpError::TimedOut), None);
                    true
                }
                // What is left out still is told of below.
                Step::Fill(_) if self.exchange.arrival.started.elapsed() > time => continue,
                Step::Run(_) => self.run(index, operation).await,
                Step::Fill(_) => self.fill(index, operation).await,
            };
            errors += u64::from(failed);
            if request.fail_on_errors.is_some_and(|most| errors >= most) {
                break;
            }
        }
        for (index, names) in std::mem::take(&mut self.left_out) {
            let names: Vec<String> =
                names.iter().map(|name| format!("`{}`", name.chars().take(80).collect::<String>())).collect();
            let detail = format!("made, but without what refers to {}: the request ended before", names.join(", "));
            let error = HttpError::from(RequestError::new(409, None, detail));
            self.incomplete(index, &error, self.exchange.arrival.id);
        }
        self.done.into_iter().flatten().collect()
    }

    /// Says that a resource is there, which its location tells, but not as it was asked for.
    fn incomplete(&mut self, index: usize, error: &HttpError, id: RequestId) {
        if let Some(Some(response)) = self.done.get_mut(index) {
            response.status = error.status().as_u16();
            response.response = Some(format::scim_body(error, &id.to_string()));
        }
    }

    /// Runs an operation; whether it failed.
    async fn run(&mut self, index: usize, operation: &Operation) -> bool {
        let resolved = match &operation.work {
            Ok(work) => work.resolve(&mut |name| self.find(name)).map(|ready| (work, ready)),
            Err(error) => Err(error.clone()),
        };
        match resolved {
            Ok((work, ready)) => {
                let location = ready.id.as_deref().map(|id| self.location(work.resource_type, id));
                let left_out = ready.left_out.clone();
                let served = self.serve(work.method, work.resource_type, ready, work.version.as_deref()).await;
                if served.error.is_none() && !left_out.is_empty() {
                    self.left_out.insert(index, left_out);
                }
                self.finish(index, operation, Ok(served), location)
            }
            Err(error) => self.finish(index, operation, Err(error.into()), None),
        }
    }

    /// Gives what an operation made the references that were left out; whether it failed.
    async fn fill(&mut self, index: usize, operation: &Operation) -> bool {
        let (Some(names), Ok(work)) = (self.left_out.remove(&index), &operation.work) else { return false };
        let ids: Result<Vec<String>, RequestError> = names
            .iter()
            .map(|name| match self.find(name)? {
                Reference::Id(id) => Ok(id),
                Reference::Later => Err(unmade(name)),
            })
            .collect();
        let made = operation.makes().and_then(|name| match self.made.get(name) {
            Some(Made::Id(id)) => Some(id.clone()),
            _ => None,
        });
        let outcome = match ids {
            Ok(ids) => {
                let ready = Ready { id: made, data: work.fill(&ids), left_out: Vec::new() };
                let served = self.serve(Method::Patch, work.resource_type, ready, None).await;
                if let Some(Some(response)) = self.done.get_mut(index) {
                    response.version = served.version.or(response.version.take());
                }
                served.error.map(|error| (error, served.id))
            }
            Err(error) => Some((Arc::new(error.into()), self.exchange.arrival.id)),
        };
        let failed = outcome.is_some();
        if let Some((error, id)) = outcome {
            self.incomplete(index, &error, id);
        }
        failed
    }

    /// What a reference stands for.
    fn find(&self, name: &str) -> Result<Reference, RequestError> {
        match self.made.get(name) {
            Some(Made::Id(id)) => Ok(Reference::Id(id.clone())),
            Some(Made::NotYet) => Ok(Reference::Later),
            Some(Made::Failed) => Err(unmade(name)),
            None => {
                let named: String = name.chars().take(80).collect();
                let detail = format!("`bulkId:{named}` is the `bulkId` of no POST in this request");
                Err(RequestError::bad(ScimType::InvalidValue, detail))
            }
        }
    }

    /// Serves an operation as a request of its own.
    async fn serve(&self, method: Method, resource_type: ResourceType, ready: Ready, version: Option<&str>) -> Served {
        let path = match &ready.id {
            Some(id) => format!("{}/{id}", resource_type.endpoint()),
            None => resource_type.endpoint().to_owned(),
        };
        let mut arrival = Arrival::now(&self.exchange.app);
        let mut headers = HeaderMap::new();
        if let Some(agent) = self.exchange.headers().get(header::USER_AGENT) {
            headers.insert(header::USER_AGENT, agent.clone());
        }
        if let Some(version) = version {
            // Without its condition, the operation must not run.
            let Ok(version) = HeaderValue::from_str(version) else {
                return Served::failed(HttpError::Precondition, arrival.id);
            };
            headers.insert(header::IF_MATCH, version);
        }
        arrival.at = self.exchange.arrival.at.max(arrival.at);
        let request = Request::builder().method(method.as_str()).uri(path).body(Body::empty());
        let (mut parts, nothing) = match request {
            Ok(request) => request.into_parts(),
            Err(_) => return Served::failed(HttpError::NoRoute, arrival.id),
        };
        parts.headers = headers;
        let Some(part) = self.exchange.part(arrival, &mut parts) else {
            return Served::failed(HttpError::NotImplemented("running a bulk request again as a whole"), arrival.id);
        };
        let part = Arc::new(part);
        if ready.data != Value::Null {
            part.receive(Bytes::from(ready.data.to_string()));
        }
        parts.extensions.insert(Arc::clone(&part));
        let response = respond(Request::from_parts(parts, nothing)).await;
        let error = response.extensions().get::<Arc<HttpError>>().cloned();
        part.log(response.status().as_u16(), error.as_deref()).await;
        let text = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        Served {
            status: response.status(),
            location: text(header::LOCATION),
            version: text(header::ETAG),
            error,
            id: arrival.id,
        }
    }

    /// Keeps what came of an operation; whether it failed.
    fn finish(
        &mut self,
        index: usize,
        operation: &Operation,
        served: Result<Served, HttpError>,
        location: Option<String>,
    ) -> bool {
        let served = served.unwrap_or_else(|error| Served::failed(error, self.exchange.arrival.id));
        let failed = served.error.is_some();
        let location = served.location.or(location);
        if let Some(made) = operation.makes().and_then(|name| self.made.get_mut(name)) {
            let id = location.as_deref().and_then(|location| location.rsplit('/').next());
            *made = id.filter(|_| !failed).map_or(Made::Failed, |id| Made::Id(id.to_owned()));
        }
        self.exchange.note_part(!failed);
        self.done[index] = Some(OperationResponse {
            method: operation.method,
            bulk_id: operation.bulk_id.clone(),
            location,
            version: served.version,
            status: served.status.as_u16(),
            response: served.error.map(|error| format::scim_body(&error, &served.id.to_string())),
        });
        failed
    }

    fn location(&self, resource_type: ResourceType, id: &str) -> String {
        schema::location(&self.exchange.base_url, resource_type, id)
    }
}

impl Served {
    fn failed(error: HttpError, id: RequestId) -> Self {
        Self { status: error.status(), location: None, version: None, error: Some(Arc::new(error)), id }
    }
}

/// The error of a reference to what was to be made, and was not.
fn unmade(name: &str) -> RequestError {
    let named: String = name.chars().take(80).collect();
    RequestError::new(409, None, format!("the operation `{named}`, to which this one refers, made nothing"))
}
