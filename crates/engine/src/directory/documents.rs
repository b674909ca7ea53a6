//! Reading back what a directory last said.

use muster_model::{DirectoryUser, UserStatement};

use crate::EngineError;

/// Reads a stored document: what it states, free of wire format. The protocol layer knows how; rules that look at what
/// was said earlier (plans, adoption, the drift check) are given it.
pub trait Documents: Send + Sync {
    /// What the stored user states. Whether it is active is the row's word, not the document's (SCIM-12).
    ///
    /// # Errors
    ///
    /// When the document is damaged.
    fn statement(&self, user: &DirectoryUser) -> Result<UserStatement, EngineError>;

    /// The document of a user of whom nothing is known but this name, and who is inactive (ACC-2).
    fn tombstone(&self, user_name: &str) -> String;
}
