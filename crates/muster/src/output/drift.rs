//! What has drifted, for people.

use std::fmt::Write as _;

use super::{applied, plans};
use crate::admin::Drift;

/// Each finding as it is and as it should be.
pub(super) fn text(drift: &Drift) -> String {
    let mut text = String::new();
    if !drift.groups.is_empty() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "groups that led elsewhere:\n{}\n", applied::changes(&drift.groups));
    }
    let places: Vec<_> = drift.findings.iter().flat_map(|finding| finding.places.iter().cloned()).collect();
    if !places.is_empty() {
        let _ = writeln!(text, "{}\n", plans::members(&places));
    }
    let values: Vec<_> = drift.findings.iter().flat_map(|finding| finding.values.iter().cloned()).collect();
    if !values.is_empty() {
        let _ = writeln!(text, "{}\n", applied::changes(&values));
    }
    for finding in &drift.findings {
        if let Some(why) = &finding.refused {
            let _ = writeln!(text, "{}: cannot be repaired: {why}\n", finding.who);
        }
    }
    let refused = drift.findings.iter().filter(|finding| finding.refused.is_some()).count();
    let found = drift.findings.len() + drift.groups.len();
    let _ = match (found, drift.repaired) {
        (0, _) => write!(text, "{} users looked at: what is stored is what {} said", drift.users, drift.connection),
        (found, true) => write!(text, "{} users looked at, {} of {found} repaired", drift.users, found - refused),
        (found, false) => write!(
            text,
            "{} users looked at, {found} have drifted; repair: muster drift --connection {} --repair",
            drift.users, drift.connection
        ),
    };
    if let Some(next) = drift.next {
        let _ = write!(text, "\nmore: muster drift --connection {} --after {next}", drift.connection);
    }
    text
}
