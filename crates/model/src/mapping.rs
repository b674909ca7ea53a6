//! Where a group name maps to (GRP-1, GRP-3, GRP-4, GRP-8). Pure: names in, targets out.

use serde::{Deserialize, Serialize};

use crate::{Connection, MappingId, OrganizationId, Role, name};

/// A row of a connection's mapping table (GRP-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Stable id.
    pub id: MappingId,
    /// A group name, exact or with `*` for any run of characters; compared without case.
    pub pattern: String,
    /// Where its members go; must be covered by the connection to have effect.
    pub organization: OrganizationId,
    /// The team there, by name; `None` for the organization alone.
    pub team: Option<String>,
    /// The role there.
    pub role: Option<Role>,
}

/// One place where the members of a group go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The organization.
    #[serde(rename = "o")]
    pub organization: OrganizationId,
    /// The team's name, checked and folded.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The role, from the table only.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// Why a group maps to nothing, for the connection's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmapped {
    /// Not `organization:team`, and in no table (GRP-3).
    Malformed,
    /// The organization is not covered by the connection (GRP-4).
    NotCovered(String),
}

/// What became of a group name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// Where members go; sorted, without duplicates.
    pub targets: Vec<Target>,
    /// Set when `targets` is empty.
    pub unmapped: Option<Unmapped>,
}

/// Resolves a group name against the mapping table and the `organization:team` form.
///
/// A table entry for a name replaces the form: whoever maps `moby:x` elsewhere means it.
#[must_use]
pub fn resolve(group: &str, connection: &Connection) -> Resolved {
    let folded = group.trim().to_lowercase();
    let mut targets: Vec<Target> = connection
        .mappings
        .iter()
        .filter(|entry| matches(&entry.pattern.to_lowercase(), &folded))
        .filter(|entry| connection.covered(entry.organization).is_some())
        .map(|entry| Target { organization: entry.organization, team: entry.team.clone(), role: entry.role })
        .collect();
    if !targets.is_empty() {
        targets.sort();
        targets.dedup();
        return Resolved { targets, unmapped: None };
    }
    let Some((organization, team)) = folded.split_once(':') else {
        return Resolved { targets, unmapped: Some(Unmapped::Malformed) };
    };
    let (organization, Ok(team)) = (organization.trim(), name::checked(team)) else {
        return Resolved { targets, unmapped: Some(Unmapped::Malformed) };
    };
    match connection.covered_by_name(organization) {
        Some(covered) => Resolved {
            targets: vec![Target { organization: covered.id, team: Some(team), role: None }],
            unmapped: None,
        },
        None if organization.is_empty() => Resolved { targets, unmapped: Some(Unmapped::Malformed) },
        None => Resolved { targets, unmapped: Some(Unmapped::NotCovered(organization.to_owned())) },
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters. Linear in practice, and
/// never worse than the product of both lengths.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.trim().chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        ConnectionId, ConnectionState,
        connection::{Covered, Settings},
        domain::Holder,
    };

    const MOBY: OrganizationId = OrganizationId(Uuid::from_u128(1));
    const WHALE: OrganizationId = OrganizationId(Uuid::from_u128(2));

    fn connection(mappings: Vec<Entry>) -> Connection {
        Connection {
            id: ConnectionId(Uuid::from_u128(9)),
            name: "okta".into(),
            holder: Holder::Organization(MOBY),
            state: ConnectionState::Active,
            settings: Settings::default(),
            organizations: vec![
                Covered { id: MOBY, name: "moby".into(), former: vec!["old-moby".into()], keeps_addresses_out: false },
                Covered { id: WHALE, name: "whale".into(), former: vec![], keeps_addresses_out: false },
            ],
            domains: vec![],
            mappings,
            scim_since: None,
            version: 1,
        }
    }

    #[test]
    fn grp_1_organization_and_team_are_split_trimmed_and_folded() {
        let connection = connection(vec![]);
        for (group, organization, team) in [
            ("moby:developers", MOBY, "developers"),
            (" Moby : Developers ", MOBY, "developers"),
            ("WHALE:a.b", WHALE, "a.b"),
            ("old-moby:x", MOBY, "x"),
        ] {
            let target = Target { organization, team: Some(team.into()), role: None };
            assert_eq!(resolve(group, &connection).targets, [target], "{group}");
        }
    }

    #[test]
    fn grp_3_and_grp_4_what_does_not_map_says_why() {
        let connection = connection(vec![]);
        for (group, why) in [
            ("developers", Unmapped::Malformed),
            ("moby:", Unmapped::Malformed),
            (":x", Unmapped::Malformed),
            ("moby:a:b", Unmapped::Malformed),
            ("moby:two words", Unmapped::Malformed),
            ("acme:x", Unmapped::NotCovered("acme".into())),
        ] {
            assert_eq!(resolve(group, &connection), Resolved { targets: vec![], unmapped: Some(why) }, "{group}");
        }
    }

    #[test]
    fn grp_8_the_table_maps_any_name_and_gives_roles() {
        let entry = |n, pattern: &str, organization, team: Option<&str>, role| Entry {
            id: MappingId(Uuid::from_u128(n)),
            pattern: pattern.into(),
            organization,
            team: team.map(Into::into),
            role,
        };
        let elsewhere = OrganizationId(Uuid::from_u128(77));
        let connection = connection(vec![
            entry(1, "Platform *", MOBY, Some("platform"), None),
            entry(2, "*admins", WHALE, None, Some(Role::Owner)),
            entry(3, "platform admins", MOBY, Some("platform"), None),
            entry(4, "*", elsewhere, None, Some(Role::Owner)),
        ]);
        let targets = resolve("platform Admins", &connection).targets;
        assert_eq!(targets.len(), 2, "two entries say the same; one is of an uncovered organization: {targets:?}");
        assert!(targets.contains(&Target { organization: WHALE, team: None, role: Some(Role::Owner) }));
        assert_eq!(resolve("moby:x", &connection).targets[0].team.as_deref(), Some("x"));
    }

    #[test]
    fn patterns_match_like_globs() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("*b*", "abc", true),
            ("abc", "abcd", false),
            ("a**", "a", true),
            ("*a*a*a*b", &"a".repeat(200), false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
