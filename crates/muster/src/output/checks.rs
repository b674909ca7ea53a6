//! What the doctor found, for people.

use super::table;
use crate::admin::{Check, Status};

/// A line for each check, and what to do beneath it.
pub(super) fn text(checks: &[Check]) -> String {
    let mut rows = table(["", "what", "found"]);
    for check in checks {
        let mark = match check.status {
            Status::Ok => "ok",
            Status::Skipped => "-",
            Status::Warning => "warning",
            Status::Problem => "PROBLEM",
        };
        rows.add_row([mark, &check.name, &check.found]);
        if let Some(advice) = &check.advice {
            rows.add_row(["", "", &format!("-> {advice}")]);
        }
    }
    rows.to_string()
}
