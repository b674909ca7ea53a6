//! Where the activity log is streamed to (ORG-9), made of what the configuration says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use http::Uri;
use muster_crypto::{NotWebhookSecret, WebhookSecret};
use muster_http::{Destination, Syslog, SyslogError, Webhook};

/// The section `[activity]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity {
    /// The file that lines are appended to.
    pub(crate) file: Option<PathBuf>,
    /// The syslog server.
    pub(crate) syslog: Option<String>,
    /// Whose certificates the syslog server is believed by; `None`: the system's.
    pub(crate) syslog_ca_file: Option<PathBuf>,
    /// The web server.
    pub(crate) webhook: Option<Uri>,
    /// What holds the secret that it knows us by.
    pub(crate) webhook_secret_file: Option<PathBuf>,
}

/// A stream of the activity log cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActivityError {
    /// A file.
    #[error("`{setting}` names `{path}`, which cannot be read", path = .path.display())]
    File {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The web server would not know who sends.
    #[error(
        "`activity.webhook` needs a secret: put `whsec_` and the output of `openssl rand -base64 32` into a file, and name it \
         with `activity.webhook_secret_file`"
    )]
    NoSecret,
    /// The secret is none.
    #[error("`activity.webhook_secret_file` cannot be used")]
    Secret(#[source] NotWebhookSecret),
    /// The syslog server, or its authorities.
    #[error("`activity.syslog` cannot be used")]
    Syslog(#[from] SyslogError),
}

impl Activity {
    /// Where to send it, with everything that is needed for it.
    pub(crate) fn destinations(&self) -> Result<Vec<Destination>, ActivityError> {
        let mut destinations = Vec::new();
        destinations.extend(self.file.clone().map(Destination::File));
        if let Some(address) = &self.syslog {
            let read = |path| read("activity.syslog_ca_file", path);
            let authorities = self.syslog_ca_file.as_deref().map(read).transpose()?;
            destinations.push(Destination::Syslog(Syslog::new(address, authorities.as_deref())?));
        }
        if let Some(url) = &self.webhook {
            let path = self.webhook_secret_file.as_deref().ok_or(ActivityError::NoSecret)?;
            let text = read("activity.webhook_secret_file", path)?;
            let secret = WebhookSecret::parse(&String::from_utf8_lossy(&text)).map_err(ActivityError::Secret)?;
            destinations.push(Destination::Webhook(Box::new(Webhook { url: url.clone(), secret })));
        }
        Ok(destinations)
    }
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, ActivityError> {
    fs::read(path).map_err(|source| ActivityError::File { setting, path: path.to_owned(), source })
}
