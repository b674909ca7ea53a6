//! What the server says it can do.

/// What `/ServiceProviderConfig` says (RFC 7643 §5, RFC 9865 §3). One value of this is the single place to switch a
/// feature on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Bulk requests and their limits; `None` is "not supported".
    pub bulk: Option<Bulk>,
    /// Most resources in one answer.
    pub filter_max_results: u32,
    /// How many seconds a cursor lives; `None` is "no cursors".
    pub cursor_timeout: Option<u32>,
    /// Resources in a page when the request does not say.
    pub default_page_size: u32,
    /// Most resources in a page; a higher `count` is read as this.
    pub max_page_size: u32,
    /// A page for people who set up an identity provider.
    pub documentation_uri: Option<String>,
}

/// The limits of bulk requests (RFC 7644 §3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bulk {
    /// Most operations in one request.
    pub max_operations: u32,
    /// Largest body, in bytes.
    pub max_payload_size: u32,
}

impl Default for Capabilities {
    /// No bulk, no cursors; pages of 100, at most 200.
    fn default() -> Self {
        Self {
            bulk: None,
            filter_max_results: 200,
            cursor_timeout: None,
            default_page_size: 100,
            max_page_size: 200,
            documentation_uri: None,
        }
    }
}
