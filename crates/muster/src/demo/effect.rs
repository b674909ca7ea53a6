//! What the simulated IdPs brought about: who is where, and why.

use muster_model::AccountId;
use uuid::Uuid;

use super::{DemoError, perform};
use crate::admin::{Answer, Explanation, Installation, Request};

/// The most people shown.
const PEOPLE: i64 = 100;

/// Everybody, explained.
pub(super) async fn people(installation: &Installation) -> Result<Vec<Explanation>, DemoError> {
    let accounts = installation.store.scan(|conn| conn.all_accounts(AccountId(Uuid::nil()), PEOPLE)).await;
    let accounts = accounts.map_err(|error| crate::admin::AdminError::Engine(error.into()))?;
    let mut people = Vec::new();
    for email in accounts.into_iter().filter_map(|account| account.email) {
        let request = Request::Explain { who: email.to_string(), organization: None };
        if let Answer::Explained(explanation) = perform(installation, request).await? {
            people.push(*explanation);
        }
    }
    Ok(people)
}
