//! What a browser brings back from the provider (OpenID Connect Core §3.1.2.5, RFC 9207).

use std::fmt;

use serde_json::json;

use crate::{
    error::{CallbackError, SignInError},
    json::Object,
    received::Received,
};

/// The largest query that is read, in bytes.
const QUERY_BYTES: usize = 16 * 1024;

/// A callback. Whether anybody waits for its `state` is the caller's to know, and to be asked first.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    state: String,
    issuer: Option<String>,
    answer: Answer,
}

#[derive(Clone, PartialEq, Eq)]
enum Answer {
    Code(String),
    Refused { code: String, description: Option<String> },
}

impl Callback {
    /// Reads the callback's query.
    ///
    /// # Errors
    ///
    /// [`CallbackError`], if it is nothing that a provider sends.
    pub fn parse(query: &str) -> Result<Self, CallbackError> {
        if query.len() > QUERY_BYTES {
            return Err(CallbackError::TooLarge(query.len()));
        }
        let one = |name: &'static str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
            let first = values.next().map(|(_, value)| value.into_owned());
            if values.next().is_some() {
                Err(CallbackError::Twice(name))
            } else {
                Ok(first.filter(|value| !value.is_empty()))
            }
        };
        let state = one("state")?.ok_or(CallbackError::NoState)?;
        let (issuer, code, error) = (one("iss")?, one("code")?, one("error")?);
        let description = one("error_description")?.map(|said| said.chars().take(500).collect());
        let answer = match (error, code) {
            (Some(code), _) => Answer::Refused { code: code.chars().take(100).collect(), description },
            (None, Some(code)) => Answer::Code(code),
            (None, None) => return Err(CallbackError::Nothing),
        };
        Ok(Self { state, issuer, answer })
    }

    /// Which request it answers.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Tells what came, without the code.
    pub(crate) fn tell(&self, received: &mut Received) {
        let mut told = Object::new();
        told.extend(self.issuer.as_ref().map(|issuer| ("iss".to_owned(), json!(issuer))));
        if let Answer::Refused { code, description } = &self.answer {
            told.insert("error".to_owned(), json!(code));
            told.extend(description.as_ref().map(|said| ("error_description".to_owned(), json!(said))));
        }
        received.object("callback", &told);
    }

    /// The code, if it comes from the provider that was asked. `says_who` is whether that one promises to say so.
    pub(crate) fn code(&self, expected: &str, says_who: bool) -> Result<&str, SignInError> {
        let is_right = match &self.issuer {
            Some(found) => found == expected,
            None => !says_who,
        };
        if !is_right {
            return Err(SignInError::MixUp { expected: expected.to_owned(), found: self.issuer.clone() });
        }
        match &self.answer {
            Answer::Code(code) => Ok(code),
            Answer::Refused { code, description } => {
                Err(SignInError::Refused { code: code.clone(), description: description.clone() })
            }
        }
    }
}

/// Leaves the code out: whoever has it can redeem it.
impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Callback").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://idp.example.com";

    fn code(query: &str, says_who: bool) -> Result<String, SignInError> {
        Callback::parse(query).unwrap().code(ISSUER, says_who).map(str::to_owned)
    }

    #[test]
    fn sso_7_a_callback_has_each_parameter_once_and_answers_something() {
        let callback = Callback::parse("code=a%20b&state=s1&session_state=x").unwrap();
        assert_eq!((callback.state(), callback.code(ISSUER, false).unwrap()), ("s1", "a b"));
        assert!(!format!("{callback:?}").contains("a b"));
        for (query, error) in [
            ("code=a", CallbackError::NoState),
            ("state=&code=a", CallbackError::NoState),
            ("state=s", CallbackError::Nothing),
            ("state=s&code=a&code=b", CallbackError::Twice("code")),
            ("state=s&state=t&code=a", CallbackError::Twice("state")),
            ("state=s&code=a&iss=x&iss=y", CallbackError::Twice("iss")),
        ] {
            assert_eq!(Callback::parse(query), Err(error), "{query}");
        }
        let large = format!("state=s&code={}", "x".repeat(QUERY_BYTES));
        assert!(matches!(Callback::parse(&large), Err(CallbackError::TooLarge(_))));
    }

    #[test]
    fn sso_1_an_answer_of_another_provider_is_a_mix_up() {
        let from = |issuer: &str| format!("state=s&code=c&iss={issuer}");
        assert_eq!(code(&from("https%3A%2F%2Fidp.example.com"), true).unwrap(), "c");
        assert_eq!(code("state=s&code=c", false).unwrap(), "c");
        for (query, says_who) in [
            (from("https://evil.example"), true),
            (from("https://evil.example"), false),
            (from("https://idp.example.com/"), true),
            ("state=s&code=c".to_owned(), true),
            // An error must come from the right one as well.
            ("state=s&error=access_denied&iss=https://evil.example".to_owned(), false),
        ] {
            assert!(matches!(code(&query, says_who), Err(SignInError::MixUp { .. })), "{query}");
        }
    }

    #[test]
    fn sso_13_what_the_provider_says_is_kept_for_the_administrator() {
        let refused = code("state=s&error=access_denied&error_description=Not+assigned", false).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the provider answers `access_denied`: Not assigned; assign the person to the application there, and let people consent"
        );
    }
}
