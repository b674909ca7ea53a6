//! SCIM tokens as owners make them, over the management API and on the console's pages (SCIM-1).

use std::time::Duration;

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{EngineError, Env, tokens};
use muster_model::{Connection, Token};
use muster_store::Tx;

use crate::HttpError;

/// The longest that a token's life, or the overlap of two, can be stated: a hundred years.
const LONGEST: u32 = 36_500;

/// A token that is to be made beside the others.
pub(crate) struct NewToken {
    pub(crate) text: TokenText,
    label: String,
    lives: Option<Duration>,
}

impl NewToken {
    /// What people call it, and how many days it works; for ever without.
    pub(crate) fn read(label: &str, days: Option<u32>) -> Result<Self, HttpError> {
        let label = label.trim();
        if label.is_empty() || label.chars().count() > 100 {
            return Err(HttpError::field("label", "use 1 to 100 characters"));
        }
        if days.is_some_and(|days| days == 0 || days > LONGEST) {
            return Err(HttpError::field("days", format!("use 1 to {LONGEST}, or leave it out")));
        }
        let text = TokenText::generate(TokenPrefix::Scim).map_err(HttpError::no_randomness)?;
        let lives = days.map(|days| Duration::from_hours(24 * u64::from(days)));
        Ok(Self { text, label: label.to_owned(), lives })
    }

    /// Makes it.
    pub(crate) fn make(&self, tx: &mut Tx<'_>, env: &mut Env, of: &Connection) -> Result<Token, EngineError> {
        tokens::create(tx, env, of, &self.text.hash(), &self.label, self.lives)
    }
}

/// A token that is to take the place of the others.
pub(crate) struct Rotating {
    pub(crate) text: TokenText,
    overlap: Duration,
}

impl Rotating {
    /// How many hours the others go on working; 0 ends them at once.
    pub(crate) fn read(hours: u32) -> Result<Self, HttpError> {
        if hours > LONGEST * 24 {
            return Err(HttpError::field("overlap_hours", format!("use 0 to {}", LONGEST * 24)));
        }
        let text = TokenText::generate(TokenPrefix::Scim).map_err(HttpError::no_randomness)?;
        Ok(Self { text, overlap: Duration::from_hours(hours.into()) })
    }

    /// Makes it, and lets the others end.
    pub(crate) fn make(&self, tx: &mut Tx<'_>, env: &mut Env, of: &Connection) -> Result<Token, EngineError> {
        tokens::retire_others(tx, env, of, None, self.overlap)?;
        tokens::create(tx, env, of, &self.text.hash(), "rotated", None)
    }
}
