//! Example domains in the place of domains.

use std::collections::{BTreeMap, HashMap};

/// The first ones, which nobody owns (RFC 2606); after them come names below `example`.
const EXAMPLES: [&str; 3] = ["example.com", "example.net", "example.org"];

/// Which domain stands for which.
#[derive(Debug, Default)]
pub(super) struct Domains {
    /// By the domain in lower case: its pseudonym.
    given: HashMap<String, String>,
    /// The pseudonyms, the most frequent first.
    names: Vec<String>,
}

impl Domains {
    /// Names domains, of which each is said to occur so often. A domain below another one stays below it.
    pub(super) fn named(counts: &HashMap<String, usize>) -> Self {
        let parent = |domain: &str| {
            let mut below = domain;
            let mut outermost = domain;
            while let Some((_, above)) = below.split_once('.') {
                if counts.contains_key(above) {
                    outermost = above;
                }
                below = above;
            }
            outermost.to_owned()
        };
        let mut families: BTreeMap<String, Vec<(&String, usize)>> = BTreeMap::new();
        for (domain, count) in counts {
            families.entry(parent(domain)).or_default().push((domain, *count));
        }
        let mut families: Vec<_> = families.into_iter().collect();
        let total = |members: &[(&String, usize)]| members.iter().map(|(_, count)| count).sum::<usize>();
        families.sort_by(|(a, first), (b, second)| total(second).cmp(&total(first)).then_with(|| a.cmp(b)));
        let mut domains = Self::default();
        let mut named = Vec::new();
        for (at, (root, mut members)) in families.into_iter().enumerate() {
            let name = EXAMPLES.get(at).map_or_else(|| format!("d{}.example", at + 1), |name| (*name).to_owned());
            members.sort();
            for (number, (domain, count)) in members.into_iter().enumerate() {
                let is_root = *domain == root;
                let name = if is_root { name.clone() } else { format!("s{}.{name}", number + 1) };
                named.push((count, name.clone()));
                domains.given.insert(domain.clone(), name);
            }
        }
        named.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
        domains.names = named.into_iter().map(|(_, name)| name).collect();
        domains
    }

    /// What stands for a domain; nothing for nothing.
    pub(super) fn of(&self, domain: &str) -> &str {
        self.given.get(&domain.to_lowercase()).filter(|_| !domain.is_empty()).map_or("", String::as_str)
    }

    /// What stands for domains, the most frequent first.
    pub(super) fn names(self) -> Vec<String> {
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_keep_together_and_the_most_frequent_is_example_com() {
        let counts = [("acme.com", 3), ("eu.acme.com", 9), ("partner.org", 10), ("x.test", 1), ("y.test", 1)];
        let domains = Domains::named(&counts.map(|(domain, count)| (domain.to_owned(), count)).into());
        let of = |domain| domains.of(domain).to_owned();
        assert_eq!((of("acme.com"), of("EU.acme.com")), ("example.com".into(), "s2.example.com".into()));
        assert_eq!((of("partner.org"), of("y.test")), ("example.net".into(), "d4.example".into()));
        assert_eq!(of(""), "");
        assert_eq!(domains.names()[..2], ["example.net", "s2.example.com"]);
    }
}
