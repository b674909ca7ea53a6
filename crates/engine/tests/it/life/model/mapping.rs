//! Where a group maps (GRP-1, GRP-4, GRP-8).

use muster_model::Role;

use super::super::events::{Connection, DIRECTORIES, ORGANIZATIONS, Organization};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target<'t> {
    pub(super) at: Organization,
    pub(super) team: Option<&'t str>,
    pub(super) role: Option<Role>,
}

/// The mapping table: a whole name, or the beginning of one, and where it maps.
const TABLE: [(&str, Target<'static>); 3] = [
    ("admins", Target { at: 0, team: Some("admins"), role: Some(Role::Editor) }),
    ("admins", Target { at: 1, team: None, role: Some(Role::Owner) }),
    ("platform*", Target { at: 0, team: Some("platform"), role: None }),
];

/// The lines of the table, as pattern, organization, team and role.
pub(in super::super) fn table() -> impl Iterator<Item = (&'static str, Organization, Option<&'static str>, Option<Role>)>
{
    TABLE.iter().map(|(pattern, target)| (*pattern, target.at, target.team, target.role))
}

pub(super) fn targets(by: Connection, name: &str) -> Vec<Target<'_>> {
    let folded = name.to_lowercase();
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => folded.starts_with(start),
        None => folded == pattern,
    };
    let lines = TABLE.iter().filter(|(pattern, _)| DIRECTORIES[by].table && matches(pattern));
    let listed: Vec<_> = lines.map(|(_, target)| *target).collect();
    if !listed.is_empty() {
        return listed;
    }
    let Some((organization, team)) = name.split_once(':') else { return Vec::new() };
    let at = ORGANIZATIONS.iter().position(|name| *name == organization.trim().to_lowercase());
    let team = team.trim();
    at.filter(|_| !team.is_empty()).map(|at| Target { at, team: Some(team), role: None }).into_iter().collect()
}
