//! Taking people out of a recording.
//!
//! What is not known to be harmless is replaced. The same value gets the same pseudonym wherever it stands, whatever its
//! letter case, so that a server finds the same users, refuses the same duplicates, and links the same managers. A
//! pseudonym keeps its value's shape: an address stays an address, and addresses of one domain stay together.

mod domains;
mod people;

use std::collections::{HashMap, HashSet};

use super::{
    Recorded,
    ids::is_id,
    walk::{Place, rewrite},
};
use domains::Domains;
use people::People;

/// Attributes whose values are the same for many, and say nothing of one.
const HARMLESS: [&str; 18] = [
    "active",
    "created",
    "dockerorg",
    "dockerrole",
    "dockersessionminutes",
    "lastmodified",
    "locale",
    "method",
    "op",
    "preferredlanguage",
    "primary",
    "resourcetype",
    "schemas",
    "status",
    "timezone",
    "type",
    "usertype",
    "version",
];

/// What was changed, for the head.
pub const CHANGED: [&str; 4] = [
    "people's addresses, names, external ids and whatever else was said of them are pseudonyms, the same for the same value",
    "domains of addresses are example domains, the same for the same domain",
    "group and team names that hold a name or an address of a person are pseudonyms behind the organization",
    "ids that the server gave, organizations, other group and team names, roles, types and times are as they were; \
     passwords were never recorded",
];

/// Replaces what says who people are. Also the domains that the addresses are of then, the most frequent first.
pub fn apply(requests: &mut [Recorded]) -> Vec<String> {
    let mut seen = Seen::default();
    for recorded in requests.iter_mut() {
        seen.ids.extend(recorded.made.iter().flat_map(super::Made::ids).map(str::to_owned));
        rewrite(recorded, &mut |place, text| {
            seen.note(place, text);
            text.to_owned()
        });
    }
    let domains = Domains::named(&seen.domains);
    let mut pseudonyms = Pseudonyms { seen, domains, given: HashMap::new() };
    for recorded in requests {
        rewrite(recorded, &mut |place, text| pseudonyms.of(place, text));
    }
    pseudonyms.domains.names()
}

/// What a recording says, all in all.
#[derive(Debug, Default)]
struct Seen {
    /// The ids that the recorded server gave.
    ids: HashSet<String>,
    /// The domains of addresses, with how often.
    domains: HashMap<String, usize>,
    /// What people are called.
    people: People,
    /// What users are called, in lower case.
    user_names: HashSet<String>,
    /// What groups are called, in lower case.
    groups: HashSet<String>,
}

impl Seen {
    fn note(&mut self, place: Place<'_>, text: &str) {
        if let Some((local, domain)) = address(text) {
            *self.domains.entry(domain.to_lowercase()).or_default() += 1;
            return self.people.add(local);
        }
        if place.attribute == "username" {
            self.user_names.insert(text.to_lowercase());
        }
        match place.attribute {
            // A path of a request that was answered names a resource; so does nothing else here.
            "id" if is_uuid(text) => drop(self.ids.insert(text.to_owned())),
            "displayname" if place.group => drop(self.groups.insert(text.to_lowercase())),
            "username" | "givenname" | "familyname" | "middlename" | "nickname" => self.people.add(text),
            "displayname" | "formatted" | "display" if place.around != "addresses" => self.people.add(text),
            _ => {}
        }
    }
}

/// The pseudonyms that were given.
struct Pseudonyms {
    seen: Seen,
    domains: Domains,
    /// How many values of a kind there are, and the number of each, in lower case.
    given: HashMap<String, HashMap<String, usize>>,
}

impl Pseudonyms {
    fn of(&mut self, place: Place<'_>, text: &str) -> String {
        let attribute = place.attribute;
        let is_group_name = match attribute {
            "displayname" => place.group || self.seen.groups.contains(&text.to_lowercase()),
            "display" => place.around == "groups",
            "dockerteam" => true,
            _ => false,
        };
        match attribute {
            _ if text.trim().is_empty() || self.seen.ids.contains(text) => text.to_owned(),
            _ if is_group_name => self.group(text),
            "password" => "redacted".to_owned(),
            "$ref" | "location" => self.reference(text),
            _ if let Some(name) = bulk_reference(text) => format!("bulkId:{}", self.bulk_id(name)),
            "bulkid" => self.bulk_id(text),
            _ if address(text).is_some() => self.address(text),
            _ if matches!(text.to_lowercase().as_str(), "true" | "false") => text.to_owned(),
            "schemas"
                if !text.contains('@') && text.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("urn:")) =>
            {
                text.to_owned()
            }
            harmless if HARMLESS.contains(&harmless) && !text.contains('@') && !self.seen.people.is_in(text) => {
                text.to_owned()
            }
            _ if is_uuid(text) => format!("00000000-0000-4000-8000-{:012x}", self.number("uuid", text)),
            "username" | "emails" => self.person(text),
            "externalid" | "manager" | "members" | "id" => self.foreign_id(text),
            "phonenumbers" => format!("+1555{:07}", self.number(attribute, text)),
            "x509certificates" => format!("{:08}", self.number(attribute, text)),
            "givenname" => format!("Given{}", self.number(attribute, text)),
            "familyname" => format!("Family{}", self.number(attribute, text)),
            "displayname" | "formatted" | "display" | "nickname" => format!("Name{}", self.number("name", text)),
            _ if text.starts_with("https://") || text.starts_with("http://") => {
                format!("https://example.com/{}", self.number("url", text))
            }
            _ => self.plain(attribute, text),
        }
    }

    /// An id that the identity provider gave, or a name that it refers to somebody by.
    fn foreign_id(&mut self, text: &str) -> String {
        if self.seen.user_names.contains(&text.to_lowercase()) {
            return self.person(text);
        }
        format!("external{}", self.number("external", text))
    }

    /// A value of which nothing is known but the attribute's name.
    fn plain(&mut self, attribute: &str, text: &str) -> String {
        let letters: String = attribute.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        let kind = if letters.is_empty() { "value".to_owned() } else { letters };
        format!("{kind}{}", self.number(&kind, text))
    }

    fn person(&mut self, text: &str) -> String {
        let name = if text.chars().any(char::is_uppercase) { "User" } else { "user" };
        format!("{name}{}", self.number("user", text))
    }

    /// An address; one with several `@`, which is none, stays none.
    fn address(&mut self, text: &str) -> String {
        let Some((local, domain)) = address(text) else { return self.person(text) };
        let more = "@".repeat(local.matches('@').count());
        let local = if local.is_empty() { String::new() } else { self.person(local) };
        format!("{local}{more}@{}", self.domains.of(domain))
    }

    /// A group's or team's name: what is before a colon is an organization's.
    fn group(&mut self, text: &str) -> String {
        let (organization, team) = match text.split_once(':') {
            Some((organization, team)) if !organization.contains('@') => (Some(organization), team),
            _ => (None, text),
        };
        if !team.contains('@') && !self.seen.people.is_in(team) {
            return text.to_owned();
        }
        let team = format!("group{}", self.number("group", team.trim()));
        organization.map_or(team.clone(), |organization| format!("{organization}:{team}"))
    }

    /// The address of a resource: its end, when that is an id of the server's.
    fn reference(&mut self, text: &str) -> String {
        match text.rsplit_once('/') {
            Some((before, id)) if self.seen.ids.contains(id) => {
                let kind = if before.ends_with("/Groups") { "Groups" } else { "Users" };
                format!("../{kind}/{id}")
            }
            _ => format!("https://example.com/{}", self.number("url", text)),
        }
    }

    /// The name of an operation; letter case tells them apart.
    fn bulk_id(&mut self, text: &str) -> String {
        format!("bulk{}", self.number_of("bulk", text.to_owned()))
    }

    fn number(&mut self, kind: &str, text: &str) -> usize {
        self.number_of(kind, text.to_lowercase())
    }

    fn number_of(&mut self, kind: &str, text: String) -> usize {
        let numbers = self.given.entry(kind.to_owned()).or_default();
        let next = numbers.len() + 1;
        *numbers.entry(text).or_insert(next)
    }
}

/// The operation that a reference in a Bulk names.
fn bulk_reference(text: &str) -> Option<&str> {
    let (mark, name) = text.split_at_checked(7)?;
    mark.eq_ignore_ascii_case("bulkId:").then_some(name)
}

/// The two parts of what could be an address.
fn address(text: &str) -> Option<(&str, &str)> {
    let (local, domain) = text.rsplit_once('@')?;
    (!text.contains(char::is_whitespace)).then_some((local, domain))
}

fn is_uuid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && is_id(text)
        && text.bytes().enumerate().all(
            |(at, byte)| {
                if hyphens.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
            },
        )
}
