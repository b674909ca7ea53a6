//! What people are called, to find it in other texts.

use std::collections::HashSet;

/// A word of a name has so many characters at least, to be found alone.
const SHORTEST: usize = 3;
/// A name of more words than this is found only as a whole: the other words say something else.
const WORDS: usize = 3;
/// The longest name that is found, in words.
const LONGEST: usize = 5;

/// Names, in lower case and in words.
#[derive(Debug, Default)]
pub(super) struct People(HashSet<String>);

impl People {
    /// Notes a name, or the part of an address before the `@`.
    pub(super) fn add(&mut self, name: &str) {
        let words = words(name);
        if words.len() <= WORDS {
            self.0.extend(words.iter().filter(|word| word.chars().count() >= SHORTEST).cloned());
        }
        if (2..=LONGEST).contains(&words.len()) {
            self.0.insert(words.join(" "));
        }
    }

    /// Whether one of the names is in a text, as words of it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let words = words(text);
        (1..=LONGEST).any(|length| words.windows(length).any(|part| self.0.contains(&part.join(" "))))
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_words() {
        let mut people = People::default();
        for name in ["Ada", "Lovelace", "Li Wu", "ada.byron", "The whole Department of Engineering"] {
            people.add(name);
        }
        for text in ["ADA's team", "friends of li-wu", "byron", "moby:ada_byron"] {
            assert!(people.is_in(text), "{text}");
        }
        for text in ["adamant", "li", "engineering", "developers", ""] {
            assert!(!people.is_in(text), "{text}");
        }
    }
}
