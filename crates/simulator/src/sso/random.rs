//! Random names: of messages, sessions, codes and clients.

use aws_lc_rs::rand;

use super::SsoError;

/// So many random bytes in hexadecimal digits.
fn hex<const BYTES: usize>() -> Result<String, SsoError> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).map_err(|_| SsoError::NoRandomness)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// An identifier of a message: an XML name with 128 random bits (saml-core-2.0 §1.3.4).
pub(super) fn message_id() -> Result<String, SsoError> {
    Ok(format!("_{}", hex::<16>()?))
}

/// Something that nobody guesses.
pub(super) fn secret() -> Result<String, SsoError> {
    hex::<24>()
}
