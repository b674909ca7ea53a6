//! Time-based one-time codes, as authenticator apps show them (RFC 6238): six digits of HMAC-SHA-1, a new one every 30
//! seconds. That is what every app knows.

use std::fmt;

use totp_rs::{Algorithm, Builder, Totp as Generator};

use crate::{NoRandomness, random};

/// Bytes of a secret, as RFC 4226 §4 recommends.
pub const TOTP_SECRET: usize = 20;
/// Digits of a code.
pub const TOTP_DIGITS: usize = 6;
/// Seconds for which a code is shown.
pub const TOTP_STEP: u64 = 30;
/// So many steps before and after the present one are taken, for clocks that differ and fingers that are slow.
const SKEW: u16 = 1;

/// What an authenticator app and we share.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; TOTP_SECRET]);

impl TotpSecret {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; TOTP_SECRET];
        random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// One that was kept; `None` for bytes that are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub fn expose(&self) -> &[u8; TOTP_SECRET] {
        &self.0
    }

    /// The time step of which `code` is, within one step of `seconds` since 1970. The caller takes each step once.
    #[must_use]
    pub fn step(&self, code: &str, seconds: u64) -> Option<u64> {
        self.generator("").check(code, seconds)
    }

    /// The code of a moment, as an app shows it.
    #[must_use]
    pub fn code(&self, seconds: u64) -> String {
        self.generator("").generate(seconds).to_string()
    }

    /// What people type into an app that sees no QR code: base32.
    #[must_use]
    pub fn text(&self) -> String {
        self.generator("").secret().to_base32()
    }

    /// What the QR code says: an `otpauth://` address, under which the app shows `account`.
    #[must_use]
    pub fn address(&self, account: &str) -> String {
        // Colons part issuer and account there; a name without one is never refused.
        let account = Some(account.replace(':', " ")).filter(|account| !account.trim().is_empty());
        self.generator(account.as_deref().unwrap_or("account")).to_url().unwrap_or_default()
    }

    fn generator(&self, account: &str) -> Generator {
        // Its checks are of what is constant here.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(SKEW)
            .with_step_duration(TOTP_STEP)
            .with_secret(self.0.to_vec())
            .with_issuer(Some("Muster"))
            .with_account_name(account)
            .build_noncompliant()
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(secret.code(seconds), code);
            assert_eq!(secret.step(code, seconds), Some(seconds / TOTP_STEP));
        }
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            secret.address("ada@example.com"),
            "otpauth://totp/Muster:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Muster"
        );
        assert!(secret.address("a:b").contains("Muster:a%20b?") && secret.address("").contains("Muster:account?"));
        assert_eq!(format!("{secret:?}"), "TotpSecret(..)");
    }

    #[test]
    fn one_step_before_and_after_is_taken_and_no_more() {
        let secret = TotpSecret::generate().unwrap();
        let code = secret.code(3_000);
        let steps: Vec<_> = [2_939, 2_970, 3_029, 3_059, 3_060].map(|at| secret.step(&code, at)).into();
        assert_eq!(steps, [None, Some(100), Some(100), Some(100), None]);
        for bad in ["", "12345", "+12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(secret.step(bad, 3_000), None, "{bad}");
        }
    }
}
