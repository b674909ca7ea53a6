//! What arrived, for the connection's log: claims, and neither code nor token (SEC-4).

use muster_oidc::{Login, Received};
use serde_json::{Value, json};

/// What a provider sent, as it came; of a login also how that was read.
pub(super) fn received(received: Received, login: Option<&Login>) -> Value {
    let mut told = received.into_json();
    if let Some(login) = login {
        told["read"] = json!({ "unread": login.unread, "overage": login.overage });
    }
    told
}
