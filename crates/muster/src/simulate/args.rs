//! What `muster simulate scim` is told.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use muster_simulator::{Idp, recording::Options, trial::Plan};

use super::saml::SamlArgs;

/// Users of whom something happens to one; churn is counted in these.
const THOUSAND: f64 = 1_000.0;

#[derive(Debug, Subcommand)]
pub(crate) enum SimulateCommand {
    /// A directory's days with a SCIM 2.0 server: people join, change, leave and return, groups are pushed and renamed.
    /// Every answer is judged, and everything is read back and compared at the end.
    #[command(after_help = "\
Examples:
  muster simulate scim --target http://127.0.0.1:8080/scim/v2 --token \"$TOKEN\" --domain example.com
  muster simulate scim --target https://example.com/scim/v2 --idp entra --users 50 --mistakes
  muster simulate scim --target ... --users 10000 --groups 200 --churn 5% --rate 200 --json > verdict.json

  muster simulate scim --target ... --recording okta.jsonl     # what `muster requests export` wrote

It creates users and groups with names of its own and deletes them again, unless `--keep`. Do not point it at a
directory that people depend on.

Exit code: 0 if nothing grave was found, 1 if there was, 2 for wrong usage.")]
    Scim(ScimArgs),
    /// An identity provider to sign in at, for any SAML or OpenID Connect application: pick a person, edit what is said of
    /// them, and see what the application makes of a dozen faults.
    #[command(after_help = "\
Examples:
  muster simulate saml --sp-metadata https://example.com/sso/saml/okta/metadata
  muster simulate saml --port 9300 --idp entra \\
    --application https://example.com/saml/acs=https://example.com/saml/metadata
  muster simulate saml --oidc https://example.com/sso/oidc/callback --client-id muster --json

It checks no password: whoever reaches it can be anybody. It listens on this machine alone unless `--allow-remote`, and
answers only the applications that are named.")]
    Saml(SamlArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ScimArgs {
    /// The server's SCIM base URL.
    #[arg(long, value_name = "URL", visible_alias = "against")]
    pub(super) target: String,
    /// Its bearer token.
    #[arg(long, value_name = "T", env = "MUSTER_SIMULATE_TOKEN", hide_env_values = true)]
    pub(super) token: String,
    /// Play this recording instead, and compare the statuses of the answers with the recorded ones.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "idp", "users", "groups", "days", "churn", "parallel", "seed", "mistakes", "keep", "domain", "group_prefix", "run",
        ]
    )]
    pub(super) recording: Option<PathBuf>,
    /// Who is played: okta, okta-wizard, entra (its default PATCH), entra-compliant, onelogin, jumpcloud, google, ping,
    /// or all, which divides users and groups among them.
    #[arg(long, value_name = "IDP", default_value = "all", value_parser = idps, value_delimiter = ',')]
    pub(super) idp: Vec<Idps>,
    /// Users of the initial cycle.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = up_to::<1_000_000>)]
    pub(super) users: usize,
    /// Groups of the initial cycle.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = up_to::<100_000>)]
    pub(super) groups: usize,
    /// Days after the initial cycle.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = up_to::<3_650>)]
    pub(super) days: usize,
    /// To how many users something happens on a day.
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = churn)]
    pub(super) churn: usize,
    /// Requests a second at most; 0 for as many as the server takes.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(super) rate: u32,
    /// Requests under way at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = up_to::<256>)]
    pub(super) parallel: usize,
    /// How many seconds a request is put off at most when the server asks for it (429, 503).
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(super) patience: u64,
    /// What all choices follow from: the same seed makes the same requests.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Make mistakes as well: duplicates, swapped addresses, lost answers, everybody unassigned at once.
    #[arg(long)]
    pub(super) mistakes: bool,
    /// Leave what was created.
    #[arg(long)]
    pub(super) keep: bool,
    /// The domain of all addresses; one that the server accepts.
    #[arg(long, default_value = "example.com")]
    pub(super) domain: String,
    /// What the names of groups begin with, such as `moby:`.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) group_prefix: String,
    /// What tells the names of this run from those of others [default: random].
    #[arg(long, value_name = "LETTERS", value_parser = suffix)]
    pub(super) run: Option<String>,
}

/// One identity provider, or all.
#[derive(Debug, Clone, Copy)]
pub(super) enum Idps {
    All,
    One(Idp),
}

impl ScimArgs {
    /// What is to be played, with `suffix` unless one was named.
    pub(super) fn plan(&self, suffix: String) -> Plan {
        let mut idps = Vec::new();
        for idp in &self.idp {
            match idp {
                Idps::All => idps.extend(Idp::ALL),
                Idps::One(idp) => idps.push(*idp),
            }
        }
        Plan {
            idps,
            users: self.users,
            groups: self.groups,
            days: self.days,
            churn: self.churn,
            rate: self.rate(),
            parallel: self.parallel,
            patience: Duration::from_secs(self.patience),
            seed: self.seed,
            mistakes: self.mistakes,
            keep: self.keep,
            domain: self.domain.clone(),
            suffix: self.run.clone().unwrap_or(suffix),
            group_prefix: self.group_prefix.clone(),
        }
    }
}

impl ScimArgs {
    /// How a recording is to be played.
    pub(super) fn options(&self) -> Options {
        Options { rate: self.rate(), patience: Duration::from_secs(self.patience) }
    }

    fn rate(&self) -> Option<u32> {
        Some(self.rate).filter(|rate| *rate > 0)
    }
}

fn idps(text: &str) -> Result<Idps, String> {
    match text {
        "all" => Ok(Idps::All),
        one => one.parse().map(Idps::One).map_err(|error: muster_simulator::idp::UnknownIdp| format!("{error}, all")),
    }
}

fn up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "it is not a whole number".to_owned())?;
    if number <= MOST { Ok(number) } else { Err(format!("at most {MOST} can be played")) }
}

/// A share as people write it, in thousandths.
fn churn(text: &str) -> Result<usize, String> {
    let share: f64 = text.trim_end_matches('%').trim().parse().map_err(|_| "write it as `5%`".to_owned())?;
    if !(0.0..=100.0).contains(&share) {
        return Err("it is between 0% and 100%".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
    Ok((share / 100.0 * THOUSAND).round() as usize)
}

fn suffix(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 20;
    if fits && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("use at most 20 lower-case letters and digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn churn_is_written_in_percent() {
        for (text, due) in [("5%", 50), ("0.5%", 5), ("12", 120), ("100 %", 1_000), ("0", 0)] {
            assert_eq!(churn(text), Ok(due), "{text}");
        }
        assert!(churn("101%").is_err() && churn("-1").is_err() && churn("few").is_err() && churn("NaN").is_err());
    }

    #[test]
    fn names_of_runs_fit_into_addresses() {
        assert!(suffix("r7").is_ok() && suffix("R7").is_err() && suffix("").is_err() && suffix("a b").is_err());
    }
}
