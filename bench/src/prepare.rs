//! Filling a server before it is measured.

use serde_json::{Value, json};

use crate::answer;
use crate::connection::Connection;
use crate::error::Error;
use crate::state::{Group, State, User};
use crate::target::Target;
use crate::workload::{self, Measurement, Settings};

/// Members sent in one PATCH; Entra sends some, Okta up to a thousand or so.
const SLICE: usize = 1_000;

/// Creates users until there are `count`; `None` if there are already.
///
/// # Errors
///
/// The server cannot be reached.
pub fn users(
    target: &Target,
    count: usize,
    settings: &Settings,
    state: &mut State,
) -> Result<Option<Measurement>, Error> {
    match count.saturating_sub(state.users.len()) {
        0 => Ok(None),
        missing => workload::create(target, missing, settings, state).map(Some),
    }
}

/// Creates the group `<prefix><size>` and makes the first `size` users its members, in slices.
///
/// # Errors
///
/// The server refuses, or there are too few users.
pub fn group(target: &Target, prefix: &str, size: usize, state: &mut State) -> Result<(), Error> {
    if state.group_of(size).is_some() {
        return Ok(());
    }
    let members =
        state.users.get(..size).ok_or_else(|| Error::Unprepared(format!("there are fewer than {size} users")))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let id = runtime.block_on(fill_group(target, &format!("{prefix}{size}"), members))?;
    state.groups.push(Group { id, size });
    Ok(())
}

async fn fill_group(target: &Target, display_name: &str, members: &[User]) -> Result<String, Error> {
    let mut connection = Connection::open(target).await?;
    let mut request = Vec::new();
    let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": display_name });
    target.send(&mut request, "POST", format_args!("/Groups"), group.to_string().as_bytes());
    let answer = connection.exchange(&request).await?;
    let refused = |answer: &crate::connection::Answer<'_>| Error::Refused {
        what: format!("filling the group `{display_name}`"),
        status: answer.status,
        body: answer::excerpt(&answer.body),
    };
    if answer.status != 201 {
        return Err(refused(&answer));
    }
    let id = answer::id(&answer.body).map_err(|_| refused(&answer))?;
    for slice in members.chunks(SLICE) {
        let values: Vec<Value> = slice.iter().map(|user| json!({ "value": user.id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": "members", "value": values }],
        });
        target.send(&mut request, "PATCH", format_args!("/Groups/{id}"), body.to_string().as_bytes());
        let answer = connection.exchange(&request).await?;
        if !matches!(answer.status, 200 | 204) {
            return Err(refused(&answer));
        }
    }
    Ok(id)
}
