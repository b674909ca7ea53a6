//! The people and groups that the simulated IdPs provision: a small fictional company at example.com.

/// A person in the IdP's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// A short unique name, for placeholders and for made-up external ids.
    pub key: String,
    /// The first name.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// The work address, which is also what the IdP maps to `userName`.
    pub email: String,
    /// The job title.
    pub title: String,
    /// The department.
    pub department: String,
    /// The number in the personnel system.
    pub employee_number: String,
    /// The role that the IdP asserts by `dockerRole`, if it asserts one.
    pub role: Option<String>,
}

impl Person {
    /// The full name, as IdPs send it in `displayName`.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// The name under which the person's resource is remembered.
    pub fn name(&self) -> String {
        format!("user:{}", self.key)
    }

    /// The placeholder for the id that the server gave the person.
    pub fn id(&self) -> String {
        format!("{{{}}}", self.name())
    }
}

/// A group that the IdP pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name; `organization:team` maps to a team.
    pub display_name: String,
    /// Keys of the people in it.
    pub members: Vec<String>,
}

impl Group {
    /// The name under which the group's resource is remembered.
    pub fn name(&self) -> String {
        format!("group:{}", self.display_name)
    }

    /// The placeholder for the id that the server gave the group.
    pub fn id(&self) -> String {
        format!("{{{}}}", self.name())
    }
}

/// What an IdP has to provision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    /// The people, in the order in which they are assigned.
    pub people: Vec<Person>,
    /// The groups, in the order in which they are pushed.
    pub groups: Vec<Group>,
}

impl Directory {
    /// The company's own people, spread over teams of the organizations `moby` and `whale`, and a group whose name
    /// maps to no team.
    pub fn example() -> Directory {
        Directory {
            people: vec![
                person("ada", "Ada", "Lindqvist", "Head of Engineering", "Engineering", "1001", Some("editor")),
                person("bruno", "Bruno", "Okafor", "Software Engineer", "Engineering", "1002", None),
                person("chiara", "Chiara", "Moreau", "Product Designer", "Product", "1003", None),
                person("dmitri", "Dmitri", "Haddad", "Support Specialist", "Customer Care", "1004", None),
                person("elif", "Elif", "Tanaka", "Site Reliability Engineer", "Engineering", "1005", None),
            ],
            groups: vec![
                group("moby:developers", &["ada", "bruno", "elif"]),
                group("moby:designers", &["chiara"]),
                group("whale:support", &["dmitri", "elif"]),
                group("Everyone", &["ada", "bruno", "chiara", "dmitri", "elif"]),
            ],
        }
    }

    /// The people of a business that the company bought, who are in another IdP.
    pub fn acquired() -> Directory {
        Directory {
            people: vec![
                person("farah", "Farah", "Novak", "Sales Director", "Sales", "2001", Some("editor")),
                person("goran", "Goran", "Castillo", "Account Manager", "Sales", "2002", None),
                person("hana", "Hana", "Eriksen", "Data Analyst", "Analytics", "2003", None),
            ],
            groups: vec![group("whale:sales", &["farah", "goran"]), group("whale:analysts", &["hana"])],
        }
    }

    /// The person with this key.
    pub fn person(&self, key: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.key == key)
    }

    /// The members of a group; keys that name nobody are passed over.
    pub fn members<'d>(&'d self, group: &'d Group) -> impl Iterator<Item = &'d Person> {
        group.members.iter().filter_map(|key| self.person(key))
    }
}

fn person(
    key: &str,
    given_name: &str,
    family_name: &str,
    title: &str,
    department: &str,
    employee_number: &str,
    role: Option<&str>,
) -> Person {
    Person {
        key: key.to_owned(),
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        email: format!("{key}.{}@example.com", family_name.to_lowercase()),
        title: title.to_owned(),
        department: department.to_owned(),
        employee_number: employee_number.to_owned(),
        role: role.map(str::to_owned),
    }
}

fn group(display_name: &str, members: &[&str]) -> Group {
    Group { display_name: display_name.to_owned(), members: members.iter().map(|key| (*key).to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_a_person() {
        for directory in [Directory::example(), Directory::acquired()] {
            for group in &directory.groups {
                assert_eq!(directory.members(group).count(), group.members.len(), "{}", group.display_name);
            }
        }
    }
}
