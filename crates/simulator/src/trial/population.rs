//! The people of a simulated company: who they are follows from a few numbers, so that nobody's profile is kept.

use crate::directory::{Group, Person};

/// First names with what becomes of them in an address.
const GIVEN: [(&str, &str); 24] = [
    ("Ada", "ada"),
    ("Bruno", "bruno"),
    ("Chiara", "chiara"),
    ("Dmitri", "dmitri"),
    ("Elif", "elif"),
    ("Farah", "farah"),
    ("Goran", "goran"),
    ("Hana", "hana"),
    ("Inês", "ines"),
    ("Jürgen", "juergen"),
    ("Kwame", "kwame"),
    ("Léa", "lea"),
    ("Mei", "mei"),
    ("Nils", "nils"),
    ("Olga", "olga"),
    ("Priya", "priya"),
    ("Quentin", "quentin"),
    ("Rosa", "rosa"),
    ("Søren", "soeren"),
    ("Tomasz", "tomasz"),
    ("Uche", "uche"),
    ("Vera", "vera"),
    ("王芳", "wangfang"),
    ("Zoë", "zoe"),
];

/// Family names with what becomes of them in an address. One has an apostrophe there, which filters must bear.
const FAMILY: [(&str, &str); 30] = [
    ("Lindqvist", "lindqvist"),
    ("Okafor", "okafor"),
    ("Moreau", "moreau"),
    ("Haddad", "haddad"),
    ("Tanaka", "tanaka"),
    ("Novak", "novak"),
    ("Castillo", "castillo"),
    ("Eriksen", "eriksen"),
    ("O'Brien", "o'brien"),
    ("Müller", "mueller"),
    ("García", "garcia"),
    ("Nguyễn", "nguyen"),
    ("Kowalska", "kowalska"),
    ("Dubois", "dubois"),
    ("Rossi", "rossi"),
    ("Åkesson", "akesson"),
    ("Petrov", "petrov"),
    ("Silva Santos", "silva-santos"),
    ("van der Berg", "vandenberg"),
    ("Yılmaz", "yilmaz"),
    ("Cohen", "cohen"),
    ("Khan", "khan"),
    ("Osei", "osei"),
    ("Popescu", "popescu"),
    ("Horváth", "horvath"),
    ("Smith", "smith"),
    ("MacLeod", "macleod"),
    ("Ito", "ito"),
    ("Kaya", "kaya"),
    ("Bergström", "bergstroem"),
];

const TITLES: [&str; 8] = [
    "Software Engineer",
    "Product Designer",
    "Support Specialist",
    "Site Reliability Engineer",
    "Account Manager",
    "Data Analyst",
    "Head of Research & Development",
    "Team \"Lead\" / Trainer",
];

const DEPARTMENTS: [&str; 6] = ["Engineering", "Product", "Customer Care", "Sales", "Research", "People"];

/// What of a person can change, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    /// Whose address it is: the person's own, unless two were swapped.
    pub(super) address: Address,
    /// How often the family name has changed.
    pub(super) family: u16,
    /// How often the position has changed.
    pub(super) position: u16,
}

/// An address, by the person it was first made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) owner: u32,
    /// How often the owner's address had changed.
    pub(super) revision: u16,
}

impl Identity {
    /// The person of this number, as hired.
    pub(super) fn new(number: u32) -> Identity {
        Identity { address: Address { owner: number, revision: 0 }, family: 0, position: 0 }
    }

    /// After a promotion.
    pub(super) fn promoted(self) -> Identity {
        Identity { position: self.position.wrapping_add(1), ..self }
    }

    /// After a marriage: another family name, and the address that goes with it.
    pub(super) fn renamed(self) -> Identity {
        let address = Address { revision: self.address.revision.wrapping_add(1), ..self.address };
        Identity { address, family: self.family.wrapping_add(1), ..self }
    }
}

/// The company: what its people and groups are called.
#[derive(Debug, Clone)]
pub(super) struct Population {
    /// The domain of all addresses.
    pub(super) domain: String,
    /// What tells the names of this run from those of all others.
    pub(super) suffix: String,
    /// What the names of groups begin with.
    pub(super) group_prefix: String,
}

impl Population {
    /// The person of a number.
    pub(super) fn person(&self, number: u32, identity: Identity) -> Person {
        let given = pick(&GIVEN, number, 0);
        let family = pick(&FAMILY, number / 24, identity.family);
        Person {
            key: format!("{}-{number}", self.suffix),
            given_name: given.0.to_owned(),
            family_name: family.0.to_owned(),
            email: self.address(identity.address),
            title: (*pick(&TITLES, number, identity.position)).to_owned(),
            department: (*pick(&DEPARTMENTS, number / 7, identity.position)).to_owned(),
            employee_number: (100_000 + u64::from(number)).to_string(),
            role: None,
        }
    }

    /// An address. A few have a plus in them.
    pub(super) fn address(&self, address: Address) -> String {
        let Address { owner, revision } = address;
        let (given, family) = (pick(&GIVEN, owner, 0).1, pick(&FAMILY, owner / 24, revision).1);
        let separator = if owner % 50 == 49 { '+' } else { '.' };
        let revision = if revision == 0 { String::new() } else { format!("-{revision}") };
        format!("{given}.{family}{separator}{owner}{revision}.{}@{}", self.suffix, self.domain)
    }

    /// The group of a number, without members.
    pub(super) fn group(&self, number: u32, revision: u16) -> Group {
        let again = if revision == 0 { String::new() } else { format!(" v{revision}") };
        let again = if self.group_prefix.is_empty() { again } else { again.replace(' ', "-") };
        let word = if self.group_prefix.is_empty() { "Team " } else { "team-" };
        let end =
            if self.group_prefix.is_empty() { format!(" ({})", self.suffix) } else { format!("-{}", self.suffix) };
        let display_name = format!("{}{word}{number}{again}{end}", self.group_prefix);
        Group { display_name, members: Vec::new() }
    }

    /// Whether a name is of this run.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        name.contains(&self.suffix)
    }
}

fn pick<T, const N: usize>(choices: &[T; N], number: u32, shift: u16) -> &T {
    let at = (usize::try_from(number).unwrap_or(0) + usize::from(shift)) % N;
    // `%` keeps it inside; the compiler cannot know.
    choices.get(at).unwrap_or(&choices[0])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn population() -> Population {
        Population { domain: "example.com".into(), suffix: "r7".into(), group_prefix: String::new() }
    }

    #[test]
    fn addresses_are_unique_whatever_changes() {
        let population = population();
        let mut seen = HashSet::new();
        for number in 0..5_000 {
            let mut identity = Identity::new(number);
            for _ in 0..3 {
                assert!(seen.insert(population.person(number, identity).email), "{number}");
                identity = identity.renamed();
            }
        }
    }

    #[test]
    fn every_change_shows() {
        let population = population();
        for number in 0..100 {
            let hired = Identity::new(number);
            let (before, promoted) = (population.person(number, hired), population.person(number, hired.promoted()));
            assert_ne!(before.title, promoted.title);
            assert_eq!(before.email, promoted.email);
            let renamed = population.person(number, hired.renamed());
            assert!(before.email != renamed.email && before.family_name != renamed.family_name);
        }
    }
}
