//! How IdPs write query values into URLs. Placeholders (`{user:ada}`) are left alone: they are filled in later.

/// Percent-encodes everything that RFC 3986 does not leave unreserved, a space as `%20`: Okta and Entra.
pub fn percent(value: &str) -> String {
    encode(value, "%20")
}

/// The same of a text without placeholders: braces are encoded as well.
pub fn all(value: &str) -> String {
    value
        .split_inclusive(['{', '}'])
        .map(|part| match part.strip_suffix(['{', '}']) {
            Some(text) => format!("{}{}", percent(text), if part.ends_with('{') { "%7B" } else { "%7D" }),
            None => percent(part),
        })
        .collect()
}

/// The same with `+` for a space, as in forms: OneLogin.
pub fn form(value: &str) -> String {
    encode(value, "+")
}

/// Reads what [`percent`] or [`form`] wrote.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match (escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()), first) {
            (Some(byte), _) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (None, b'+') => {
                bytes.push(b' ');
                rest = tail;
            }
            (None, _) => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encode(value: &str, space: &str) -> String {
    let mut encoded = String::with_capacity(value.len() * 2);
    let mut in_placeholder = false;
    for character in value.chars() {
        match character {
            '{' | '}' => {
                in_placeholder = character == '{';
                encoded.push(character);
            }
            _ if in_placeholder => encoded.push(character),
            ' ' => encoded.push_str(space),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' => encoded.push(character),
            _ => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    encoded.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_encoded_as_okta_documents_it() {
        assert_eq!(percent(r#"userName eq "test.user@okta.local""#), "userName%20eq%20%22test.user%40okta.local%22");
    }

    #[test]
    fn a_filter_is_encoded_as_onelogin_logs_show_it() {
        assert_eq!(form(r#"userName eq "onelogin-test-user01""#), "userName+eq+%22onelogin-test-user01%22");
    }

    #[test]
    fn what_was_encoded_is_read_again() {
        for text in [r#"userName eq "o'brien+7@example.com""#, "é 100% + {", ""] {
            assert_eq!(decode(&percent(text)), text);
            assert_eq!(decode(&form(text)), text);
        }
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(all("a {b} é"), "a%20%7Bb%7D%20%C3%A9");
    }

    #[test]
    fn placeholders_stay() {
        assert_eq!(
            percent(r#"id eq "{group:moby:développeurs}" é"#),
            "id%20eq%20%22{group:moby:développeurs}%22%20%C3%A9"
        );
    }
}
