//! What a person is called, and finding that in what others say.
//!
//! Three kinds of words, because they tell a person with different certainty: an *address* and a *username* are nobody
//! else's; a *name* may be a namesake's; a *token* (a `userName` or an id of the directory's own that is no address) may be
//! part of any text, and counts only where it stands alone or in quotes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What stands in the place of what was erased.
pub const TOMBSTONE: &str = "erased";

/// Shorter words tell nobody.
const SHORTEST: usize = 3;
/// Attributes by which a resource says who it is about itself: there, a name that is like the erased person's is a
/// namesake's.
const OWN: [&str; 7] = ["userName", "externalId", "name", "displayName", "nickName", "emails", "title"];
/// Attributes by which a reference says what the one whom it refers to is called.
const OF_REFERENCE: [&str; 2] = ["display", "displayName"];

/// What a person is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    ids: BTreeSet<Uuid>,
    addresses: BTreeSet<String>,
    usernames: BTreeSet<String>,
    names: BTreeSet<String>,
    tokens: BTreeSet<String>,
}

impl Words {
    /// A resource is the person's.
    pub fn is(&mut self, id: Uuid) {
        self.ids.insert(id);
    }

    /// A resource is not the person's any more.
    pub fn is_not(&mut self, id: Uuid) {
        self.ids.remove(&id);
    }

    /// The person is called so: an address, or what directories call the person by. Names of persons are for
    /// [`Words::named`].
    pub fn called(&mut self, text: &str) {
        let word = text.trim().to_lowercase();
        if word.chars().count() < SHORTEST || word == TOMBSTONE {
            return;
        }
        if word.contains('@') {
            self.addresses.insert(word)
        } else {
            self.tokens.insert(word)
        };
    }

    /// The account's username is, or was, this.
    pub fn signed_in_as(&mut self, username: &str) {
        if username != TOMBSTONE {
            self.usernames.insert(username.to_lowercase());
        }
    }

    /// The person's name is this.
    pub fn named(&mut self, text: &str) {
        let word = text.trim().to_lowercase();
        if word.contains('@') || !word.contains(char::is_whitespace) {
            // One word alone may mean many.
            self.called(&word);
        } else if word.chars().count() >= SHORTEST {
            self.names.insert(word);
        }
    }

    /// The person's resources.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.ids.iter().copied()
    }

    /// Whether a resource is the person's.
    #[must_use]
    pub fn has(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// The person's addresses, in lower case.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.addresses.iter().cloned().collect()
    }

    /// Whether this is one of the person's addresses.
    #[must_use]
    pub fn is_address(&self, text: &str) -> bool {
        self.addresses.contains(&text.to_lowercase())
    }

    /// Whether a text says something of the person.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.matches(&text).next().is_some()
    }

    /// The text without what says something of the person; `None` if nothing does.
    #[must_use]
    pub fn out_of(&self, text: &str) -> Option<String> {
        let lower = text.to_lowercase();
        let mut found: Vec<(usize, usize)> = self.matches(&lower).collect();
        if found.is_empty() {
            return None;
        }
        // Where lower case takes other room than the text, places in one mean nothing in the other.
        if lower.len() != text.len() || !found.iter().all(|(at, end)| text.get(*at..*end).is_some()) {
            return Some(TOMBSTONE.to_owned());
        }
        found.sort_unstable();
        let (mut kept, mut from) = (String::with_capacity(text.len()), 0);
        for (at, end) in found {
            if at >= from {
                kept.push_str(text.get(from..at).unwrap_or_default());
                kept.push_str(TOMBSTONE);
            }
            from = from.max(end);
        }
        kept.push_str(text.get(from..).unwrap_or_default());
        Some(kept)
    }

    /// Takes what says something of the person out of JSON that is about somebody else; whether there was any. Objects that
    /// refer to the person lose what they call the person; of those that refer to others, nothing is touched.
    pub fn out_of_others(&self, value: &mut Value) -> bool {
        let Value::Object(fields) = value else { return self.out_of_within(value) };
        let mut found = false;
        let says_of_itself = |name: &str| OWN.iter().any(|own| own.eq_ignore_ascii_case(name));
        for (_, field) in fields.iter_mut().filter(|(name, _)| !says_of_itself(name)) {
            found |= self.out_of_within(field);
        }
        found
    }

    /// Takes what objects that refer to the person call the person; whether there was any.
    pub fn out_of_references(&self, value: &mut Value) -> bool {
        match value {
            Value::Array(items) => items.iter_mut().fold(false, |found, item| self.out_of_references(item) | found),
            Value::Object(fields) => {
                let mut found = false;
                if reference(fields).is_some_and(|id| self.has(id)) {
                    for name in OF_REFERENCE {
                        found |= take(fields, name);
                    }
                }
                fields.values_mut().fold(found, |found, field| self.out_of_references(field) | found)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    /// Whether any text in JSON has one of the person's addresses.
    #[must_use]
    pub fn address_is_within(&self, value: &Value) -> bool {
        let only = Self { addresses: self.addresses.clone(), ..Self::default() };
        only.are_within(value)
    }

    /// Whether any text in JSON says something of the person.
    #[must_use]
    pub fn are_within(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.are_in(text),
            Value::Array(items) => items.iter().any(|item| self.are_within(item)),
            Value::Object(fields) => fields.values().any(|field| self.are_within(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn out_of_within(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let is = self.are_in(text);
                if is {
                    TOMBSTONE.clone_into(text);
                }
                is
            }
            Value::Array(items) => items.iter_mut().fold(false, |found, item| self.out_of_within(item) | found),
            Value::Object(fields) => match reference(fields) {
                Some(id) if self.has(id) => OF_REFERENCE.iter().fold(false, |found, name| erase(fields, name) | found),
                Some(_) => false,
                None => fields.values_mut().fold(false, |found, field| self.out_of_within(field) | found),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Where the words are in a text in lower case.
    fn matches<'w>(&'w self, text: &'w str) -> impl Iterator<Item = (usize, usize)> + 'w {
        let of = |words: &'w BTreeSet<String>, fits: fn(&str, &str) -> bool| {
            words.iter().flat_map(move |word| {
                text.match_indices(word.as_str())
                    .map(|(at, found)| (at, at + found.len()))
                    .filter(move |(at, end)| fits(&text[..*at], &text[*end..]))
            })
        };
        of(&self.addresses, stands_as_address)
            .chain(of(&self.usernames, stands_as_address))
            .chain(of(&self.names, stands_as_word))
            .chain(of(&self.tokens, stands_alone))
    }
}

/// The resource that an object refers to, as SCIM's references do.
fn reference(fields: &serde_json::Map<String, Value>) -> Option<Uuid> {
    let (_, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("value"))?;
    Uuid::parse_str(value.as_str()?).ok()
}

fn take(fields: &mut serde_json::Map<String, Value>, name: &str) -> bool {
    let key = fields.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
    key.is_some_and(|key| fields.shift_remove(&key).is_some())
}

fn erase(fields: &mut serde_json::Map<String, Value>, name: &str) -> bool {
    let key = fields.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
    match key.and_then(|key| fields.get_mut(&key)) {
        Some(field @ Value::String(_)) if *field != TOMBSTONE => {
            *field = Value::from(TOMBSTONE);
            true
        }
        _ => false,
    }
}

/// Not a part of a longer address.
fn stands_as_address(before: &str, after: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut next = after.chars();
    let ends = match next.next() {
        Some('.') => !next.next().is_some_and(goes_on),
        Some(c) => !goes_on(c),
        None => true,
    };
    ends && !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-'))
}

/// Not a part of a longer word.
fn stands_as_word(before: &str, after: &str) -> bool {
    !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
}

/// All there is, or in quotes, or a whole segment of a path.
fn stands_alone(before: &str, after: &str) -> bool {
    let quotes = ['"', '\'', '`', '/'];
    (before.is_empty() || before.ends_with(quotes)) && (after.is_empty() || after.starts_with(quotes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ada() -> Words {
        let mut words = Words::default();
        words.is(Uuid::from_u128(7));
        words.called("Ada@Example.com");
        words.called("00u1");
        words.signed_in_as("ada4711");
        words.named("Ada Lovelace");
        words.named("Countess");
        words
    }

    #[test]
    fn acc_2_an_address_is_found_whole_and_not_in_a_longer_one() {
        for text in [
            "ada@example.com",
            "the email `ADA@example.com` belongs to another account",
            "<ada@example.com>.",
            "mailto:ada@example.com",
            "userName eq \"ada@example.com\"",
            "no account has this address: made `ada4711`",
            "ada4711 is not managed",
            "userName `00u1` is taken",
            "full name is now Ada Lovelace",
            "Countess",
        ] {
            let kept = ada().out_of(text);
            assert!(
                kept.as_ref().is_some_and(|kept| kept.contains(TOMBSTONE) && !ada().are_in(kept)),
                "{text}: {kept:?}"
            );
        }
        for text in [
            "da@example.com",
            "canada@example.com",
            "x.ada@example.com",
            "ada@example.com.au",
            "ada@example.community",
            "ada47112",
            "xada4711",
            "trace 00u1 of many",
            "Canada Lovelace",
            "the Countess of somewhere",
            "erased",
            "",
        ] {
            assert_eq!(ada().out_of(text), None, "{text}");
        }
        assert_eq!(ada().out_of("ada@example.com and ADA@EXAMPLE.COM!").unwrap(), "erased and erased!");
        assert_eq!(ada().out_of("İ ada@example.com").unwrap(), TOMBSTONE, "lower case takes more room");
    }

    #[test]
    fn acc_2_a_reference_loses_the_name_of_the_person_and_a_namesake_keeps_hers() {
        let mut said = json!({
            "userName": "bob@example.com",
            "displayName": "Ada Lovelace",
            "manager": {"value": Uuid::from_u128(7), "displayName": "A. L."},
            "assistant": {"value": Uuid::from_u128(8), "displayName": "Ada Lovelace"},
            "notes": ["ask ada@example.com", 7],
        });
        assert!(ada().out_of_others(&mut said));
        assert_eq!(
            said,
            json!({
                "userName": "bob@example.com",
                "displayName": "Ada Lovelace",
                "manager": {"value": Uuid::from_u128(7), "displayName": "erased"},
                "assistant": {"value": Uuid::from_u128(8), "displayName": "Ada Lovelace"},
                "notes": ["erased", 7],
            })
        );
        assert!(!ada().out_of_others(&mut said), "once is enough");
        let mut group = json!({"Operations": [{"value": [{"value": Uuid::from_u128(7), "display": "Lovelace"}]}]});
        assert!(ada().out_of_references(&mut group));
        assert_eq!(group, json!({"Operations": [{"value": [{"value": Uuid::from_u128(7)}]}]}));
    }
}
