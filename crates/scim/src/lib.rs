//! SCIM 2.0 on the wire: [RFC 7643](https://www.rfc-editor.org/rfc/rfc7643),
//! [RFC 7644](https://www.rfc-editor.org/rfc/rfc7644), and the parameters of
//! [RFC 9865](https://www.rfc-editor.org/rfc/rfc9865).
//!
//! This crate turns bytes into checked values and checked values into bytes. It does no I/O, reads no clock, and knows
//! nothing of accounts, connections or databases. Nothing in it panics, whatever the input: see `fuzz/`.
//!
//! Where to start reading:
//!
//! 1. [`schema`]: the tables of attributes. The schemas that are served are the very tables that enforce.
//! 2. [`path`]: names of attributes, resolved against those tables.
//! 3. [`filter`]: parsed, checked and evaluated filters; what the SQL compiler reads.
//! 4. [`resource`]: a client's body ([`resource::Incoming`]), the stored resource ([`resource::Resource`]), and the
//!    answer spliced from it ([`resource::Answer`]).
//! 5. [`patch`]: PATCH messages, for users and for groups.
//! 6. [`list`], [`sort`], [`projection`]: lists and what they show.
//! 7. [`dialect`]: what is tolerated for which identity provider, and why.

pub mod dialect;
pub mod error;
pub mod etag;
pub mod filter;
pub mod instant;
pub mod json;
pub mod limits;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod sort;
pub mod text;

pub use dialect::{Dialect, Note, Notes};
pub use error::{RequestError, ScimType};
pub use schema::ResourceType;
