//! Why something was not done.

use muster_crypto::NoRandomness;
use muster_engine::{EngineError, Refusal};
use muster_store::{StoreError, TxError};

/// Something that cannot be stated so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Misstated {
    /// The key, such as `saml.metadata`; `body` for the whole.
    pub key: String,
    /// Where, and what to change.
    pub text: String,
}

impl Misstated {
    /// What is wrong with a key.
    #[must_use]
    pub fn new(key: &str, text: String) -> Self {
        Self { key: key.to_owned(), text }
    }
}

impl From<Misstated> for EngineError {
    fn from(Misstated { key, text }: Misstated) -> Self {
        Refusal::Field { key, text }.into()
    }
}

/// Why something was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdministrationError {
    /// The engine refused, or the store could not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What was shown by whoever calls counts no more (SEC-1).
    #[error("what was shown counts no more")]
    Unauthorized,
    /// No secret can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<Misstated> for AdministrationError {
    fn from(misstated: Misstated) -> Self {
        Self::Engine(misstated.into())
    }
}

impl From<StoreError> for AdministrationError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl TxError for AdministrationError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Engine(error) => error.store_error(),
            Self::Unauthorized | Self::NoRandomness(_) => None,
        }
    }

    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Engine(error) if error.is_overtaken())
    }
}
