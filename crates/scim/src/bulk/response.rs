//! The answer to a bulk request.

use super::{BULK_RESPONSE_URN, Method};
use crate::json;

/// What came of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationResponse {
    /// The method, as far as it was one.
    pub method: Option<Method>,
    /// What the client calls it.
    pub bulk_id: Option<String>,
    /// Where the resource is; none when it was not made.
    pub location: Option<String>,
    /// The entity tag of the resource afterwards.
    pub version: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The error body, as JSON text.
    pub response: Option<String>,
}

/// The answer as JSON text, with the operations that were run, in the order of the request.
#[must_use]
pub fn render(operations: &[OperationResponse]) -> String {
    let mut out = String::with_capacity(128 + 256 * operations.len());
    out.push_str("{\"schemas\":[\"");
    out.push_str(BULK_RESPONSE_URN);
    out.push_str("\"],\"Operations\":[");
    for (index, operation) in operations.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        operation.write(&mut out);
    }
    out.push_str("]}");
    out
}

impl OperationResponse {
    fn write(&self, out: &mut String) {
        let texts = [
            ("location", self.location.as_deref()),
            ("method", self.method.map(Method::as_str)),
            ("bulkId", self.bulk_id.as_deref()),
            ("version", self.version.as_deref()),
        ];
        out.push('{');
        for (name, value) in texts {
            if let Some(value) = value {
                json::write_text(out, name);
                out.push(':');
                json::write_text(out, value);
                out.push(',');
            }
        }
        out.push_str("\"status\":\"");
        out.push_str(&self.status.to_string());
        out.push('"');
        if let Some(response) = &self.response {
            out.push_str(",\"response\":");
            out.push_str(response);
        }
        out.push('}');
    }
}
