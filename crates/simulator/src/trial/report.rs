//! What a trial came to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::findings::Findings;
use super::readback::Compared;
use super::timings::Timing;
use crate::idp::Idp;

/// What a trial came to.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Who was played.
    pub idps: Vec<Idp>,
    /// What the server did wrong.
    pub findings: Findings,
    /// How long answers took, by kind of request.
    pub timings: BTreeMap<String, Timing>,
    /// Requests that were sent.
    pub requests: u64,
    /// Requests that the server put off and that were sent again.
    pub postponed: u64,
    /// How long it took.
    pub took: Duration,
    /// What was read back at the end.
    pub compared: Compared,
    /// Resources of this run that could not be removed.
    pub left: usize,
    /// Why something was not played to its end.
    pub stopped: Vec<String>,
}

impl Verdict {
    /// Whether the server passed: the trial was played to its end, and nothing grave was found.
    pub fn passed(&self) -> bool {
        self.stopped.is_empty() && !self.findings.any_grave()
    }
}
