//! The request log (SCIM-11): what was sent, what was understood, what came of it, how long it took.
//!
//! - A request that changed something or was refused is a row of its own ([`Record`]), written in the commit of what it
//!   did, with its body: redacted by the schema ([`redact`]), compressed ([`codec`]), and sealed ([`Bodies`]).
//! - Reads that succeeded, and writes that changed nothing, are lines without bodies ([`ReadLog`]). They wait in memory
//!   for at most a second and are written many to a row; a crash may lose them.

mod bodies;
mod codec;
mod erase;
mod pages;
mod reads;
mod record;
mod redact;
mod tally;

pub(crate) use bodies::Bodies;
pub use bodies::logged_body;
pub use codec::CodecError;
pub(crate) use codec::pack_lines;
pub use pages::{LogPage, Logged, log_page, logged_read};
pub(crate) use reads::{Chunk, Line, ReadLog};
pub use reads::{LoggedRead, logged_reads};
pub(crate) use record::{Outcome, Record, Trace};
pub(crate) use redact::redacted;
pub(crate) use tally::Counted;

use muster_crypto::SealError;
use muster_store::{StoreError, TxError};

/// The longest target that is logged, in bytes; beyond ASCII, which no client sends unescaped, it is cut a little later.
pub(crate) const TARGET_BYTES: usize = 2_048;

/// Why a logged request cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The body was sealed with another key, or changed.
    #[error("the logged body cannot be opened")]
    Seal(#[from] SealError),
    /// The text was compressed in a way that this program does not know, or is damaged.
    #[error("the logged text cannot be unpacked")]
    Codec(#[from] CodecError),
    /// A line is not one of ours.
    #[error("a logged line cannot be read")]
    Line(#[from] serde_json::Error),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TxError for LogError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Seal(_) | Self::Codec(_) | Self::Line(_) => None,
        }
    }
}

/// The user or group that a target names.
pub(crate) fn named(target: &str) -> Option<uuid::Uuid> {
    let path = target.split('?').next()?;
    let id = path.strip_prefix("/Users/").or_else(|| path.strip_prefix("/Groups/"))?;
    uuid::Uuid::parse_str(id.trim_end_matches('/')).ok()
}
