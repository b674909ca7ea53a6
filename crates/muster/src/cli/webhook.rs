//! `muster webhook`: its words.

use clap::{Args, Subcommand};

use crate::admin::{Request, WebhookRequest};

/// Which webhook.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// Its id, or ORGANIZATION/NAME; the name alone of one of the installation.
    webhook: String,
}

/// What about webhooks.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Where what happens is sent, and how that goes.
    #[command(after_help = "Examples:\n  muster webhook list\n  muster webhook list --organization moby")]
    List {
        /// Of this organization; without it those of the installation.
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
    },
    /// Add a web server; its secret is shown once.
    #[command(after_help = "\
Examples:
  muster webhook add notes --organization moby --url https://notes.example.com/muster --events 'member.*,team.*'
  muster webhook add audit --url https://audit.example.com/     # everybody's events, as the operator")]
    Add {
        /// What it is known by.
        name: String,
        /// Whose events; everybody's without.
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
        /// Where it takes messages.
        #[arg(long)]
        url: String,
        /// Which ones, such as member.suspended or 'team.*'; all without.
        #[arg(long, value_delimiter = ',', value_name = "EVENT")]
        events: Vec<String>,
    },
    /// What it was sent, or is to be sent, newest first.
    #[command(after_help = "Example:\n  muster webhook messages moby/notes --state dead")]
    Messages {
        #[command(flatten)]
        which: Which,
        /// Only those: pending, delivered or dead.
        #[arg(long, value_parser = ["pending", "delivered", "dead"])]
        state: Option<String>,
    },
    /// Send again what was given up, what is named, or what happened within a time.
    #[command(after_help = "\
Examples:
  muster webhook replay moby/notes --dead
  muster webhook replay moby/notes --position 57.1 --position 58.0
  muster webhook replay moby/notes --from 2026-11-22T10:00:00Z --to 2026-11-22T11:00:00Z")]
    Replay {
        #[command(flatten)]
        which: Which,
        /// Whatever was given up.
        #[arg(long, conflicts_with_all = ["position", "from", "to"], required_unless_present_any = ["position", "from"])]
        dead: bool,
        /// These, as `messages` shows them.
        #[arg(long, value_name = "POSITION", conflicts_with_all = ["from", "to"])]
        position: Vec<String>,
        /// Whatever happened from then on.
        #[arg(long, value_name = "TIME", requires = "to")]
        from: Option<String>,
        /// Until before then.
        #[arg(long, value_name = "TIME", requires = "from")]
        to: Option<String>,
    },
    /// Send a test now, and say what came of it.
    #[command(after_help = "Example:\n  muster webhook test moby/notes")]
    Test {
        #[command(flatten)]
        which: Which,
    },
    /// Make a new secret; messages are signed with the former one, too, for another day.
    #[command(after_help = "Example:\n  muster webhook secret moby/notes")]
    Secret {
        #[command(flatten)]
        which: Which,
        /// Stop signing with the former one now.
        #[arg(long)]
        at_once: bool,
    },
    /// Send it what happens again, from now on.
    #[command(after_help = "Example:\n  muster webhook on moby/notes")]
    On {
        #[command(flatten)]
        which: Which,
    },
    /// Send it nothing any more.
    #[command(after_help = "Example:\n  muster webhook off moby/notes")]
    Off {
        #[command(flatten)]
        which: Which,
    },
    /// Remove it, with what it was sent.
    #[command(after_help = "Example:\n  muster webhook remove moby/notes")]
    Remove {
        #[command(flatten)]
        which: Which,
    },
}

impl WebhookCommand {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        Request::Webhook(match self.clone() {
            Self::List { organization } => WebhookRequest::List { organization },
            Self::Add { name, organization, url, events } => WebhookRequest::Add { name, organization, url, events },
            Self::Messages { which, state } => WebhookRequest::Messages { webhook: which.webhook, state },
            Self::Replay { which, dead, position, from, to } => {
                WebhookRequest::Replay { webhook: which.webhook, dead, positions: position, from, to }
            }
            Self::Test { which } => WebhookRequest::Test { webhook: which.webhook },
            Self::Secret { which, at_once } => WebhookRequest::Secret { webhook: which.webhook, at_once },
            Self::On { which } => WebhookRequest::Switch { webhook: which.webhook, on: true },
            Self::Off { which } => WebhookRequest::Switch { webhook: which.webhook, on: false },
            Self::Remove { which } => WebhookRequest::Remove { webhook: which.webhook },
        })
    }
}
