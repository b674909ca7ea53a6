//! Recovery codes: what somebody keeps on paper for the day when the authenticator app is gone.

use crate::{NoRandomness, Secret, TokenHash, random, sha256};

/// So many random bytes are in a code: 80 bits, which nobody guesses even from its hash.
const BYTES: usize = 10;
/// Crockford's base32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHARACTERS: usize = BYTES * 8 / 5;
const GROUP: usize = 4;

/// A code as its holder has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryCode {
    /// Without what makes it readable.
    plain: Secret,
}

impl RecoveryCode {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; BYTES];
        random(&mut bytes)?;
        let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let digits = (0..CHARACTERS).rev().map(|at| (bits >> (at * 5)) & 31);
        let plain: String = digits
            .filter_map(|digit| ALPHABET.get(usize::try_from(digit).ok()?))
            .map(|byte| char::from(*byte))
            .collect();
        Ok(Self { plain: Secret::new(plain) })
    }

    /// Reads what somebody typed, however it is grouped and whatever letters were mistaken for digits; `None` for what is no
    /// code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut plain = String::with_capacity(CHARACTERS);
        for character in text.chars().filter(|character| !matches!(character, ' ' | '-')) {
            let read = match character.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            if plain.len() == CHARACTERS || !read.is_ascii() || !ALPHABET.contains(&u8::try_from(read).ok()?) {
                return None;
            }
            plain.push(read);
        }
        (plain.len() == CHARACTERS).then(|| Self { plain: Secret::new(plain) })
    }

    /// As it is shown, once: in groups.
    #[must_use]
    pub fn expose(&self) -> String {
        let plain: Vec<char> = self.plain.expose().chars().collect();
        plain.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::from(sha256(format!("recovery code\n{}", self.plain.expose()).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = RecoveryCode::generate().unwrap();
        let text = code.expose();
        assert_eq!((text.len(), text.matches('-').count()), (19, 3), "{text}");
        for typed in
            [text.clone(), text.to_uppercase(), text.replace('-', ""), text.replace('-', "  ").replace('1', "l")]
        {
            assert_eq!(RecoveryCode::parse(&typed).map(|code| code.hash()), Some(code.hash()), "{typed}");
        }
        assert_ne!(code, RecoveryCode::generate().unwrap());
        assert!(!format!("{code:?}").contains(&text[..4]));
    }

    #[test]
    fn what_is_no_code_is_not_read() {
        for bad in ["", "0000-0000-0000-000", "0000-0000-0000-00000", "0000-0000-0000-000u", "0000-0000-0000-000é"] {
            assert!(RecoveryCode::parse(bad).is_none(), "{bad}");
        }
        let all = RecoveryCode::parse("OOOO-iiii-LLLL-zzzz").unwrap();
        assert_eq!(all.expose(), "0000-1111-1111-zzzz");
    }
}
