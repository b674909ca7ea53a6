//! What a run of an IdP came to.

use std::fmt;

use crate::idp::Idp;
use crate::transport::{Request, Response};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The answer was due.
    Passed,
    /// The answer was not due, or none came: why.
    Failed(Vec<String>),
    /// Nothing was sent: why.
    Skipped(String),
}

/// One step and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What the IdP was doing.
    pub name: String,
    /// What was sent; if nothing was, what would have been, placeholders and all.
    pub request: Request,
    /// Which statuses were due.
    pub due: &'static [u16],
    /// What was answered.
    pub response: Option<Response>,
    /// The id of the resource that the answer tells of, if it tells of one.
    pub id: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
}

/// What a run of an IdP came to, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who was played.
    pub idp: Idp,
    /// The steps, in order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Steps whose answer was due.
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Passed).count()
    }

    /// Steps whose answer was not due.
    pub fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Failed(_))).count()
    }

    /// Steps that were left out.
    pub fn skipped(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Skipped(_))).count()
    }
}

impl Outcome {
    /// The status that came, or a dash.
    pub fn status(&self) -> String {
        self.response.as_ref().map_or_else(|| "-".to_owned(), |response| response.status.to_string())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Passed => formatter.write_str("ok"),
            Verdict::Failed(faults) => write!(formatter, "failed: {}", faults.join("; ")),
            Verdict::Skipped(reason) => write!(formatter, "skipped: {reason}"),
        }
    }
}

impl fmt::Display for Report {
    /// A line per step, and a line of sums.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Outcome { name, request, verdict, .. } in &self.outcomes {
            writeln!(formatter, "{name}: {request}: {verdict}")?;
        }
        let (passed, failed, skipped) = (self.passed(), self.failed(), self.skipped());
        write!(formatter, "{}: {passed} passed, {failed} failed, {skipped} skipped", self.idp.title())
    }
}
