//! What is around every page of the console: where one is, what else there is, and what has just been done.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use muster_engine::authority::Action;
use muster_model::Role;

use super::visit::Visit;
use crate::{
    App, HttpError,
    browser::Leave,
    pages::{self, Frame, texts},
};

/// Declares the parts of the console: a row for each, in the order of the menu.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $path:literal, $icon:literal, $label:literal, $action:ident;)*) => {
        /// A part of the console: a line of its menu.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Section { $($(#[$doc])* $name,)* }

        impl Section {
            /// In the order of the menu.
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What whoever sees it may do.
            pub(super) fn action(self) -> Action {
                match self { $(Self::$name => Action::$action,)* }
            }

            /// Its part of the address, with a slash before it.
            fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }

            /// The name of its sign.
            fn icon(self) -> &'static str {
                match self { $(Self::$name => $icon,)* }
            }

            fn label(self) -> String {
                texts::text(match self { $(Self::$name => $label,)* })
            }
        }
    };
}

sections! {
    /// What needs attention.
    Overview: "", "overview", "section-overview", ReadOrganization;
    /// Who is in.
    Members: "/members", "members", "section-members", ReadMembers;
    /// Teams, and who is in them.
    Teams: "/teams", "teams", "section-teams", ReadTeams;
    /// Who is invited.
    Invitations: "/invitations", "invitations", "section-invitations", ReadInvitations;
    /// Domains of addresses.
    Domains: "/domains", "domains", "section-domains", ReadDomains;
    /// How people sign in, and their directories.
    Connections: "/connections", "connections", "section-connections", ReadConnections;
    /// Where members are signed in.
    Sessions: "/sessions", "sessions", "section-sessions", ReadSessions;
    /// What happened.
    Activity: "/activity", "activity", "section-activity", ReadActivity;
    /// What programs call with.
    Tokens: "/tokens", "tokens", "section-tokens", ReadTokens;
    /// Name, seats, owners.
    Settings: "/settings", "settings", "section-settings", ReadSettings;
}

/// A line of the menu.
pub(super) struct Entry {
    pub(super) href: String,
    pub(super) icon: &'static str,
    pub(super) label: String,
    pub(super) is_here: bool,
}

/// What is around a page.
pub(super) struct Shell {
    pub(super) frame: Frame,
    /// Who visits.
    pub(super) viewer: String,
    /// Of what the page is: an organization's name.
    pub(super) place: String,
    /// Whether there are other places to go to.
    pub(super) has_others: bool,
    /// What has just been done.
    pub(super) done: Option<String>,
    /// Why what was asked for was not done.
    pub(super) problem: Option<String>,
    here: Option<Section>,
    role: Option<Role>,
}

impl Shell {
    /// Around a page of no organization.
    pub(super) fn outside(app: &App, viewer: String) -> Self {
        Self {
            frame: Frame::of(app),
            viewer,
            place: String::new(),
            has_others: false,
            done: None,
            problem: None,
            here: None,
            role: None,
        }
    }

    /// Around a page of an organization, for somebody with this role there.
    pub(super) fn organization(self, name: &str, role: Role, here: Section, has_others: bool) -> Self {
        Self { place: name.to_owned(), has_others, here: Some(here), role: Some(role), ..self }
    }

    /// Around a page of a company.
    pub(super) fn company(self, name: &str) -> Self {
        Self { place: name.to_owned(), has_others: true, ..self }
    }

    /// The path of something of the organization.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("{}/console/orgs/{}{rest}", self.frame.base, self.place)
    }

    /// The path of a part of the console.
    pub(super) fn section(&self, section: Section) -> String {
        self.at(section.path())
    }

    /// Whether whoever visits may do this.
    pub(super) fn may(&self, action: Action) -> bool {
        self.role.is_some_and(|role| role >= action.role())
    }

    /// The menu: what the visitor's role allows to see.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let shown = Section::ALL.iter().filter(|section| self.may(section.action()));
        let entry = |section: &Section| Entry {
            href: self.section(*section),
            icon: section.icon(),
            label: section.label(),
            is_here: self.here == Some(*section),
        };
        shown.map(entry).collect()
    }

    /// With what was done, as the address says it that a form led to; what is no name of ours is passed over.
    pub(super) fn done(self, said: &str) -> Self {
        let known = said.starts_with("done-") && texts::is_known(said);
        Self { done: known.then(|| texts::text(said)), ..self }
    }

    /// With the reason why something was not done, if that is for whoever visits; and the page's status.
    pub(super) fn refused(self, visit: &Visit, refused: Option<HttpError>) -> Result<(StatusCode, Self), HttpError> {
        let Some(error) = refused else { return Ok((StatusCode::OK, self)) };
        let status = error.status();
        if !status.is_client_error() || matches!(status, StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED) {
            return Err(error);
        }
        let problem = error.public_detail(&visit.acting().arrival.id.to_string());
        Ok((status, Self { problem: Some(problem), ..self }))
    }
}

/// A page of the console. Our own script runs on it.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Result<Response, HttpError> {
    let mut response = pages::page(status, template)?;
    response.extensions_mut().insert(Leave { own_script: true, ..Leave::default() });
    Ok(response)
}
