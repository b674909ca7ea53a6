//! Signing what is sent to web servers, as [Standard Webhooks](https://www.standardwebhooks.com) has it.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{NoRandomness, random};

/// The symmetric secret that sender and receiver share.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

/// A text that is no such secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not `whsec_` and the base64 of 24 to 64 random bytes: make one with `openssl rand -base64 32`")]
pub struct NotWebhookSecret;

impl WebhookSecret {
    /// Reads `whsec_` and base64, as receivers know it; white space around it is ignored.
    ///
    /// # Errors
    ///
    /// When it is something else, or too short to be safe.
    pub fn parse(text: &str) -> Result<Self, NotWebhookSecret> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(NotWebhookSecret)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| NotWebhookSecret)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(NotWebhookSecret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The text of a new secret, which [`WebhookSecret::parse`] reads.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn generate() -> Result<String, NoRandomness> {
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        Ok(format!("whsec_{}", BASE64_STANDARD.encode(bytes)))
    }

    /// The value of `webhook-signature` for a message with this id, sent at this time in seconds since 1970.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
            context.update(part);
        }
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the reference implementations of Standard Webhooks.
    #[test]
    fn a_message_is_signed_as_the_specification_has_it() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_!"] {
            assert!(WebhookSecret::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).contains("MfK"));
    }
}
