//! Lists: what a client asks for (RFC 7644 §3.4.2, RFC 9865) and what it gets.

mod mark;
mod query;
mod response;

pub use mark::{Mark, MarkPlace};
pub use query::{ListQuery, Page, expired_cursor, invalid_count, invalid_cursor};
pub use response::ListResponse;

/// The schema URN of a list.
pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The schema URN of a POST search.
pub const SEARCH_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
