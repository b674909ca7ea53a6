//! Decrypting an assertion ([XML Encryption 1.1](https://www.w3.org/TR/xmlenc-core1/)).
//!
//! Whoever can ask whether something could be decrypted, often enough, can decrypt it. So each failure is one and the same
//! error, and cipher modes in which the plain text can be altered are taken only within a signature that holds.

use bergshamra::{c14n::C14nMode, decrypt_to_bytes};

use crate::{
    bounds,
    certificate::DecryptionKeys,
    error::MessageError,
    signature::{canonical, structure::bare_names},
    xml::{ASSERTION, Node, XENC},
};

const GCM: [&str; 3] = [
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2009/xmlenc11#aes192-gcm",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
];
const CBC: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
];
/// RSA with OAEP. Its older padding is how such keys were broken, again and again.
const OAEP: [&str; 2] = ["http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"];
/// The most keys that an assertion may be encrypted with, one for each certificate of ours.
const RECIPIENTS: usize = 4;

/// The assertion in an `EncryptedAssertion`, as a document of its own.
pub(crate) fn decrypt(encrypted: Node<'_, '_>, is_signed: bool, keys: &DecryptionKeys) -> Result<String, MessageError> {
    check(encrypted, is_signed)?;
    // With the namespaces around it, which the plain text may use.
    let alone = canonical(encrypted, C14nMode::Inclusive)?;
    // Of several keys the library tries one.
    let opened = keys.contexts().iter().find_map(|key| decrypt_to_bytes(key, &alone).ok());
    let opened =
        String::from_utf8(opened.ok_or(MessageError::Undecryptable)?).map_err(|_| MessageError::Undecryptable)?;
    let doc = bounds::parse(&opened).map_err(|_| MessageError::Undecryptable)?;
    let root = Node::root(&doc).ok_or(MessageError::Undecryptable)?;
    let assertion = root.only(ASSERTION, "Assertion").ok_or(MessageError::Undecryptable)?;
    canonical(assertion, C14nMode::Inclusive)
}

/// Which algorithms and parts there may be. It says nothing of the key or the plain text, so it may say what is wrong.
fn check(encrypted: Node<'_, '_>, is_signed: bool) -> Result<(), MessageError> {
    bare_names(encrypted)?;
    let (mut data, mut recipients) = (0, 0);
    for node in encrypted.descendants() {
        if node.is(XENC, "CipherReference") {
            return Err(MessageError::Structure("encrypted text is somewhere else"));
        }
        let allowed: &[&[&str]] = if node.is(XENC, "EncryptedData") {
            data += 1;
            if is_signed { &[&GCM, &CBC] } else { &[&GCM] }
        } else if node.is(XENC, "EncryptedKey") {
            recipients += 1;
            &[&OAEP]
        } else {
            continue;
        };
        let method =
            node.only(XENC, "EncryptionMethod").and_then(|method| method.attribute("Algorithm")).unwrap_or_default();
        if !allowed.iter().any(|allowed| allowed.contains(&method)) {
            return Err(MessageError::Algorithm(method.chars().take(200).collect()));
        }
    }
    if data != 1 || recipients == 0 || recipients > RECIPIENTS {
        return Err(MessageError::Structure("an encrypted assertion is not one text with a key for us"));
    }
    Ok(())
}
