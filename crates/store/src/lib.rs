//! What Muster remembers: one seam over SQLite and PostgreSQL.
//!
//! This crate owns all SQL. It knows no rules and no wire format: the engine decides, the store keeps.
//!
//! Start reading at [`Store`] (lanes, closures), then [`Conn`] and [`Tx`] (statements), then a module of statements.
//! Beneath, `backend` holds the two databases behind one private enum; nothing above it asks which one is open.

mod backend;
pub mod backup;
mod conn;
mod error;
mod job;
mod migrate;
mod migrations;
mod options;
pub mod packing;
mod plan;
mod rewrite;
mod store;
mod tables;
mod unique;
mod value;

pub use conn::{Conn, Expect, Tx};
pub use error::{Cause, Refusal, SchemaError, StoreError, TxError};
pub use migrate::Migration;
pub use options::{Database, Isolation, Migrate, Options, PostgresOptions};
pub use plan::QueryPlan;
pub use store::{Health, Stats, Store};
pub use tables::*;
pub use unique::Unique;
pub use value::{FromColumn, Row, Val};
