//! The request log, from the shell (SCIM-11).

mod export;
mod list;
mod replay;
mod show;
mod time;

use muster_model::RequestId;
use serde::{Deserialize, Serialize};

use super::{AdminError, Answer, Installation};

pub(crate) use export::{ExportPage, ExportRequest};
pub(crate) use list::{Filter, RequestList};
pub(crate) use muster_http::traces::{ReplayView as Replayed, RequestDetails, RequestLine};
pub(crate) use replay::ReplayRequest;
pub(crate) use time::parse as moment;

/// What about the request log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestsRequest {
    /// Which requests there were.
    List(Filter),
    /// Everything about one.
    Show {
        /// Its TraceID.
        id: RequestId,
    },
    /// A page of what was recorded, for a recording.
    Export(ExportRequest),
    /// Run some again.
    Replay(ReplayRequest),
}

pub(super) fn run(installation: &Installation, request: RequestsRequest) -> Result<Answer, AdminError> {
    match request {
        RequestsRequest::Export(request) => export::export(installation, request).map(Answer::ExportPage),
        RequestsRequest::List(filter) => list::list(installation, filter).map(Answer::Requests),
        RequestsRequest::Replay(request) => replay::replay(installation, &request).map(Answer::Replayed),
        RequestsRequest::Show { id } => show::show(installation, id).map(Box::new).map(Answer::RequestDetails),
    }
}
