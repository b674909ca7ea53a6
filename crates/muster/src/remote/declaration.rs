//! `muster apply` and `muster export` over a server: of what is the caller's (TEN-1).

use http::Method;
use serde_json::json;

use super::client::Client;
use crate::{
    admin::{AdminError, Answer},
    declaration::Declaration,
};

pub(super) fn apply(client: &Client, declaration: &Declaration, prune: bool, plan: bool) -> Result<Answer, AdminError> {
    let body = json!({"declaration": declaration, "prune": prune, "plan": plan});
    Ok(Answer::Applied(client.write(Method::POST, &["apply"], &body)?))
}

pub(super) fn export(client: &Client) -> Result<Answer, AdminError> {
    Ok(Answer::Exported(client.get(&["export"], &[])?))
}
