//! What arrived, for the connection's log: claims, and neither code nor token (SEC-4).

use muster_oidc::Login;
use serde_json::{Map, Value, json};

/// The claims of a login.
pub(super) fn received(login: &Login) -> Value {
    let claims: Map<_, _> = login.claims.iter().map(|(name, values)| (name.clone(), json!(values))).collect();
    json!({
        "issuer": login.issuer,
        "subject": login.subject,
        "claims": claims,
        "unread": login.unread,
        "overage": login.overage,
        "auth_time": login.auth_time,
        "session": login.session_id,
        "acr": login.acr,
    })
}
