//! Keys that tokens are signed with: ECDSA on P-256 (`ES256`).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

use crate::NoKey;

/// A new key pair. The private half is not in `Debug`.
pub struct SigningKey {
    /// The uncompressed point (SEC 1 §2.3.3).
    pub point: Vec<u8>,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
}

impl SigningKey {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// [`NoKey`].
    pub fn generate() -> Result<Self, NoKey> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).map_err(|_| NoKey)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).map_err(|_| NoKey)?;
        Ok(Self { point: pair.public_key().as_ref().to_vec(), pkcs8: pkcs8.as_ref().to_vec() })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_are_not_printed() {
        let (one, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        assert_eq!((one.point.len(), one.point[0]), (65, 4));
        assert_ne!(one.point, other.point);
        assert_eq!(format!("{one:?}"), "SigningKey(..)");
    }
}
