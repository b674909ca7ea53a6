//! Metadata of a service provider, from where it publishes it.

use std::time::Duration;

use super::{SamlApplication, SsoError};

/// How long a service provider may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest metadata that is read, in bytes.
const METADATA_BYTES: usize = 256 * 1_024;

impl SamlApplication {
    /// An application by the address of its metadata.
    ///
    /// # Errors
    ///
    /// [`SsoError::Metadata`] if nothing comes, or what comes is not the metadata of a service provider.
    pub async fn fetch(url: &str) -> Result<SamlApplication, SsoError> {
        let wrong = |reason: &dyn std::fmt::Display| SsoError::Metadata(format!("{url}: {reason}"));
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| wrong(&error))?;
        let sent = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        let mut answer = sent.map_err(|error| wrong(&error.without_url()))?;
        let mut bytes = Vec::new();
        while let Some(more) = answer.chunk().await.map_err(|error| wrong(&error.without_url()))? {
            bytes.extend_from_slice(&more);
            if bytes.len() > METADATA_BYTES {
                return Err(wrong(&"it has more than 256 KiB"));
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| wrong(&"it is not UTF-8"))?;
        SamlApplication::from_metadata(&text).map_err(|error| wrong(&error))
    }
}
