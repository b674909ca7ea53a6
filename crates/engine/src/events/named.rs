//! Which events somebody asks for.

use muster_model::ledger::Event;

use crate::{EngineError, Refusal, activity};

/// The most that are named.
const AT_MOST: usize = 100;

/// Names of events, and beginnings of several such as `team.*`, each once.
///
/// # Errors
///
/// Refused for what is no event, and for too many.
pub(crate) fn named(mut names: Vec<String>) -> Result<Vec<String>, EngineError> {
    let refused = |text: String| EngineError::from(Refusal::Field { key: "events".to_owned(), text });
    names.sort_unstable();
    names.dedup();
    if names.len() > AT_MOST {
        return Err(refused(format!("there are at most {AT_MOST} of them: name families such as `team.*`")));
    }
    match names.iter().find(|name| !is_known(name)) {
        None => Ok(names),
        Some(unknown) => Err(refused(format!(
            "`{unknown}` is no event: use names such as `member.added`, or beginnings such as `team.*`"
        ))),
    }
}

fn is_known(name: &str) -> bool {
    match name.strip_suffix(".*") {
        None => activity::described(name).is_some(),
        Some(family) => {
            Event::ALL.iter().any(|event| event.as_str().strip_prefix(family).is_some_and(|rest| rest.starts_with('.')))
        }
    }
}
