//! Teams, for people.

use super::{organization::with, table};
use crate::admin::Teams;

/// A line for each team; and for each member, where they were asked for.
pub(super) fn teams(answer: &Teams) -> String {
    if answer.teams.is_empty() {
        return answer.done.clone().unwrap_or_else(|| format!("`{}` has no teams", answer.organization));
    }
    let mut lines = table(["team", "members", "description"]);
    for team in &answer.teams {
        lines.add_row([team.name.clone(), team.size.to_string(), team.description.clone()]);
    }
    let mut text = lines.to_string();
    for members in answer.teams.iter().filter_map(|team| team.members.as_ref()) {
        let mut lines = table(["username", "name", "email", "role"]);
        for member in members {
            lines.add_row([
                member.username.clone(),
                member.full_name.clone(),
                member.email.clone(),
                member.role.to_string(),
            ]);
        }
        text = format!("{text}\n\n{lines}");
    }
    with(answer.done.as_deref(), &text, answer.next.as_deref())
}
