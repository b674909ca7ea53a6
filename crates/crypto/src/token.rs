//! Random tokens: recognisable when leaked, checked before they are looked up, stored as a hash.
//!
//! `mst_scim_<43 characters><6 characters>`: a prefix that secret scanners can know, 256 random bits in base64url, and a
//! checksum, so that a mistyped token costs no look-up and a leaked one is known for what it is.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{NoRandomness, Secret, random, sha256};

const RANDOM: usize = 32;
const BODY: usize = 43;
const CHECKSUM: usize = 6;

/// What a token is for; each kind works only on its own surface (SEC-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenPrefix {
    /// A connection's SCIM client.
    Scim,
    /// A person's access token.
    Personal,
    /// An organization's access token.
    Organization,
    /// A single-use sign-in link.
    Link,
    /// A link to a new password.
    Reset,
    /// An invitation's link (ORG-3).
    Invitation,
    /// An organization's break-glass code (SSO-11).
    BreakGlass,
    /// A link by which somebody without an account sets a connection up (SEC-2).
    SetUp,
    /// The secret of a product that signs people in here.
    Client,
    /// A code that a browser carries to a product.
    Code,
    /// A code that a device waits with.
    Device,
    /// A product's request that was pushed.
    Pushed,
}

impl TokenPrefix {
    const ALL: [Self; 12] = [
        Self::Scim,
        Self::Personal,
        Self::Organization,
        Self::Link,
        Self::Reset,
        Self::Invitation,
        Self::BreakGlass,
        Self::SetUp,
        Self::Client,
        Self::Code,
        Self::Device,
        Self::Pushed,
    ];

    /// The text that such tokens begin with.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scim => "mst_scim_",
            Self::Personal => "mst_pat_",
            Self::Organization => "mst_org_",
            Self::Link => "mst_link_",
            Self::Reset => "mst_reset_",
            Self::Invitation => "mst_invite_",
            Self::BreakGlass => "mst_glass_",
            Self::SetUp => "mst_setup_",
            Self::Client => "mst_client_",
            Self::Code => "mst_code_",
            Self::Device => "mst_device_",
            Self::Pushed => "mst_par_",
        }
    }
}

/// A token as its holder has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenText {
    prefix: TokenPrefix,
    text: Secret,
}

impl TokenText {
    /// A new random token.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn generate(prefix: TokenPrefix) -> Result<Self, NoRandomness> {
        let mut bytes = [0; RANDOM];
        random(&mut bytes)?;
        let body = format!("{}{}", prefix.as_str(), URL_SAFE_NO_PAD.encode(bytes));
        let text = format!("{body}{}", checksum(&body));
        Ok(Self { prefix, text: Secret::new(text) })
    }

    /// Reads what somebody sent; `None` for anything that this program never made.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let prefix = TokenPrefix::ALL.into_iter().find(|prefix| text.starts_with(prefix.as_str()))?;
        if text.len() != prefix.as_str().len() + BODY + CHECKSUM || !text.is_ascii() {
            return None;
        }
        let (body, sent) = text.split_at(text.len() - CHECKSUM);
        (checksum(body) == sent).then(|| Self { prefix, text: Secret::new(text) })
    }

    /// What it is for.
    #[must_use]
    pub fn prefix(&self) -> TokenPrefix {
        self.prefix
    }

    /// The whole text, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(sha256(self.text.expose().as_bytes()))
    }
}

/// The SHA-256 of a token. 256 random bits need no slow hash.
#[derive(Clone, Copy, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The bytes, as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for TokenHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Agrees with equality: the same bytes, the same hash.
impl Hash for TokenHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// In constant time.
impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// Six characters of base64url over the first bits of the SHA-256: 36 bits, against typing errors, not attackers.
fn checksum(body: &str) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(sha256(body.as_bytes()));
    text.truncate(CHECKSUM);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_hashes_alike() {
        for prefix in TokenPrefix::ALL {
            let token = TokenText::generate(prefix).unwrap();
            let read = TokenText::parse(token.expose()).unwrap();
            assert_eq!((read.prefix(), read.hash()), (prefix, token.hash()));
            assert!(!format!("{token:?} {:?}", token.hash()).contains(token.expose()));
        }
    }

    #[test]
    fn what_was_never_made_is_not_read() {
        let token = TokenText::generate(TokenPrefix::Scim).unwrap();
        let text = token.expose();
        let swapped = format!("{}A{}", &text[..12], &text[13..]);
        for bad in ["", "mst_scim_", &text[1..], &text[..text.len() - 1], &format!("{text}x"), &"é".repeat(40)] {
            assert!(TokenText::parse(bad).is_none(), "{bad}");
        }
        assert!(swapped == text || TokenText::parse(&swapped).is_none());
        assert_ne!(token.hash(), TokenText::generate(TokenPrefix::Scim).unwrap().hash());
    }
}
