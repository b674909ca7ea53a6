//! What is around every page of the console: where one is, what else there is, and what has just been done.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use muster_engine::authority::Action;
use muster_model::Role;

use super::visit::Visit;
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::Leave,
    pages::{self, Frame, texts},
};

/// Declares the parts of the console: a row for each, in the order of the menu.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $path:literal, $icon:literal, $label:literal, $action:ident;)*) => {
        /// A part of the console: a line of its menu.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Section { $($(#[$doc])* $name,)* }

        impl Section {
            /// In the order of the menu.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What whoever sees it may do.
            pub(crate) fn action(self) -> Action {
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
    /// Where what happens is sent.
    Webhooks: "/webhooks", "webhooks", "section-webhooks", ReadWebhooks;
    /// Name, seats, owners.
    Settings: "/settings", "settings", "section-settings", ReadSettings;
}

impl Section {
    /// Whether companies have it, too.
    fn is_of_companies(self) -> bool {
        matches!(self, Self::Overview | Self::Domains | Self::Connections)
    }
}

/// A line of the menu.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) href: String,
    pub(crate) icon: &'static str,
    pub(crate) label: String,
    pub(crate) is_here: bool,
}

/// What is around a page.
pub(crate) struct Shell {
    pub(crate) frame: Frame,
    /// Who visits.
    pub(crate) viewer: String,
    /// Of what the page is: an organization's or company's name.
    pub(crate) place: String,
    /// Whether there are other places to go to.
    pub(crate) has_others: bool,
    /// What has just been done.
    pub(crate) done: Option<String>,
    /// Why what was asked for was not done.
    pub(crate) problem: Option<String>,
    here: Option<Section>,
    role: Option<Role>,
    /// Whether it is of a company, and of no organization.
    pub(crate) is_company: bool,
    /// The menu of a page that is no part of the console.
    menu: Option<Vec<Entry>>,
}

impl Shell {
    /// Around a page of no organization.
    pub(crate) fn outside(app: &App, viewer: String) -> Self {
        Self {
            frame: Frame::of(app),
            viewer,
            place: String::new(),
            has_others: false,
            done: None,
            problem: None,
            here: None,
            role: None,
            is_company: false,
            menu: None,
        }
    }

    /// Around a page of an organization, for somebody with this role there.
    pub(crate) fn organization(self, name: &str, role: Role, here: Section, has_others: bool) -> Self {
        Self { place: name.to_owned(), has_others, here: Some(here), role: Some(role), ..self }
    }

    /// Around a page of a company, for an owner.
    pub(crate) fn company(self, name: &str, here: Section) -> Self {
        let place = name.to_owned();
        Self { place, has_others: true, here: Some(here), role: Some(Role::Owner), is_company: true, ..self }
    }

    /// Around a page of something that no account is needed for, with a menu of its own (SEC-2).
    pub(crate) fn of_stranger(app: &App, place: String, menu: Vec<Entry>) -> Self {
        Self { place, menu: Some(menu), ..Self::outside(app, String::new()) }
    }

    /// Whether there is an account to go to.
    pub(crate) fn has_viewer(&self) -> bool {
        self.menu.is_none()
    }

    /// The path of something of the organization or company.
    pub(crate) fn at(&self, rest: &str) -> String {
        let of = if self.is_company { "companies" } else { "orgs" };
        format!("{}/console/{of}/{}{rest}", self.frame.base, self.place)
    }

    /// The path of a part of the console.
    pub(crate) fn section(&self, section: Section) -> String {
        self.at(section.path())
    }

    /// Whether whoever visits may do this.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.role.is_some_and(|role| role >= action.role())
    }

    /// The menu: what the visitor's role allows to see.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        if let Some(menu) = &self.menu {
            return menu.clone();
        }
        let has = |section: &&Section| !self.is_company || section.is_of_companies();
        let shown = Section::ALL.iter().filter(has).filter(|section| self.may(section.action()));
        let entry = |section: &Section| Entry {
            href: self.section(*section),
            icon: section.icon(),
            label: section.label(),
            is_here: self.here == Some(*section),
        };
        shown.map(entry).collect()
    }

    /// With what was done, as the address says it that a form led to; what is no name of ours is passed over.
    pub(crate) fn done(self, said: &str) -> Self {
        let known = said.starts_with("done-") && texts::is_known(said);
        Self { done: known.then(|| texts::text(said)), ..self }
    }

    /// With the reason why something was not done, if that is for whoever visits; and the page's status.
    pub(crate) fn refused(self, visit: &Visit, refused: Option<HttpError>) -> Result<(StatusCode, Self), HttpError> {
        self.refused_in(&visit.acting().arrival, refused)
    }

    /// As [`Shell::refused`], of a request that came so.
    pub(crate) fn refused_in(
        self,
        arrival: &Arrival,
        refused: Option<HttpError>,
    ) -> Result<(StatusCode, Self), HttpError> {
        let Some(error) = refused else { return Ok((StatusCode::OK, self)) };
        let status = error.status();
        if !status.is_client_error() || matches!(status, StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED) {
            return Err(error);
        }
        let problem = match &error {
            // The name of a field is for programs; the form shows which one it is.
            HttpError::Fields(fields) => {
                fields.iter().map(|field| field.detail.as_str()).collect::<Vec<_>>().join("; ")
            }
            error => error.public_detail(&arrival.id.to_string()),
        };
        Ok((status, Self { problem: Some(problem), ..self }))
    }
}

/// A page of the console. Our own script runs on it.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<Response, HttpError> {
    let mut response = pages::page(status, template)?;
    response.extensions_mut().insert(Leave { own_script: true, ..Leave::default() });
    Ok(response)
}
