//! What an IdP says, for tests: a person, a group.

use muster_engine::{EngineError, directory::Documents};
use muster_model::{DirectoryUser, UserStatement, directory::GroupStatement};
use serde_json::{Value, json};

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

/// Reads these tests' documents back.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestDocuments;

impl Documents for TestDocuments {
    fn statement(&self, user: &DirectoryUser) -> Result<UserStatement, EngineError> {
        let said: Value = serde_json::from_str(&user.document).expect("a test's document is JSON");
        let text = |key: &str| said[key].as_str().map(str::to_owned);
        let emails = said["emails"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(UserStatement {
            document: user.document.clone(),
            user_name: user.user_name.clone(),
            external_id: user.external_id.clone(),
            active: user.active,
            full_name: text("displayName"),
            emails: emails.map(str::to_owned).collect(),
            organization: text("dockerOrg"),
            team: text("dockerTeam"),
            role: text("dockerRole").and_then(|role| role.parse().ok()),
            session_minutes: said["dockerSessionMinutes"].as_i64(),
        })
    }

    fn tombstone(&self, user_name: &str) -> String {
        json!({ "userName": user_name, "active": false }).to_string()
    }
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
