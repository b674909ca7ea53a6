//! `muster session`: its words.

use clap::Subcommand;

use crate::admin::{Request, SessionRequest};

/// What about sessions.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SessionCommand {
    /// Where a person is signed in, through what, and until when.
    #[command(after_help = "Example:\n  muster session list ada@example.com")]
    List {
        /// The account's email, or its id.
        who: String,
    },
    /// Sign a person out, everywhere or in one place, at once on every node.
    #[command(after_help = "\
Examples:
  muster session end ada@example.com
  muster session end ada@example.com --session 0190f5fe-7c2a-7000-8000-0123456789ab

Whoever may sign in can do so again: take the access away at the identity provider, or remove the member.")]
    End {
        /// The account's email, or its id.
        who: String,
        /// Only this one.
        #[arg(long, value_name = "ID")]
        session: Option<String>,
    },
}

impl SessionCommand {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        Request::Session(match self.clone() {
            Self::List { who } => SessionRequest::List { who },
            Self::End { who, session } => SessionRequest::End { who, session },
        })
    }
}
