//! The bearer token of the management API: a signed note of what was exchanged for it (SEC-1).
//!
//! It is a JWT because clients of Hub's API read its `exp`. It carries no authority of its own: with every request the
//! database is asked whether what it was exchanged for still counts, so revoking that ends it at once.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use muster_crypto::Sealer;
use muster_engine::{authority::Who, credentials::exchange::Proof};
use muster_model::{AccountId, OrganizationId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{App, HttpError, Unauthorized};

/// How long one is good.
pub(super) const LIVES: Duration = Duration::from_mins(10);

/// What a bearer token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bearer {
    /// Who called for it.
    pub(super) who: Who,
    /// With what.
    pub(super) proof: Proof,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The account, or the organization.
    sub: Uuid,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
    jti: Uuid,
    #[serde(flatten)]
    by: By,
}

/// What it was exchanged for.
#[derive(Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
enum By {
    Password {
        /// When the password was set, in microseconds.
        set: i64,
    },
    Personal {
        token: TokenId,
    },
    Organization {
        token: TokenId,
    },
}

impl Bearer {
    /// The account or organization behind it.
    pub(super) fn subject(&self) -> Uuid {
        match self.who {
            Who::Account(id) => id.0,
            Who::Token { organization, .. } => organization.0,
        }
    }

    /// By what it was exchanged: an access token, or the account whose password it was.
    pub(super) fn origin(&self) -> Uuid {
        match self.proof {
            Proof::Password { account, .. } => account.0,
            Proof::Personal(token) | Proof::Organization(token) => token.0,
        }
    }

    /// As clients send it, from now until it ends.
    pub(super) fn write(&self, app: &App, now: Timestamp, id: Uuid) -> Result<String, HttpError> {
        let by = match self.proof {
            Proof::Password { set, .. } => By::Password { set: set.0 },
            Proof::Personal(token) => By::Personal { token },
            Proof::Organization(token) => By::Organization { token },
        };
        let seconds = now.millis() / 1_000;
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: app.base_url().to_owned(),
            aud: audience(app),
            sub: self.subject(),
            iat: seconds,
            exp: seconds.saturating_add(i64::try_from(LIVES.as_secs()).unwrap_or(0)),
            jti: id,
            by,
        };
        let key = EncodingKey::from_secret(&key(app.sealer()));
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|error| HttpError::Internal("a bearer token cannot be signed", Arc::new(error)))
    }

    /// What a client has sent, if it is ours and has not ended.
    pub(super) fn read(app: &App, text: &str, now: Timestamp) -> Result<Self, Unauthorized> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[app.base_url()]);
        validation.set_audience(&[audience(app)]);
        // By the application's clock, below.
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(&key(app.sealer()));
        let token = jsonwebtoken::decode::<Claims>(text, &key, &validation).map_err(|_| Unauthorized::NotApiToken)?;
        let claims = token.claims;
        if i64::try_from(now.millis() / 1_000).unwrap_or(i64::MAX) >= claims.exp {
            return Err(Unauthorized::NotApiToken);
        }
        let account = AccountId(claims.sub);
        Ok(match claims.by {
            By::Password { set } => {
                Self { who: Who::Account(account), proof: Proof::Password { account, set: Timestamp(set) } }
            }
            By::Personal { token } => Self { who: Who::Account(account), proof: Proof::Personal(token) },
            By::Organization { token } => Self {
                who: Who::Token { token, organization: OrganizationId(claims.sub) },
                proof: Proof::Organization(token),
            },
        })
    }
}

fn audience(app: &App) -> String {
    format!("{}/v2", app.base_url())
}

/// A key for this alone, which every node makes of the data key.
fn key(sealer: &Sealer) -> [u8; 32] {
    sealer.fingerprint("signs bearer tokens of the management API", &[])
}
