//! How connections, what they rely on and what happens through them are: a sign and a word, never colour alone.

use crate::pages::texts;

/// A sign and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    tone: &'static str,
    icon: &'static str,
    label: &'static str,
}

impl Mark {
    pub(super) const ON: Self = Self { tone: "good", icon: "check", label: "mark-on" };
    pub(super) const OFF: Self = Self { tone: "", icon: "pause", label: "mark-off" };
    pub(super) const ENFORCED: Self = Self { tone: "good", icon: "check", label: "mark-enforced" };
    pub(super) const NOT_SET_UP: Self = Self { tone: "", icon: "info", label: "mark-not-set-up" };
    pub(super) const WORKS: Self = Self { tone: "good", icon: "check", label: "mark-works" };
    pub(super) const OVER: Self = Self { tone: "", icon: "cross", label: "mark-over" };
    pub(super) const COVERS: Self = Self { tone: "good", icon: "check", label: "mark-covers" };
    pub(super) const MAY_COVER: Self = Self { tone: "wait", icon: "clock", label: "mark-may-cover" };
    const GOOD: Self = Self { tone: "good", icon: "check", label: "mark-good" };
    const ENDED: Self = Self { tone: "bad", icon: "cross", label: "mark-ended" };

    /// How a connection is.
    pub(super) fn of_state(state: &str) -> Self {
        match state {
            "active" => Self { tone: "good", icon: "check", label: "mark-active" },
            "pilot" => Self { tone: "wait", icon: "clock", label: "mark-pilot" },
            "draft" => Self { tone: "", icon: "info", label: "mark-draft" },
            _ => Self { tone: "bad", icon: "pause", label: "mark-switched-off" },
        }
    }

    /// What came of a request or a sign-in.
    pub(super) fn of_outcome(outcome: &str) -> Self {
        match outcome {
            "changed" => Self { tone: "good", icon: "check", label: "mark-changed" },
            "refused" => Self { tone: "wait", icon: "warning", label: "mark-refused" },
            "failed" => Self { tone: "bad", icon: "cross", label: "mark-failed" },
            "read" => Self { tone: "", icon: "search", label: "mark-read" },
            "skipped" => Self { tone: "wait", icon: "pause", label: "mark-skipped" },
            "impossible" => Self { tone: "bad", icon: "cross", label: "mark-impossible" },
            "tested" => Self { tone: "", icon: "info", label: "mark-tested" },
            _ => Self { tone: "", icon: "check", label: "mark-unchanged" },
        }
    }

    /// Whether a certificate, which ends at `ends`, is good at `now`; both as RFC 3339 in UTC.
    pub(super) fn of_end(ends: &str, now: &str) -> Self {
        if ends > now { Self::GOOD } else { Self::ENDED }
    }

    pub(super) fn switch(is_on: bool) -> Self {
        if is_on { Self::ON } else { Self::OFF }
    }

    pub(super) fn tone(self) -> &'static str {
        self.tone
    }

    pub(super) fn icon(self) -> &'static str {
        self.icon
    }

    pub(super) fn label(self) -> String {
        texts::text(self.label)
    }
}
