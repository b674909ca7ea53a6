//! What became of recorded requests that were run again, readable.

use muster_model::RequestId;
use muster_store::RequestRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::replay::{Replayed, Verdict};

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReplayView {
    /// Whether it was for real.
    pub applied: bool,
    /// Each recorded request, in the order in which they came.
    pub requests: Vec<ReplayLine>,
    /// The first one that is left for the next time, because there are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub rest: Option<RequestId>,
}

/// One recorded request, and what came of it this time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReplayLine {
    /// The recorded request.
    #[schema(value_type = String, format = Uuid)]
    pub id: RequestId,
    /// When it came.
    #[schema(format = DateTime)]
    pub at: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// How it was answered then.
    pub was: i64,
    /// `changed`, `unchanged`, `refused`, `failed`, `skipped` or `impossible`.
    pub outcome: String,
    /// How it would be, or was, answered now.
    pub status: Option<u16>,
    /// Why not.
    pub detail: Option<String>,
    /// Whether it was only tried, alone and on the present state: what others of the range take was not counted.
    pub alone: bool,
    /// The TraceID of this time, once it is for real.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub trace: Option<RequestId>,
}

impl ReplayView {
    /// What became of a replay, which was for real if `applied`.
    #[must_use]
    pub fn of(replayed: Replayed, applied: bool) -> Self {
        let requests = replayed.results.into_iter().map(|(row, verdict)| line(row, verdict, applied)).collect();
        Self { applied, requests, rest: replayed.rest }
    }
}

fn line(row: RequestRow, verdict: Verdict, applied: bool) -> ReplayLine {
    let alone = matches!(&verdict, Verdict::Repeated(repeated) if repeated.alone);
    let (outcome, status, detail, trace) = match verdict {
        Verdict::Repeated(repeated) => {
            (repeated.outcome.to_owned(), Some(repeated.status), repeated.detail, applied.then_some(repeated.id))
        }
        Verdict::WrittenSince => {
            let why = "the resource was written since: name this request alone with `--although-written`";
            ("skipped".to_owned(), None, Some(why.to_owned()), None)
        }
        Verdict::Impossible(why) => ("impossible".to_owned(), None, Some(why.to_string()), None),
    };
    ReplayLine {
        id: row.id,
        at: row.at.to_string(),
        method: row.method,
        target: row.target,
        was: row.status,
        outcome,
        status,
        detail,
        alone,
        trace,
    }
}
