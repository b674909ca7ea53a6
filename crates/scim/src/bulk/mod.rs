//! Bulk requests (RFC 7644 §3.7).
//!
//! A [`BulkRequest`] is read as a whole before anything runs: too many operations refuse it, while an operation that is
//! malformed only fails itself. Operations may refer to what others make, by `"bulkId:x"`, wherever a resource is referred
//! to: in `members`, in `manager`, and in paths. [`BulkRequest::steps`] finds an order in which what is referred to is
//! there, and [`Work::resolve`] puts the ids in. Where operations refer to each other in a circle, one of them is made
//! without the reference, and gets it by a PATCH afterwards ([`Step::Fill`]).

mod operation;
mod references;
mod response;
mod steps;

use serde_json::Value;

pub use operation::{Method, Operation, Ready, Work};
pub use references::Reference;
pub use response::{OperationResponse, render};
pub use steps::Step;

use crate::dialect::{Note, Notes};
use crate::error::{RequestError, ScimType};
use crate::json;
use crate::schema::Bulk;

/// The schema URN of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The schema URN of the answer to one.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// A checked bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many errors to stop; never when absent.
    pub fail_on_errors: Option<u64>,
    /// The operations, in the order of the request.
    pub operations: Vec<Operation>,
}

impl BulkRequest {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// 413 for more operations than `limits` allow; 400 when it is no bulk request. What is wrong with a single operation
    /// is in [`Operation::work`].
    pub fn from_value(body: Value, limits: &Bulk, notes: &mut Notes) -> Result<Self, RequestError> {
        let Value::Object(body) = body else {
            return Err(invalid_syntax(format!("a bulk request is a JSON object, not {}", json::kind(&body))));
        };
        let (mut fail_on_errors, mut operations, mut schemas_given) = (None, None, false);
        for (name, value) in body {
            match name.to_ascii_lowercase().as_str() {
                "schemas" => schemas_given = true,
                "failonerrors" => fail_on_errors = read_fail_on_errors(&value)?,
                "operations" => operations = Some(value),
                _ => {}
            }
        }
        if !schemas_given {
            notes.push(Note::SchemasMissing);
        }
        let Some(Value::Array(operations)) = operations else {
            return Err(invalid_syntax("`Operations` must be an array".to_owned()));
        };
        let most = usize::try_from(limits.max_operations).unwrap_or(usize::MAX);
        if operations.len() > most {
            let detail =
                format!("{} operations, at most {most} are taken in one request: send several", operations.len());
            return Err(RequestError::too_large(detail));
        }
        Ok(Self { fail_on_errors, operations: operation::read(operations) })
    }

    /// The order in which to run the operations: as they came, except that what one refers to is made before it.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        steps::order(&self.operations)
    }
}

/// Zero tolerates no error, as one does.
fn read_fail_on_errors(value: &Value) -> Result<Option<u64>, RequestError> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) if number.as_u64().is_some() => Ok(number.as_u64().map(|errors| errors.max(1))),
        _ => Err(RequestError::bad(ScimType::InvalidValue, "`failOnErrors` must be a whole number")),
    }
}

fn invalid_syntax(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidSyntax, detail)
}

#[cfg(test)]
mod tests;
