//! `muster requests`: its words.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use muster_model::RequestId;
use uuid::Uuid;

use crate::admin::{AdminError, Filter, ReplayRequest, Request, RequestsRequest};

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
    /// Write a piece of the log as a recording, which `muster simulate scim --recording` plays to any SCIM server.
    #[command(after_help = "\
Examples:
  muster requests export --connection okta okta.jsonl
  muster requests export --connection okta --since 2h --until 1h okta.jsonl
  muster requests export --connection okta --with-personal-data okta.jsonl

Whatever says who people are is replaced by pseudonyms, the same for the same value; the first line of the file says what
was changed. docs/recordings.md describes the format.")]
    Export(ExportArgs),
    /// Run recorded requests again, under today's rules and limits: tried first, done with `--apply`.
    #[command(after_help = "\
Examples:
  muster requests replay 0190f5fe-7c2a-7000-8000-0123456789ab
  muster requests replay 0190f5fe-7c2a-7000-8000-0123456789ab --apply
  muster requests replay --connection okta --from 2h --to 1h --apply --yes

A request whose resource was written since is skipped, unless it is named alone with `--although-written`.

Up to 200 requests are tried together, in one transaction that is rolled back, so that seats, duplicates and the mass-change
guard add up as in earnest; on the embedded database others wait that long with their writing, which is some tenths of a
second at most. Of more, or where that takes more than half a second, each is tried alone on the present state, which
the result says. Done are up to 1,000 at a time.")]
    Replay(ReplayArgs),
}

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file; `-` is the standard output.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// From when: a date such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 12h or 7d [default: all].
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Until when [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Leave in who people are.
    #[arg(long)]
    pub(crate) with_personal_data: bool,
    /// Replace the file if it exists.
    #[arg(long)]
    pub(crate) force: bool,
}

/// What to run again.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The TraceIDs of recorded requests.
    #[arg(conflicts_with_all = ["connection", "from", "to"], required_unless_present = "connection")]
    ids: Vec<RequestId>,
    /// The connection whose range it is.
    #[arg(long, value_name = "NAME", requires = "from")]
    connection: Option<String>,
    /// From when: a date such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 12h or 7d.
    #[arg(long, value_name = "TIME", requires = "connection")]
    from: Option<String>,
    /// Until when [default: now].
    #[arg(long, value_name = "TIME", requires = "connection")]
    to: Option<String>,
    /// Also where the resource was written since; for one request alone.
    #[arg(long)]
    although_written: bool,
    /// Do it, after it was tried and shown.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

impl ReplayArgs {
    /// What is asked for: to try it, or to do it.
    pub(crate) fn request(&self, apply: bool) -> Result<Request, AdminError> {
        if self.although_written && self.ids.len() != 1 {
            return Err(AdminError::Wrong("`--although-written` is for one request alone: name it".to_owned()));
        }
        Ok(Request::Requests(RequestsRequest::Replay(ReplayRequest {
            ids: self.ids.clone(),
            connection: self.connection.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            although_written: self.although_written,
            apply,
        })))
    }
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

impl ListArgs {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        Request::Requests(RequestsRequest::List(self.filter()))
    }

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
