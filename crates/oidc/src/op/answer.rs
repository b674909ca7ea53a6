//! What a browser brings back to a client (RFC 6749 §4.1.2, RFC 9207).

use url::Url;

use super::{AuthorizationRequest, OAuthError};

/// An answer to an authorization request: where it goes and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    redirect_uri: String,
    fields: Vec<(&'static str, String)>,
}

impl Answer {
    /// A code. `issuer` tells the client which provider it is from (mix-up, RFC 9207).
    #[must_use]
    pub fn code(redirect_uri: &str, issuer: &str, state: Option<&str>, code: &str) -> Self {
        Self::of(redirect_uri, issuer, state, vec![("code", code.to_owned())])
    }

    /// An error.
    #[must_use]
    pub fn error(redirect_uri: &str, issuer: &str, state: Option<&str>, error: &OAuthError) -> Self {
        let fields = vec![("error", error.code.as_str().to_owned()), ("error_description", error.plain())];
        Self::of(redirect_uri, issuer, state, fields)
    }

    fn of(redirect_uri: &str, issuer: &str, state: Option<&str>, mut fields: Vec<(&'static str, String)>) -> Self {
        fields.extend(state.map(|state| ("state", state.to_owned())));
        fields.push(("iss", issuer.to_owned()));
        Self { redirect_uri: redirect_uri.to_owned(), fields }
    }

    /// The address that the browser is sent to; `None` where the client's address is none, which its registration keeps from
    /// being.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let mut address = Url::parse(&self.redirect_uri).ok()?;
        address.query_pairs_mut().extend_pairs(self.fields.iter().map(|(name, value)| (*name, value.as_str())));
        Some(address.into())
    }
}

/// Where a browser goes once somebody signed out there, with what the client wants to have back (OpenID Connect RP-Initiated Logout
/// §3); `None` where the address is none.
#[must_use]
pub fn signed_out(address: &str, state: Option<&str>) -> Option<String> {
    let mut address = Url::parse(address).ok()?;
    if let Some(state) = state {
        address.query_pairs_mut().append_pair("state", state);
    }
    Some(address.into())
}

impl AuthorizationRequest {
    /// Where the answer goes: to what was said, or the only address that the client has.
    #[must_use]
    pub fn destination<'a>(&'a self, registered: &'a [String]) -> Option<&'a str> {
        match (&self.redirect_uri, registered) {
            (Some(uri), _) => Some(uri),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OAuthErrorCode;

    #[test]
    fn an_answer_is_added_to_what_the_address_has() {
        let answer = Answer::code("https://app.example/cb?tenant=1", "https://muster.example", Some("a b&c"), "x");
        assert_eq!(
            answer.address().unwrap(),
            "https://app.example/cb?tenant=1&code=x&state=a+b%26c&iss=https%3A%2F%2Fmuster.example"
        );
        let error = OAuthError::new(OAuthErrorCode::LoginRequired, "sign in first");
        let answer = Answer::error("com.example.app:/cb", "https://muster.example", None, &error);
        assert!(
            answer.address().unwrap().starts_with("com.example.app:/cb?error=login_required&error_description=sign+in")
        );
    }
}
