//! A message as it may be kept (SEC-4): without what makes it worth anything.

use crate::binding;

/// The longest text that is kept of a message, in bytes.
const KEPT: usize = 16 * 1_024;
/// What goes: signatures, and what is encrypted.
const SECRETS: [&str; 2] = ["SignatureValue", "CipherValue"];
/// What stands in its place.
const GONE: &str = "...";

/// The XML in a form's `SAMLResponse`, whatever it is, without the values of signatures and of what is encrypted, and at most
/// 16 KiB of it; `None` for what is no Base64 of text. Nothing of it is to be believed: it is for the administrator to read.
#[must_use]
pub fn redacted(form_value: &str) -> Option<String> {
    let text = binding::read_form(form_value).ok()?;
    let mut kept = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        kept.push_str(before);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let (tag, after) = tag.split_at(end);
        kept.push_str(tag);
        rest = after;
        if is_secret(tag) {
            kept.push_str(GONE);
            rest = rest.find('<').map_or("", |next| &rest[next..]);
        }
        if kept.len() > KEPT {
            break;
        }
    }
    if kept.len() <= KEPT {
        kept.push_str(rest);
    }
    let end = (0..=KEPT.min(kept.len())).rev().find(|at| kept.is_char_boundary(*at)).unwrap_or(0);
    kept.truncate(end);
    Some(kept)
}

/// Whether a tag begins something that is not kept.
fn is_secret(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').split(|end: char| end.is_whitespace() || end == '>' || end == '/').next();
    let local = name.unwrap_or_default().rsplit(':').next().unwrap_or_default();
    !tag.ends_with("/>") && SECRETS.contains(&local)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    fn of(text: &str) -> Option<String> {
        redacted(&STANDARD.encode(text))
    }

    #[test]
    fn sec_4_what_makes_a_message_worth_something_goes() {
        let text = "<R><ds:SignatureValue Id='x'>c2VjcmV0</ds:SignatureValue><SignatureValue\n>s2</SignatureValue>\
                    <e:CipherValue>Y2lwaGVy</e:CipherValue><SignatureValue/><NameID>ada</NameID></R>";
        let kept = of(text).unwrap();
        assert!(!["c2VjcmV0", "s2<", "Y2lwaGVy"].iter().any(|secret| kept.contains(secret)), "{kept}");
        assert!(kept.contains("<NameID>ada</NameID></R>") && kept.contains("<ds:SignatureValue Id='x'>...<"), "{kept}");
    }

    #[test]
    fn nothing_is_too_broken_or_too_large() {
        for text in ["", "<", "<SignatureValue>", "<SignatureValue>secret", "a<b", "é<é", "<a:SignatureValue>x<y>"] {
            assert!(!of(text).unwrap().contains("secret"), "{text}");
        }
        assert_eq!(of(&"é".repeat(20_000)).unwrap().len(), KEPT);
        assert!(of(&"<a/>".repeat(40_000)).unwrap().len() <= KEPT);
        assert_eq!(redacted("%%%"), None);
    }
}
