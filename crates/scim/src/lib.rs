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
//! 7. [`bulk`]: many operations in one request.
//! 8. [`dialect`]: what is tolerated for which identity provider, and why.
//!
//! A POST, a PATCH and a GET of one user, without the server around them:
//!
//! ```
//! use muster_scim::patch::UserPatch;
//! use muster_scim::resource::{Answer, Incoming, Meta, Resource};
//! use muster_scim::{Notes, RequestError, ResourceType};
//!
//! # fn main() -> Result<(), RequestError> {
//! let notes = &mut Notes::default();
//! let body = br#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "USERNAME": "ada@example.com"}"#;
//! let user = Resource::create(&Incoming::parse(ResourceType::User, body, notes)?);
//!
//! let body = br#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
//!                 "Operations": [{"op": "Replace", "path": "active", "value": "False"}]}"#;
//! let user = UserPatch::parse(body, notes)?.apply(&user, notes)?;
//! assert_eq!((user.user_name(), user.active()), ("ada@example.com", Some(false)));
//! assert_eq!(notes.as_slice()[0].to_string(), "the operation `Replace` was read without case");
//!
//! let document = user.to_document(); // what the database keeps
//! let meta = Meta {
//!     resource_type: ResourceType::User,
//!     created: 0,
//!     last_modified: 0,
//!     version: 2,
//!     base_url: "https://example.com/scim/v2",
//! };
//! let answer = Answer { document: &document, id: "2819c223", groups: &[], members: &[], meta };
//! assert!(answer.render().contains(r#""location":"https://example.com/scim/v2/Users/2819c223""#));
//! # Ok(())
//! # }
//! ```

pub mod bulk;
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
