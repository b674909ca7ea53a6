//! The store on PostgreSQL: what both databases must do, and what only a server can.

#[path = "../it/conformance/mod.rs"]
mod conformance;
