//! What a provider says of who has signed in, in the form in which the rules read it.

use serde_json::Value;

use crate::{
    error::SignInError,
    json::{self, Object},
    logout::IdToken,
};

/// Claims that are about the token and not about the person.
const ABOUT_THE_TOKEN: &[&str] = &[
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "jti",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "typ",
    "ver",
    "rh",
    "uti",
    "aio",
    "sub",
    "_claim_names",
    "_claim_sources",
    "session_state",
];
/// How many claims and how many values of one are read.
const CLAIMS: usize = 500;
const VALUES: usize = 10_000;
/// The longest value that is read, in bytes.
const VALUE_BYTES: usize = 8 * 1024;

/// What a provider says of who has signed in: signed by it, in time, for us, and for this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The issuer, to the letter.
    pub issuer: String,
    /// The person's name at the issuer, which outlives a change of address (JIT-1).
    pub subject: String,
    /// What is said of the person by the ID token, and by userinfo where the ID token says nothing: each name once, with all
    /// its values.
    pub claims: Vec<(String, Vec<String>)>,
    /// Claims whose values are no text, for the trace.
    pub unread: Vec<String>,
    /// Whether there are more groups than are stated (JIT-3).
    pub overage: bool,
    /// Entra ID's own name for the person, by which [`crate::graph_groups`] finds their groups.
    pub object_id: Option<String>,
    /// When the person was authenticated, in seconds since 1970, if stated.
    pub auth_time: Option<i64>,
    /// The provider's name for the session, which a logout states.
    pub session_id: Option<String>,
    /// How the person was authenticated.
    pub acr: Option<String>,
    /// When the ID token expires, in seconds since 1970. It says nothing of how long a session may last.
    pub expires_at: i64,
    /// The ID token itself, for a logout at the provider.
    pub id_token: IdToken,
}

impl Login {
    /// Puts a checked ID token and userinfo together.
    pub(crate) fn of(id_token: IdToken, token: &Object, userinfo: Option<&Object>) -> Result<Self, SignInError> {
        for claims in [Some(token), userinfo].into_iter().flatten() {
            check_email(claims)?;
        }
        let mut login = Self {
            issuer: json::text(token, "iss").unwrap_or_default().to_owned(),
            subject: json::text(token, "sub").unwrap_or_default().to_owned(),
            claims: Vec::new(),
            unread: Vec::new(),
            overage: is_overage(token) || userinfo.is_some_and(is_overage),
            object_id: json::text(token, "oid").map(str::to_owned),
            auth_time: json::seconds(token, "auth_time"),
            session_id: json::text(token, "sid").map(str::to_owned),
            acr: json::text(token, "acr").map(str::to_owned),
            expires_at: json::seconds(token, "exp").unwrap_or_default(),
            id_token,
        };
        let more = userinfo.into_iter().flatten().filter(|(name, _)| !token.contains_key(*name));
        for (name, value) in token.iter().chain(more).take(CLAIMS) {
            if !ABOUT_THE_TOKEN.contains(&name.as_str()) {
                login.add(name, value);
            }
        }
        Ok(login)
    }

    fn add(&mut self, name: &str, value: &Value) {
        let mut values = Vec::new();
        let mut is_read = true;
        match value {
            Value::Null => return,
            Value::Array(several) => {
                for value in several.iter().take(VALUES) {
                    match text(value) {
                        Some(text) => values.push(text),
                        None => is_read = false,
                    }
                }
            }
            one => match text(one) {
                Some(text) => values.push(text),
                None => is_read = false,
            },
        }
        if !is_read {
            self.unread.push(name.chars().take(200).collect());
        }
        // An empty list says something (JIT-3); a list of which nothing could be read does not.
        if is_read || !values.is_empty() {
            self.claims.push((name.to_owned(), values));
        }
    }
}

/// A value that is one text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.len() <= VALUE_BYTES => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// SSO-1: what the provider itself does not vouch for is no address. Some providers write the word instead of the value.
fn check_email(claims: &Object) -> Result<(), SignInError> {
    match claims.get("email_verified") {
        None | Some(Value::Null | Value::Bool(true)) => Ok(()),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(()),
        Some(_) => Err(SignInError::EmailNotVerified),
    }
}

/// Entra ID states in place of the groups that there are too many, and where they are (which is never followed: SEC-3).
fn is_overage(claims: &Object) -> bool {
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    elsewhere.is_some_and(|names| names.contains_key("groups"))
        || matches!(claims.get("hasgroups"), Some(Value::Bool(true)))
        || json::text(claims, "hasgroups").is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(token: &str, userinfo: &str) -> Result<Login, SignInError> {
        let read = |text: &str| json::object(text.as_bytes()).unwrap();
        Login::of(IdToken::new(String::new()), &read(token), Some(&read(userinfo)))
    }

    #[test]
    fn sso_4_the_id_token_comes_first_and_userinfo_adds() {
        let login = login(
            r#"{"iss": "i", "sub": "s", "exp": 9, "nonce": "n", "email": "a@example.com", "groups": []}"#,
            r#"{"sub": "s", "email": "b@example.com", "name": "Ada", "dockerSessionMinutes": 30, "address": {"x": 1}}"#,
        )
        .unwrap();
        let stated =
            |name: &str, values: &[&str]| (name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect());
        let expected: Vec<(String, Vec<String>)> = vec![
            stated("email", &["a@example.com"]),
            stated("groups", &[]),
            stated("name", &["Ada"]),
            stated("dockerSessionMinutes", &["30"]),
        ];
        assert_eq!(login.claims, expected);
        assert_eq!((login.subject.as_str(), login.unread.as_slice()), ("s", &["address".to_owned()][..]));
    }

    #[test]
    fn jit_3_a_list_of_which_nothing_can_be_read_is_not_an_empty_list() {
        let login = login(r#"{"groups": [{"id": 1}], "roles": [{"id": 1}, "a"], "teams": null}"#, "{}").unwrap();
        assert_eq!(login.claims, vec![("roles".to_owned(), vec!["a".to_owned()])]);
        assert_eq!(login.unread, vec!["groups", "roles"]);
    }

    #[test]
    fn sso_1_an_address_that_is_not_verified_is_refused() {
        for refused in [r#"{"email_verified": false}"#, r#"{"email_verified": "False"}"#, r#"{"email_verified": 0}"#] {
            assert_eq!(login(refused, "{}"), Err(SignInError::EmailNotVerified));
            assert_eq!(login("{}", refused), Err(SignInError::EmailNotVerified));
        }
        for accepted in ["{}", r#"{"email_verified": true}"#, r#"{"email_verified": "true"}"#] {
            assert!(login(accepted, accepted).is_ok());
        }
    }

    #[test]
    fn jit_3_an_overage_is_seen_in_each_of_its_forms() {
        for (claims, overage) in [
            (
                r#"{"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://evil.example"}}}"#,
                true,
            ),
            (r#"{"hasgroups": true}"#, true),
            (r#"{"hasgroups": "true"}"#, true),
            (r#"{"_claim_names": {"address": "src1"}}"#, false),
            (r#"{"hasgroups": false}"#, false),
        ] {
            let login = login(claims, "{}").unwrap();
            assert_eq!(login.overage, overage, "{claims}");
            assert!(!format!("{:?}", login.claims).contains("evil"));
        }
    }
}
