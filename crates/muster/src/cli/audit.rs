//! `muster audit`: its words.

use clap::{Args, Subcommand};

use muster_model::Stream;

use crate::admin::{ActivityRequest, Request, StreamRequest};

/// What about the activity log.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuditCommand {
    /// What happened, newest first.
    #[command(after_help = "\
Examples:
  muster audit list --account moby --action member
  muster audit list --actor ada@example.com --from 2026-11-01T00:00:00Z")]
    List {
        #[command(flatten)]
        which: WhichArgs,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Where the page begins, as the page before says it.
        #[arg(long, value_name = "PLACE")]
        after: Option<String>,
    },
    /// All of it, newest first: as CSV, or with `--json` one JSON object a line.
    #[command(after_help = "\
Examples:
  muster audit export --account moby > moby.csv
  muster audit export --json > everything.jsonl")]
    Export {
        #[command(flatten)]
        which: WhichArgs,
    },
    /// Where it is streamed to, as the server was told (`[activity]`), and how far.
    #[command(after_help = "\
Examples:
  muster audit streams
  muster audit streams --forget webhook")]
    Streams {
        /// End one that is set up no more: what waits for it is not sent, and not kept for it.
        #[arg(long, value_name = "STREAM", value_parser = stream)]
        forget: Option<Stream>,
    },
}

fn stream(text: &str) -> Result<Stream, String> {
    let found = Stream::ALL.into_iter().find(|stream| stream.as_str() == text);
    found.ok_or_else(|| "use file, syslog or webhook".to_owned())
}

/// Which entries.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhichArgs {
    /// Of an organization, or of the person with this username; everything without.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// An event, or the beginning of several: `team` for all of teams.
    #[arg(long, value_name = "EVENT")]
    action: Option<String>,
    /// The address of whoever did it, or `operator`, `system`, `token`.
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,
    /// A part of what it happened to.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Not before this time, such as 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

impl AuditCommand {
    /// Whether page follows page until all is told.
    pub(crate) fn is_export(&self) -> bool {
        matches!(self, Self::Export { .. })
    }

    /// What is asked for; an export goes on where the page before ended.
    pub(crate) fn request(&self, place: Option<String>) -> Request {
        let (which, limit, after) = match self.clone() {
            Self::List { which, limit, after } => (which, limit, after),
            Self::Export { which } => (which, 500, place),
            Self::Streams { forget } => return Request::Stream(StreamRequest { forget }),
        };
        let WhichArgs { account, action, actor, name, from, to } = which;
        let export = self.is_export();
        Request::Activity(ActivityRequest { account, action, actor, name, from, to, limit, after, export })
    }
}
