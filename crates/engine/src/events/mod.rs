//! What happens, for products: every change of the ledger, with a number that it gets once it is committed.
//!
//! The ledger's row is the outbox: it is written in the change's own transaction, and filed as unpublished. One node at a time
//! [`publish`]es: it gives rows their numbers, and webhooks their deliveries. So whoever reads what is after a number never misses a
//! change that was committed late. What a change tells is read from the ledger when it is told: whatever is erased there (ACC-2) is told
//! nobody any more.
//!
//! - `publish`: numbers, and who is told;
//! - `feed`: reading on from a place;
//! - `named`: which events somebody asks for;
//! - `told`: one change, as a product learns of it.

mod feed;
mod named;
mod publish;
mod told;

pub use self::{
    feed::{Feed, Position, feed},
    publish::{Published, is_due, publish},
    told::{Person, Told, event_id},
};
pub(crate) use self::{
    named::named,
    publish::{addressees, kept, scope},
    told::{subject, tell},
};
