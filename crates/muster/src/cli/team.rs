//! `muster team`: its words.

use clap::Subcommand;

use crate::admin::{Request, TeamChange, TeamRequest};

/// What about an organization's teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamCommand {
    /// Every team of an organization, and how many are in it.
    #[command(after_help = "Example:\n  muster team list moby")]
    List {
        /// The organization's name.
        organization: String,
        /// The team that the page before ended with.
        #[arg(long, value_name = "NAME")]
        after: Option<String>,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Who is in a team.
    #[command(after_help = "Example:\n  muster team show moby writers")]
    Show {
        /// The organization's name.
        organization: String,
        /// The team's name.
        team: String,
        /// What the page before ended with.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Make a team.
    #[command(after_help = "Example:\n  muster team create moby writers --description \"Who writes\"")]
    Create {
        /// The organization's name.
        organization: String,
        /// The team's name.
        team: String,
        /// What it is for.
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// Give a team another name; groups keep mapping to it under the former one.
    #[command(after_help = "Example:\n  muster team rename moby writers authors")]
    Rename {
        /// The organization's name.
        organization: String,
        /// The team's name.
        team: String,
        /// Its new name.
        to: String,
    },
    /// Delete a team; its members stay in the organization.
    #[command(after_help = "\
Example:
  muster team delete moby writers

The next push or sign-in that names it brings it back.")]
    Delete {
        /// The organization's name.
        organization: String,
        /// The team's name.
        team: String,
    },
    /// Put a member into a team; the team is made when missing.
    #[command(after_help = "Example:\n  muster team add moby writers ada@example.com")]
    Add {
        /// The organization's name.
        organization: String,
        /// The team's name.
        team: String,
        /// The account's email, username or id.
        who: String,
    },
    /// Take a member out of a team.
    #[command(after_help = "\
Example:
  muster team remove moby writers ada@example.com

Whom a group of an identity provider puts there is put there again by its next word.")]
    Remove {
        /// The organization's name.
        organization: String,
        /// The team's name.
        team: String,
        /// The account's email, username or id.
        who: String,
    },
}

impl TeamCommand {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        let change = |organization: &String, team: &String, change| {
            (organization.clone(), TeamRequest::Change { team: team.clone(), change })
        };
        let (organization, request) = match self {
            Self::List { organization, after, limit } => {
                (organization.clone(), TeamRequest::List { after: after.clone(), limit: *limit })
            }
            Self::Show { organization, team, after, limit } => {
                let (team, after, limit) = (team.clone(), after.clone(), *limit);
                (organization.clone(), TeamRequest::Show { team, after, limit })
            }
            Self::Create { organization, team, description } => {
                change(organization, team, TeamChange::Create { description: description.clone() })
            }
            Self::Rename { organization, team, to } => {
                change(organization, team, TeamChange::Rename { to: to.clone() })
            }
            Self::Delete { organization, team } => change(organization, team, TeamChange::Delete),
            Self::Add { organization, team, who } => change(organization, team, TeamChange::Add { who: who.clone() }),
            Self::Remove { organization, team, who } => {
                change(organization, team, TeamChange::Remove { who: who.clone() })
            }
        };
        Request::Team { organization, request }
    }
}
