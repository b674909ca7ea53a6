//! Where the activity log is streamed to (ORG-9).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stream of the activity log. An installation has at most one of each kind, and each keeps its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Lines of a file.
    File,
    /// Messages to a syslog server (RFC 5424).
    Syslog,
    /// Signed requests to a web server (Standard Webhooks).
    Webhook,
}

impl Stream {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::File, Self::Syslog, Self::Webhook];

    /// The word for it, as in settings and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Syslog => "syslog",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
