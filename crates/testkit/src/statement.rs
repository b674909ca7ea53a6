//! What an IdP says, for tests: a person, a group.

use muster_model::{UserStatement, directory::GroupStatement};
use serde_json::json;

/// An active person with this `userName`, and nothing else said.
#[must_use]
pub fn person(user_name: &str) -> UserStatement {
    restated(UserStatement {
        document: String::new(),
        user_name: user_name.to_owned(),
        external_id: None,
        active: true,
        full_name: None,
        emails: vec![user_name.to_owned()],
        organization: None,
        team: None,
        role: None,
        session_minutes: None,
    })
}

/// The statement with the document that goes with it.
#[must_use]
pub(crate) fn restated(mut said: UserStatement) -> UserStatement {
    let document = json!({
        "userName": said.user_name,
        "externalId": said.external_id,
        "active": said.active,
        "displayName": said.full_name,
        "emails": said.emails,
        "dockerOrg": said.organization,
        "dockerTeam": said.team,
        "dockerRole": said.role,
        "dockerSessionMinutes": said.session_minutes,
    });
    said.document = document.to_string();
    said
}

/// A group with this `displayName`.
#[must_use]
pub fn team_group(display_name: &str) -> GroupStatement {
    GroupStatement {
        document: json!({ "displayName": display_name }).to_string(),
        display_name: display_name.to_owned(),
        external_id: None,
    }
}
