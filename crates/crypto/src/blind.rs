//! Values that are compared but must not be kept: keyed hashes that stay the same for ever.

use aws_lc_rs::hmac;

/// Makes the same text of the same value for as long as the installation lives, and nothing can be learnt or guessed from
/// it without the master key.
///
/// It differs from [`Sealer::fingerprint`](crate::Sealer::fingerprint) in that it outlives a change of data keys: it is
/// made from the oldest one.
#[derive(Clone)]
pub struct Blinder(hmac::Key);

impl Blinder {
    /// A blinder with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        // A key of its own, so that one key does one thing.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"muster blinded values");
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// What stands for `parts`. `purpose` keeps what is compared for one thing from being compared for another.
    #[must_use]
    pub fn blind(&self, purpose: &str, parts: &[&[u8]]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            // Lengths first, so that no two lists of parts give the same bytes.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut text = String::with_capacity(64);
        for byte in context.sign().as_ref() {
            for half in [byte >> 4, byte & 0xF] {
                text.extend(char::from_digit(u32::from(half), 16));
            }
        }
        text
    }
}

impl std::fmt::Debug for Blinder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Blinder")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blinded_value_is_of_its_parts_purpose_and_key() {
        let blinder = Blinder::new(&[1; 32]);
        let first = blinder.blind("address", &[b"moby", b"ada@example.com"]);
        assert_eq!((first.len(), &first), (64, &blinder.blind("address", &[b"moby", b"ada@example.com"])));
        for other in [
            blinder.blind("address", &[b"mobyada", b"@example.com"]),
            blinder.blind("username", &[b"moby", b"ada@example.com"]),
            Blinder::new(&[2; 32]).blind("address", &[b"moby", b"ada@example.com"]),
        ] {
            assert_ne!(first, other);
        }
    }
}
