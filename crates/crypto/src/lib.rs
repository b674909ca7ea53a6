//! Secrets: made, sealed, hashed, compared.
//!
//! This crate owns how Muster handles what must not be read: tokens ([`token`]), passwords ([`password`]), one-time codes
//! ([`totp`], [`recovery`]), values at rest ([`seal`]), values that are compared but not kept ([`blind`]), messages to web servers ([`webhook`]), key pairs of our own ([`own_key`], [`signing_key`]), the master key that
//! opens them ([`key_file`]), and the type that keeps a secret out of logs ([`Secret`]). All cryptography is AWS-LC's, but
//! for Argon2, which that lacks, and one-time codes, of which a library knows the details; nothing is invented here. It must not know: the database, HTTP, or
//! what the secrets are for.

pub mod blind;
pub mod key_file;
pub mod own_key;
pub mod password;
pub mod recovery;
pub mod seal;
mod secret;
pub mod signing_key;
pub mod token;
pub mod totp;
pub mod webhook;

pub use blind::Blinder;
pub use key_file::{KeyFileError, MasterKey};
pub use own_key::{NoKey, OwnKey};
pub use password::{PasswordError, PasswordHash, Passwords};
pub use recovery::RecoveryCode;
pub use seal::{DataKey, Place, SealError, Sealer};
pub use secret::Secret;
pub use signing_key::SigningKey;
pub use token::{TokenHash, TokenPrefix, TokenText};
pub use totp::TotpSecret;
pub use webhook::{NotWebhookSecret, WebhookSecret};

/// Fills `bytes` with unpredictable ones, from AWS-LC's generator: seeded by the operating system, it needs no system
/// call for each id.
///
/// # Errors
///
/// When the operating system has no randomness to give, which no server should survive.
pub fn random(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| NoRandomness)
}

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}
