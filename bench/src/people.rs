//! The people a measurement provisions: about 800 bytes each, as an IdP with a filled-in directory sends them.

use crate::random::Random;
use crate::target::append;

const GIVEN_NAMES: [&str; 24] = [
    "Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kofi", "Leila", "Mateo",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tomasz", "Uma", "Viktor", "Wanda", "Yusuf",
];
const FAMILY_NAMES: [&str; 24] = [
    "Abebe",
    "Bergman",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fontaine",
    "Gupta",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quispe",
    "Rossi",
    "Schneider",
    "Tanaka",
    "Ueda",
    "Varga",
    "Wagner",
    "Zhang",
];
const TITLES: [&str; 6] =
    ["Software Engineer", "Account Manager", "Data Analyst", "Support Specialist", "Product Designer", "Controller"];
const DEPARTMENTS: [&str; 6] = ["Engineering", "Sales", "Analytics", "Customer Care", "Product", "Finance"];
const CITIES: [&str; 6] = ["Lisbon", "Toronto", "Nairobi", "Osaka", "Utrecht", "Austin"];

/// One made-up person. Numbers in sequence give user names in random order, which is the honest case for an index.
#[derive(Debug, Clone)]
pub struct Person {
    number: u64,
    given_name: &'static str,
    family_name: &'static str,
    user_name: String,
    random: u64,
}

impl Person {
    /// The person with this number in the population `tag`; two populations share nobody.
    pub fn new(tag: u32, number: u64) -> Person {
        let mut random = Random::new((u64::from(tag) << 32) ^ number);
        let given_name = pick(&GIVEN_NAMES, &mut random);
        let family_name = pick(&FAMILY_NAMES, &mut random);
        let user_name =
            format!("{}.{}.{tag:x}{number:06}@example.com", given_name.to_lowercase(), family_name.to_lowercase());
        Person { number, given_name, family_name, user_name, random: random.next() }
    }

    /// The SCIM `userName`, an address at example.com.
    pub fn user_name(&self) -> &str {
        &self.user_name
    }

    /// Writes the body of the POST that creates this person into `body`, which is cleared first.
    pub fn write_body(&self, body: &mut Vec<u8>) {
        let Person { number, given_name, family_name, user_name, random } = self;
        let mut choice = Random::new(*random);
        let which = choice.below(TITLES.len());
        let (title, department) = (TITLES[which], DEPARTMENTS[which]);
        let city = pick(&CITIES, &mut choice);
        let (house, extension, cost_center) = (choice.below(400), choice.below(10_000), choice.below(90) + 10);
        body.clear();
        append(
            body,
            format_args!(
                r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"{user_name}","externalId":"00u{random:016x}","name":{{"givenName":"{given_name}","familyName":"{family_name}"}},"displayName":"{given_name} {family_name}","title":"{title}","preferredLanguage":"en-US","active":true,"emails":[{{"value":"{user_name}","type":"work","primary":true}}],"phoneNumbers":[{{"value":"+1 555 01{extension:04}","type":"work"}}],"addresses":[{{"type":"work","streetAddress":"{house} Harbour Street","locality":"{city}","postalCode":"{extension:05}","country":"US"}}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{{"employeeNumber":"{number}","department":"{department}","costCenter":"CC-{cost_center}","organization":"Example Company","division":"{city}"}}}}"#
            ),
        );
    }
}

fn pick(from: &[&'static str], random: &mut Random) -> &'static str {
    from[random.below(from.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_of_about_800_bytes() {
        let mut body = Vec::new();
        for number in 0..1_000 {
            let person = Person::new(3, number);
            person.write_body(&mut body);
            let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value["userName"], person.user_name());
            assert!((750..900).contains(&body.len()), "{} bytes", body.len());
        }
    }

    #[test]
    fn user_names_are_unique() {
        let mut names = std::collections::HashSet::new();
        for tag in 0..3 {
            assert!((0..1_000).all(|number| names.insert(Person::new(tag, number).user_name)));
        }
    }
}
