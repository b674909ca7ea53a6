//! The command line: one definition, from which help and parsing follow.

mod audit;
mod connection;
mod domain;
mod held;
mod migration;
mod organization;
mod requests;
mod session;
mod team;
mod token;
mod user;
mod webhook;

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    backup::{BackupArgs, RestoreArgs},
    config,
    remote::{Access, AccessError, ServerFlags},
    simulate::SimulateCommand,
};

pub(crate) use audit::AuditCommand;
pub(crate) use connection::ConnectionCommand;
pub(crate) use domain::DomainCommand;
pub(crate) use held::{HELD_SHOWN, HeldCommand};
pub(crate) use migration::{AdoptArgs, ConflictsArgs, DriftArgs, PlanArgs, PlanCommand};
pub(crate) use organization::{InviteArgs, OrganizationCommand};
pub(crate) use requests::{ExportArgs, ReplayArgs, RequestsCommand};
pub(crate) use session::SessionCommand;
pub(crate) use team::TeamCommand;
pub(crate) use token::TokenCommand;
pub(crate) use user::UserCommand;
pub(crate) use webhook::WebhookCommand;

const SERVE_EXAMPLES: &str = "\
Examples:
  muster serve
  muster serve --listen 0.0.0.0:8080 --base-url https://muster.example.com
  muster serve --database postgres://muster@db.example.com/muster";

/// Self-hosted enterprise provisioning: SSO, SCIM, groups to teams, and why everybody is where they are.
#[derive(Debug, Parser)]
#[command(name = "muster", version, after_help = "Try it at once, without any set-up:\n  muster demo")]
pub(crate) struct Cli {
    /// A TOML file of settings.
    #[arg(long, global = true, value_name = "FILE", env = "MUSTER_CONFIG", help_heading = "Settings")]
    pub(crate) config: Option<PathBuf>,
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Everything at once, without set-up: a temporary server with a directory being provisioned into it, and an identity
    /// provider to sign in at.
    #[command(after_help = "\
Examples:
  muster demo
  muster demo --port 9000
  muster demo --json > demo.json &")]
    Demo(DemoArgs),
    /// Make the database say what a file says: companies, organizations, domains, connections, owners.
    #[command(after_help = "\
Example:
  muster apply muster.toml --plan     # what would change
  muster apply muster.toml            # change it; again: nothing to change

muster.toml:
  [[organization]]
  name = \"moby\"
  owners = [\"ada@example.com\"]

  [[domain]]
  name = \"example.com\"
  organization = \"moby\"
  verified = true

  [[connection]]
  name = \"okta\"
  organizations = [\"moby\"]
  domains = [\"example.com\"]

  [connection.scim]
  enabled = true")]
    Apply(ApplyArgs),
    /// Write what the database says as a file for `apply`, without secrets.
    #[command(after_help = "Example:\n  muster export > muster.toml")]
    Export,
    /// A connection's SCIM tokens; personal and organization access tokens.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster token list okta
  TOKEN=$(muster token create okta --label \"Okta, production\")
  muster token rotate okta --overlap 48
  muster token revoke okta 0190f5fe-7c2a-7000-8000-0123456789ab
  muster token create --organization moby --scope members:read --days 90"
    )]
    Token(TokenCommand),
    /// The request log: what came over SCIM, how it was read, what was decided and changed.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster requests list --connection okta --since 2h --status 4xx
  muster requests list --connection okta --user ada@example.com
  muster requests show 0190f5fe-7c2a-7000-8000-0123456789ab"
    )]
    Requests(RequestsCommand),
    /// People: who there is, their second factors, and erasing them.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster user list
  muster user show ada@example.com
  muster user erase ada@example.com"
    )]
    User(UserCommand),
    /// Organizations: their members, seats and invitations.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster org list
  muster org members moby --search ada
  muster org invite moby ada@example.com --role editor"
    )]
    Org(OrganizationCommand),
    /// An organization's teams, and who is in them.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster team list moby\n  muster team add moby writers ada@example.com"
    )]
    Team(TeamCommand),
    /// Connections: how they are, trying them, who would be affected by a switch, our keys.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster connection list
  muster connection test okta
  muster connection key add okta signing --days 7"
    )]
    Connection(ConnectionCommand),
    /// Email domains: claiming them, proving them by a TXT record, who has an address there.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster domain add example.com --organization moby
  muster domain check example.com
  muster domain audit example.com --csv"
    )]
    Domain(DomainCommand),
    /// The activity log: what happened to whom, when, by whom and why.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster audit list --account moby\n  muster audit export --account moby > moby.csv"
    )]
    Audit(AuditCommand),
    /// Who is signed in where, and signing people out.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster session list ada@example.com\n  muster session end ada@example.com"
    )]
    Session(SessionCommand),
    /// Where what happens is sent, what was, and sending it again.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster webhook list --organization moby\n  muster webhook replay moby/notes --dead"
    )]
    Webhook(WebhookCommand),
    /// Who is this, and why is it where it is? Every value and grant with source, time, actor and rule.
    #[command(after_help = "\
Examples:
  muster explain ada@example.com
  muster explain ada@example.com --organization moby       # as the owners of moby see it
  muster explain ada@example.com --json | jq '.memberships[].grants'")]
    Explain(ExplainArgs),
    /// Where SSO and SCIM disagree: both values, which one holds and why.
    #[command(after_help = "\
Examples:
  muster conflicts --connection okta
  muster conflicts --connection okta --json | jq '.conflicts[].email'")]
    Conflicts(ConflictsArgs),
    /// Check this installation: files, keys, database, address, tokens, what waits; and say what to do.
    #[command(after_help = "\
Examples:
  muster doctor
  muster doctor --json | jq '.checks[] | select(.status == \"problem\")'

Exit code: 1 if there is a problem; warnings alone are no failure.")]
    Doctor,
    /// Copy the embedded database into a file, whole and checked, while the server runs or not.
    #[command(after_help = "\
Examples:
  muster backup /backups/muster.db
  muster backup /backups/             # a file named by the time
  muster backup /backups/muster.db --force

The master key is not in it: keep a copy of `master.key` apart, and not beside the backups.
On PostgreSQL use its own tools, such as pg_dump.")]
    Backup(BackupArgs),
    /// Put a backup in the place of the embedded database; the former one is kept beside it.
    #[command(after_help = "\
Examples:
  muster restore /backups/muster.db               # into an empty data folder
  muster restore /backups/muster.db --force       # the server is stopped; the former database stays beside")]
    Restore(RestoreArgs),
    /// Play identity providers against any server, and say what it does wrong.
    #[command(
        subcommand,
        after_help = "\
Example:
  muster simulate scim --target https://example.com/scim/v2 --token \"$TOKEN\""
    )]
    Simulate(SimulateCommand),
    /// What the mass-change guard holds: requests that would end too much within an hour.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster held list --connection okta
  muster held approve --connection okta
  muster held reject --connection okta 0190f5fe-7c2a-7000-8000-0123456789ab"
    )]
    Held(HeldCommand),
    /// What a file would change, for everybody whom it concerns: kept, and applied exactly as it was shown.
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  muster plan muster.toml                # who would be added, removed, moved
  muster plan apply 0190f5fe-7c2a-7000-8000-0123456789ab
  muster plan list"
    )]
    Plan(PlanArgs),
    /// Put existing members under SCIM management, in place.
    #[command(after_help = "\
Examples:
  muster adopt --connection okta --list              # who is there without being managed, and why
  muster adopt --connection okta --plan              # what would change for all of them
  muster adopt --connection okta --yes               # do it
  muster adopt --connection okta ada@example.com     # an owner, or somebody inactive: singly")]
    Adopt(AdoptArgs),
    /// Compare what is stored with what the identity provider last said.
    #[command(after_help = "\
Examples:
  muster drift --connection okta
  muster drift --connection okta --repair")]
    Drift(DriftArgs),
    /// Write what a shell needs to complete these commands.
    #[command(after_help = "\
Examples:
  muster completions bash > /etc/bash_completion.d/muster
  muster completions zsh > \"${fpath[1]}/_muster\"
  muster completions fish > ~/.config/fish/completions/muster.fish")]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write manual pages: of `muster`, or with `--out` of every command.
    #[command(after_help = "Examples:\n  muster man | man -l -\n  muster man --out /usr/local/share/man/man1")]
    Man {
        /// The folder for the pages of all commands.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Refuse a database with outstanding migrations instead of running them.
    #[arg(long)]
    pub(crate) no_migrate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The port to listen on; another free one if it is taken.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The file; `-` is the standard input.
    pub(crate) file: PathBuf,
    /// Only show what would change.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Remove what the file does not name: domains, organizations without members; connections are switched off.
    #[arg(long)]
    pub(crate) prune: bool,
    /// Prune without asking.
    #[arg(long, requires = "prune")]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The account's email, username or id.
    pub(crate) who: String,
    /// Only what concerns this organization, as its owners see it; over a server, where it is needed if several of yours have
    /// the person.
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
}

/// The commands that are never done over a server, and take no flags that name one.
const FOR_HERE: [&str; 5] = ["serve", "demo", "simulate", "completions", "man"];

impl Command {
    /// Whether it is one of those.
    pub(crate) fn is_for_here(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Demo(_) | Self::Simulate(_) | Self::Completions { .. } | Self::Man { .. })
    }
}

/// The command line's words, and the settings among them.
pub(crate) struct Words {
    pub(crate) cli: Cli,
    matches: clap::ArgMatches,
}

impl Words {
    /// Reads the command line; prints help or what is wrong, and ends the process, where that is what was asked for.
    pub(crate) fn parse() -> Self {
        let mut command = definition();
        let matches = command.clone().get_matches();
        match Cli::from_arg_matches(&matches) {
            Ok(cli) => Self { cli, matches },
            Err(error) => error.format(&mut command).exit(),
        }
    }

    /// Which server the command line or the environment names, and what opens it.
    pub(crate) fn server(&self, variables: &BTreeMap<String, String>) -> Result<Option<Access>, AccessError> {
        ServerFlags::access(&self.matches, variables)
    }

    /// What was given for a setting's flag.
    pub(crate) fn flag(&self, name: &str) -> Option<String> {
        // Global flags are found in the innermost sub-command that was named.
        let mut matches = &self.matches;
        let mut given = matches.get_one::<String>(name);
        while let Some((_, inner)) = matches.subcommand() {
            matches = inner;
            given = matches.get_one::<String>(name).or(given);
        }
        given.cloned()
    }
}

/// The whole definition, with a flag for each common setting, and those that name a server.
pub(crate) fn definition() -> clap::Command {
    let serve_help = format!("{SERVE_EXAMPLES}\n\n{}", config::overview());
    let command = Cli::command().args(config::flags());
    let with_server = |command: clap::Command| match command.get_name() {
        name if FOR_HERE.contains(&name) => command,
        _ => command.args(ServerFlags::args()),
    };
    command.mut_subcommands(with_server).mut_subcommand("serve", |serve| serve.after_long_help(serve_help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn no_command_has_words_of_its_own_where_a_server_is_named() {
        let definition = definition();
        let commands = definition.get_subcommands().filter(|command| !FOR_HERE.contains(&command.get_name()));
        for command in commands.flat_map(clap::Command::get_subcommands) {
            let is_own = |arg: &&clap::Arg| matches!(arg.get_id().as_str(), "server" | "token" | "token-file");
            assert!(!command.get_arguments().any(|arg| is_own(&arg)), "{}", command.get_name());
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        let definition = definition();
        let inner = definition.get_subcommands().flat_map(clap::Command::get_subcommands);
        for command in definition.get_subcommands().chain(inner) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("muster "), "{}", command.get_name());
        }
    }
}
