//! How far a connection is set up: what was found, step by step, and where each is done.

use muster_engine::setup::Progress;

use crate::{
    console::state::State,
    pages::{minute, texts},
};

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Whose addresses.
    Domains,
    /// Which identity provider.
    Provider,
    /// Somebody comes through.
    Test,
    /// SCIM.
    Directory,
    /// Which groups lead where.
    Groups,
}

impl Step {
    /// In their order.
    pub(crate) const ALL: [Self; 5] = [Self::Domains, Self::Provider, Self::Test, Self::Directory, Self::Groups];

    /// Its part of the address.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Domains => "/domains",
            Self::Provider => "/provider",
            Self::Test => "/tests",
            Self::Directory => "/directory",
            Self::Groups => "/groups",
        }
    }

    /// The name of its sign.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Provider => "connections",
            Self::Test => "check",
            Self::Directory => "members",
            Self::Groups => "teams",
        }
    }

    /// What it is called.
    pub(crate) fn title(self) -> String {
        texts::text(match self {
            Self::Domains => "step-domains",
            Self::Provider => "step-provider",
            Self::Test => "step-test",
            Self::Directory => "step-directory",
            Self::Groups => "step-groups",
        })
    }
}

/// A line of the list.
pub(crate) struct Line {
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) state: State,
    /// What was found, or what to do.
    pub(crate) told: String,
    /// Whether it can be left out.
    pub(crate) is_optional: bool,
}

/// The steps of a connection whose pages are at `here`, for owners or for whoever has a link.
pub(crate) fn lines(progress: &Progress, here: &str, is_owner: bool) -> Vec<Line> {
    let line = |step: Step| {
        let (state, told) = found(step, progress);
        Line {
            // Owners have a page of their own for it, with every token.
            href: format!("{here}{}", if is_owner && step == Step::Directory { "/scim" } else { step.path() }),
            title: step.title(),
            state,
            told,
            is_optional: matches!(step, Step::Directory | Step::Groups),
        }
    };
    Step::ALL.into_iter().map(line).collect()
}

fn found(step: Step, progress: &Progress) -> (State, String) {
    match step {
        Step::Domains => {
            let names =
                progress.domains.iter().map(|listed| listed.domain.name.as_str()).collect::<Vec<_>>().join(", ");
            match (progress.has_domain(), names.is_empty()) {
                (true, _) => (State::Done, names),
                (false, true) => (State::Todo, texts::text("step-domains-todo")),
                (false, false) => (State::Begun, texts::say("step-domains-begun", [("name", names.into())])),
            }
        }
        Step::Provider if progress.has_provider => (State::Done, texts::text("step-provider-done")),
        Step::Provider => (State::Todo, texts::text("step-provider-todo")),
        Step::Test => match progress.test {
            Some(test) if test.passed => {
                (State::Done, texts::say("step-test-done", [("name", minute(test.at).into())]))
            }
            Some(test) => (State::Begun, texts::say("step-test-failed", [("name", minute(test.at).into())])),
            None => (State::Todo, texts::text("step-test-todo")),
        },
        Step::Directory => match (progress.scim, progress.heard_of()) {
            (true, Some(at)) => (State::Done, texts::say("step-directory-done", [("name", minute(at).into())])),
            (true, None) => (State::Begun, texts::text("step-directory-begun")),
            (false, _) => (State::Todo, texts::text("step-directory-todo")),
        },
        Step::Groups => match (progress.mappings, progress.test.and_then(|test| test.groups)) {
            (0, Some(groups)) if groups > 0 => {
                (State::Done, texts::say("step-groups-stated", [("count", groups.into())]))
            }
            (0, _) => (State::Todo, texts::text("step-groups-todo")),
            (rows, _) => (State::Done, texts::say("step-groups-done", [("count", rows.into())])),
        },
    }
}
