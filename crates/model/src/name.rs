//! Names that people and organizations go by (ACC-3), and email addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest address that SMTP can deliver to (RFC 5321 §4.5.3.1.3, without the brackets).
const EMAIL_BYTES: usize = 254;
/// The longest username, organization or team name.
pub const NAME_CHARS: usize = 64;
/// The longest full name that is kept on an account, in bytes.
pub const FULL_NAME_BYTES: usize = 512;

/// At most this many bytes of a text, whole characters.
#[must_use]
pub fn shortened(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Names that nobody can have: they are, or could become, paths of the product, or mislead.
const RESERVED: &[&str] = &[
    "account",
    "admin",
    "administrator",
    "api",
    "console",
    "docs",
    "healthz",
    "invitations",
    "me",
    "metrics",
    "muster",
    "new",
    "null",
    "oauth2",
    "orgs",
    "readyz",
    "root",
    "scim",
    "security",
    "settings",
    "setup",
    "signin",
    "signout",
    "sso",
    "support",
    "system",
    "undefined",
    "v2",
    "www",
];

/// Why a name or an address cannot be used; the text says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but white space.
    #[error("a name must not be empty")]
    Empty,
    /// Over [`NAME_CHARS`].
    #[error("`{0}` is longer than {NAME_CHARS} characters")]
    TooLong(String),
    /// A character outside ACC-3's.
    #[error("`{0}` may contain only lower-case letters a-z, digits, and `-`, `_`, `.` inside")]
    Characters(String),
    /// On the reserved list.
    #[error("`{0}` is reserved: choose another name")]
    Reserved(String),
    /// Not `local@domain`.
    #[error("`{0}` is not an email address")]
    NotAnEmail(String),
}

/// Checks a username, organization or team name (ACC-3) and folds its case.
///
/// # Errors
///
/// A [`NameError`] that says which character or length is wrong.
pub fn checked(name: &str) -> Result<String, NameError> {
    let name = name.trim().to_lowercase();
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.chars().count() > NAME_CHARS {
        return Err(NameError::TooLong(name));
    }
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !name.chars().all(inside) || !edge(name.chars().next()) || !edge(name.chars().last()) {
        return Err(NameError::Characters(name));
    }
    Ok(name)
}

/// As [`checked`], and not a reserved word: for usernames and organizations, which appear in paths.
///
/// # Errors
///
/// As [`checked`], and [`NameError::Reserved`].
pub fn checked_public(name: &str) -> Result<String, NameError> {
    let name = checked(name)?;
    if RESERVED.contains(&name.as_str()) { Err(NameError::Reserved(name)) } else { Ok(name) }
}

/// The start of a username made from an email (JIT-1): its local part, folded into ACC-3's letters.
/// The engine adds random digits and makes it unique.
#[must_use]
pub fn username_stem(email: &Email) -> String {
    let mut stem = String::new();
    for c in email.local().to_lowercase().chars() {
        let separates = matches!(c, '.' | '-' | '_') && !stem.is_empty() && !stem.ends_with(['.', '-', '_']);
        if c.is_ascii_lowercase() || c.is_ascii_digit() || separates {
            stem.push(c);
        }
        if stem.len() >= 40 {
            break;
        }
    }
    let stem = stem.trim_end_matches(['.', '-', '_']).to_owned();
    if stem.is_empty() { "user".to_owned() } else { stem }
}

/// An email address: `local@domain`, as it was written. Compared by [`Email::key`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    text: String,
    at: usize,
}

impl Email {
    /// Reads an address. Deliberately plain: one `@`, no white space or control characters, a domain of
    /// dotted labels. Quoted local parts and literal domains are refused; no IdP sends them. So are letters that only look
    /// like ASCII ones in lower case, as the Kelvin sign (U+212A) does: one mailbox must not become another person's.
    ///
    /// # Errors
    ///
    /// [`NameError::NotAnEmail`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let refused = || NameError::NotAnEmail(text.chars().take(80).collect());
        let at = text.rfind('@').ok_or_else(refused)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        let local_fits = !local.is_empty()
            && local.len() <= 64
            && !local.contains('@')
            && local
                .chars()
                .all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '<' | '>' | ',' | ';'));
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let folds_to_ascii = |c: char| !c.is_ascii() && c.to_lowercase().any(|folded| folded.is_ascii());
        if text.chars().any(folds_to_ascii) {
            return Err(refused());
        }
        if text.len() > EMAIL_BYTES || !local_fits || !domain.contains('.') || !domain.split('.').all(label_fits) {
            return Err(refused());
        }
        Ok(Self { text: text.to_owned(), at })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What two addresses are compared by: folded to lower case. No other letter folds to an ASCII one: see
    /// [`Email::parse`].
    #[must_use]
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }

    /// Before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// After the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.text[self.at + 1..].to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Email {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_3_names_are_folded_and_checked() {
        assert_eq!(checked(" Backend.Team ").unwrap(), "backend.team");
        for bad in ["", "a b", "-a", "a-", "ada@example.com", "é", "a/b", &"x".repeat(65)] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        assert_eq!(checked_public("Console"), Err(NameError::Reserved("console".into())));
    }

    #[test]
    fn addresses_keep_their_spelling_and_compare_without_case() {
        let email = Email::parse("O'Neil+x_y@Example.COM").unwrap();
        assert_eq!((email.as_str(), email.key().as_str()), ("O'Neil+x_y@Example.COM", "o'neil+x_y@example.com"));
        assert_eq!((email.local(), email.domain().as_str()), ("O'Neil+x_y", "example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b",
            "a b@c.d",
            "a@b..c",
            "a@-b.c",
            "a@@b.c",
            "a@b.c\n",
            "\"a\"@b.c",
            "a@[1.2.3.4]",
            "\u{212a}ate@b.c",
            "kate@\u{212a}elvin.c",
            "\u{130}da@b.c",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn jit_1_a_username_starts_from_the_address() {
        let stem = |text| username_stem(&Email::parse(text).unwrap());
        assert_eq!(stem("Ada.Lovelace@example.com"), "ada.lovelace");
        assert_eq!(stem("o'neil+tag@example.com"), "oneiltag");
        assert_eq!(stem("..@example.com"), "user");
        assert_eq!(stem("李@example.com"), "user");
    }
}
