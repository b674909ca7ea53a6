//! `muster requests`: its words.

use clap::{Args, Subcommand};
use muster_model::RequestId;
use uuid::Uuid;

use crate::admin::{Filter, Request, RequestsRequest};

/// What about the request log.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestsCommand {
    /// List requests, newest first: changes, refusals, reads.
    #[command(after_help = "\
Examples:
  muster requests list --connection okta --since 2h
  muster requests list --connection okta --status 4xx --since 7d --json
  muster requests list --connection okta --user ada@example.com --outcome changed")]
    List(ListArgs),
    /// Everything about one request: what was sent, how it was read, each decision with its rule, what changed.
    #[command(after_help = "Example:\n  muster requests show 0190f5fe-7c2a-7000-8000-0123456789ab")]
    Show {
        /// The TraceID, as `list`, `explain`, the answer's `X-Request-Id` and error texts show it.
        id: RequestId,
    },
}

/// Which requests.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The connection's name.
    #[arg(long)]
    connection: String,
    /// From when: a date such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 12h or 7d.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Until when.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only this status, such as 409, or class of statuses, such as 4xx.
    #[arg(long)]
    status: Option<String>,
    /// Only what came to this.
    #[arg(long, value_parser = ["changed", "unchanged", "read", "refused", "failed"])]
    outcome: Option<String>,
    /// Only what is about the user or group with this id.
    #[arg(long, value_name = "ID")]
    resource: Option<Uuid>,
    /// Only what is about this person: requests for the user, and those whose target or refusal names it.
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
    /// The page that ends before this TraceID.
    #[arg(long, value_name = "TRACE")]
    before: Option<RequestId>,
    /// How many requests at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

impl RequestsCommand {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        Request::Requests(match self {
            Self::List(args) => RequestsRequest::List(args.filter()),
            Self::Show { id } => RequestsRequest::Show { id: *id },
        })
    }
}

impl ListArgs {
    fn filter(&self) -> Filter {
        Filter {
            connection: self.connection.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
            status: self.status.clone(),
            outcome: self.outcome.clone(),
            resource: self.resource,
            user: self.user.clone(),
            before: self.before,
            limit: usize::try_from(self.limit).unwrap_or(usize::MAX),
        }
    }
}
