//! Parameters as browsers and clients send them, in a query or a form.

use super::{OAuthError, OAuthErrorCode};

/// The most parameters of one request.
const AT_MOST: usize = 64;

/// Parameters, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query or a form.
    ///
    /// # Errors
    ///
    /// `invalid_request`, if a parameter comes twice (RFC 6749 §3.1) or there are far too many.
    pub fn read(bytes: &[u8]) -> Result<Self, OAuthError> {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if all.iter().any(|(known, _)| *known == name) {
                let shown: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                let text = format!("the parameter `{shown}` comes twice: send each once");
                return Err(OAuthError::new(OAuthErrorCode::InvalidRequest, text));
            }
            if all.len() == AT_MOST {
                return Err(OAuthError::new(OAuthErrorCode::InvalidRequest, "there are too many parameters"));
            }
            all.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(all))
    }

    /// A parameter that says something: an empty one is none (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The same, where it must be there.
    ///
    /// # Errors
    ///
    /// `invalid_request`, if it is not.
    pub fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| {
            OAuthError::new(OAuthErrorCode::InvalidRequest, format!("the parameter `{name}` is missing"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_comes_once_and_says_something() {
        let read = Parameters::read(b"a=1&b=&c=%20x+y").unwrap();
        assert_eq!((read.get("a"), read.get("b"), read.get("c")), (Some("1"), None, Some(" x y")));
        assert!(read.require("b").is_err());
        assert!(Parameters::read(b"a=1&a=1").is_err());
        let many = (0..=AT_MOST).map(|at| format!("p{at}=1")).collect::<Vec<_>>().join("&");
        assert!(Parameters::read(many.as_bytes()).is_err());
    }
}
