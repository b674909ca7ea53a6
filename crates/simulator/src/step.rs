//! One request of an IdP, as data.

use serde_json::Value;

/// The methods that SCIM uses (RFC 7644 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// This, with its placeholders filled in.
    Json(Value),
    /// A resource as the server last answered it, with changes merged in: how a client that reads before it writes
    /// makes its PUT.
    Answered {
        /// The name under which the resource is remembered.
        of: String,
        /// Members to replace; objects are merged, everything else is put in their place.
        change: Value,
    },
}

/// What is remembered of an answer, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remember {
    /// The answer is the resource.
    Resource(String),
    /// The answer is a list; its first resource, if there is one.
    First(String),
    /// The answer is a list; each of its resources, under this prefix and the value of this attribute.
    Each(&'static str, &'static str),
}

/// Something that must be true of an answer's body. An answer without a body passes.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// The value at this JSON pointer equals.
    Equals(&'static str, Value),
    /// There is no value at this JSON pointer.
    Absent(&'static str),
    /// The array at this JSON pointer has an element with these members.
    Contains(&'static str, Value),
    /// The array at this JSON pointer has no element with these members, or is absent.
    Lacks(&'static str, Value),
}

/// One request of an IdP, and what it needs to be answered.
///
/// Strings in `path` and `body` may contain placeholders: `{user:ada}` stands for the id of the resource remembered
/// under `user:ada`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What the IdP is doing, for people.
    pub name: String,
    /// The method.
    pub method: Method,
    /// Path and query, below the SCIM base URL.
    pub path: String,
    /// The body.
    pub body: Body,
    /// Statuses that the IdP takes for success here, or that a conformant server owes it.
    pub statuses: &'static [u16],
    /// What must be true of the answer besides.
    pub checks: Vec<Check>,
    /// What to remember of the answer.
    pub remember: Option<Remember>,
    /// The step is left out when something is remembered under this name: the IdP found what it would have created.
    pub unless: Option<String>,
}

impl Step {
    /// A GET that is due a 200.
    pub fn get(name: impl Into<String>, path: impl Into<String>) -> Step {
        Step::new(name.into(), Method::Get, path.into(), Body::None, &[200])
    }

    /// A POST that is due a 201.
    pub fn post(name: impl Into<String>, path: impl Into<String>, body: Value) -> Step {
        Step::new(name.into(), Method::Post, path.into(), Body::Json(body), &[201])
    }

    /// A PUT that is due a 200.
    pub fn put(name: impl Into<String>, path: impl Into<String>, body: Body) -> Step {
        Step::new(name.into(), Method::Put, path.into(), body, &[200])
    }

    /// A PATCH that is due a 200 or a 204 (RFC 7644 §3.5.2).
    pub fn patch(name: impl Into<String>, path: impl Into<String>, body: Value) -> Step {
        Step::new(name.into(), Method::Patch, path.into(), Body::Json(body), &[200, 204])
    }

    /// A DELETE that is due a 204.
    pub fn delete(name: impl Into<String>, path: impl Into<String>) -> Step {
        Step::new(name.into(), Method::Delete, path.into(), Body::None, &[204])
    }

    fn new(name: String, method: Method, path: String, body: Body, statuses: &'static [u16]) -> Step {
        Step { name, method, path, body, statuses, checks: Vec::new(), remember: None, unless: None }
    }

    /// Changes which statuses are due.
    #[must_use]
    pub fn due(mut self, statuses: &'static [u16]) -> Step {
        self.statuses = statuses;
        self
    }

    /// Adds a check.
    #[must_use]
    pub fn check(mut self, check: Check) -> Step {
        self.checks.push(check);
        self
    }

    /// Remembers the answered resource.
    #[must_use]
    pub fn remember(mut self, name: impl Into<String>) -> Step {
        self.remember = Some(Remember::Resource(name.into()));
        self
    }

    /// Remembers the first resource of the answered list.
    #[must_use]
    pub fn remember_first(mut self, name: impl Into<String>) -> Step {
        self.remember = Some(Remember::First(name.into()));
        self
    }

    /// Remembers all resources of the answered list, each under `prefix` and the value of its `attribute`.
    #[must_use]
    pub fn remember_each(mut self, prefix: &'static str, attribute: &'static str) -> Step {
        self.remember = Some(Remember::Each(prefix, attribute));
        self
    }

    /// Leaves the step out if something is remembered under `name`.
    #[must_use]
    pub fn unless(mut self, name: impl Into<String>) -> Step {
        self.unless = Some(name.into());
        self
    }
}

impl Check {
    /// Where it looks.
    pub fn pointer(&self) -> &'static str {
        match self {
            Check::Equals(pointer, _)
            | Check::Absent(pointer)
            | Check::Contains(pointer, _)
            | Check::Lacks(pointer, _) => pointer,
        }
    }

    /// Says what is wrong with `body`, if anything is; the check's own placeholders have been filled in.
    pub fn fault(&self, body: &Value) -> Option<String> {
        let elements = |pointer: &str| body.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        match self {
            Check::Equals(pointer, expected) => match body.pointer(pointer) {
                Some(found) if found == expected => None,
                Some(found) => Some(format!("`{pointer}` is {found} instead of {expected}")),
                None => Some(format!("`{pointer}` is missing, {expected} was due")),
            },
            Check::Absent(pointer) => body.pointer(pointer).map(|found| format!("`{pointer}` is there: {found}")),
            Check::Contains(pointer, expected) => {
                let found = elements(pointer).iter().any(|element| includes(element, expected));
                (!found).then(|| format!("`{pointer}` does not contain {expected}"))
            }
            Check::Lacks(pointer, unexpected) => {
                let found = elements(pointer).iter().any(|element| includes(element, unexpected));
                found.then(|| format!("`{pointer}` contains {unexpected}"))
            }
        }
    }
}

/// Whether `element` has all members of `expected`.
fn includes(element: &Value, expected: &Value) -> bool {
    match (element, expected) {
        (Value::Object(element), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| element.get(name).is_some_and(|found| includes(found, value)))
        }
        _ => element == expected,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn checks_find_what_is_wrong() {
        let body = json!({"active": false, "emails": [{"value": "ada@example.com", "type": "work"}]});
        for (check, right) in [
            (Check::Equals("/active", json!(false)), true),
            (Check::Equals("/active", json!("False")), false),
            (Check::Equals("/userName", json!("ada")), false),
            (Check::Absent("/members"), true),
            (Check::Absent("/active"), false),
            (Check::Contains("/emails", json!({"type": "work"})), true),
            (Check::Contains("/emails", json!({"type": "home"})), false),
            (Check::Contains("/members", json!({"value": "1"})), false),
            (Check::Lacks("/emails", json!({"type": "work"})), false),
            (Check::Lacks("/members", json!({"value": "1"})), true),
        ] {
            assert_eq!(check.fault(&body).is_none(), right, "{check:?}");
        }
    }
}
