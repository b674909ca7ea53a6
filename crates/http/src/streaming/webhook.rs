//! Signed requests to a web server, as [Standard Webhooks](https://www.standardwebhooks.com) has them.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Uri, header};
use muster_crypto::{WebhookSecret, sha256};

use super::NotSent;
use crate::{ActivityLine, App};

/// The most entries of one request, and about how many bytes of them.
const ENTRIES: usize = 100;
const BYTES: usize = 512 * 1_024;

/// A web server that is sent the log.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where it takes it.
    pub url: Uri,
    /// What it knows us by.
    pub secret: WebhookSecret,
}

impl Webhook {
    /// Sends these entries in as few requests as it takes; each must be answered 2xx.
    pub(super) async fn send(&self, app: &App, lines: &[ActivityLine]) -> Result<(), NotSent> {
        let mut data = String::new();
        let mut entries = 0;
        for line in lines {
            let line = super::json(line)?;
            if entries == ENTRIES || entries > 0 && data.len() + line.len() > BYTES {
                self.post(app, &data).await?;
                data.clear();
                entries = 0;
            }
            data.push_str(if entries > 0 { "," } else { "" });
            data.push_str(&line);
            entries += 1;
        }
        self.post(app, &data).await
    }

    async fn post(&self, app: &App, data: &str) -> Result<(), NotSent> {
        let now = app.surroundings().now();
        // The same entries have the same id, so that a receiver knows what it was sent before.
        let digest = sha256(data.as_bytes());
        let id = format!("activity_{}", BASE64_URL_SAFE_NO_PAD.encode(&digest[..16]));
        let body = format!("{{\"type\":\"activity\",\"timestamp\":\"{now}\",\"data\":[{data}]}}");
        let request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.seconds())
            .header("webhook-signature", self.secret.sign(&id, now.seconds(), body.as_bytes()))
            .body(Bytes::from(body))
            .map_err(|error| NotSent(error.to_string()))?;
        let answer = app.outbound().send(request).await.map_err(|error| NotSent(error.to_string()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(NotSent(format!("the web server answers {status}"))) }
    }
}
