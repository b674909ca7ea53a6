//! How invitations' links reach people, and what whoever follows one has shown by that (ACC-1).

use muster_crypto::Sealer;
use muster_model::{Actor, Email, Invitation, Organization, Role, Timestamp};
use muster_store::{Conn, Tx};

use crate::{
    EngineError, Env,
    guests::Home,
    mail::{self, Letter},
};

/// How the links of some invitations reach people.
#[derive(Default)]
pub struct Delivery<'d> {
    /// What writes and seals the mail; without, none is kept.
    pub mail: Option<Mailer<'d>>,
    /// Whether whoever invites is shown the links, because no mail is sent here. Then a link proves nothing of the address,
    /// unless whoever invites may vouch for it: the operator for any, an owner for those of the organization's own domains.
    pub shown: bool,
}

/// What writes the mail.
pub struct Mailer<'d> {
    /// Seals it.
    pub sealer: &'d Sealer,
    /// Writes one; the number is the entry's among those that are sent at once.
    pub write: &'d dyn Fn(usize, &Told<'_>) -> Letter,
}

/// What the mail of an invitation tells.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// To whom it goes.
    pub to: &'t Email,
    /// The organization's name.
    pub organization: &'t str,
    /// Who invites, as people call them; `None` for whoever runs the installation.
    pub inviter: Option<&'t str>,
    /// The role that comes with it.
    pub role: Role,
    /// The team that comes with it.
    pub team: Option<&'t str>,
    /// Until when it counts.
    pub expires: Timestamp,
}

/// For which addresses a link proves that they are its follower's.
pub(super) enum Vouched {
    All,
    Of(Home),
}

impl Vouched {
    pub(super) fn covers(&self, email: &Email) -> bool {
        match self {
            Self::All => true,
            Self::Of(home) => home.has(email),
        }
    }
}

impl Delivery<'_> {
    /// For which addresses these links prove that they are their followers'.
    pub(super) fn vouched(
        &self,
        conn: &mut Conn<'_>,
        env: &Env,
        organization: &Organization,
    ) -> Result<Vouched, EngineError> {
        match env.origin().actor {
            _ if !self.shown => Ok(Vouched::All),
            Actor::Operator | Actor::System => Ok(Vouched::All),
            Actor::Account(_) | Actor::Token(_) => Ok(Vouched::Of(Home::of(conn, organization.id)?)),
        }
    }

    /// Keeps the mail of an invitation.
    pub(super) fn post(
        &self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        organization: &Organization,
        invitation: &Invitation,
        at: usize,
    ) -> Result<(), EngineError> {
        let Some(Mailer { sealer, write }) = &self.mail else { return Ok(()) };
        let known = match invitation.account {
            Some(account) => Some(account),
            None => tx.account_by_email(&invitation.email)?.map(|account| account.id),
        };
        let inviter = inviter_name(tx, invitation)?;
        let team = team_name(tx, invitation)?;
        let told = Told {
            to: &invitation.email,
            organization: &organization.name,
            inviter: inviter.as_deref(),
            role: invitation.role,
            team: team.as_deref(),
            expires: invitation.expires,
        };
        mail::post(tx, env, sealer, known, &write(at, &told))
    }
}

/// What the person who sent an invitation is called, towards somebody who may not know them.
pub(super) fn inviter_name(conn: &mut Conn<'_>, invitation: &Invitation) -> Result<Option<String>, EngineError> {
    let Some(id) = invitation.inviter else { return Ok(None) };
    let account = conn.account(id)?;
    Ok(account.filter(|account| !account.username.is_empty()).map(|account| {
        if is_plain(&account.full_name) {
            format!("{} ({})", account.full_name, account.username)
        } else {
            account.username
        }
    }))
}

pub(super) fn team_name(conn: &mut Conn<'_>, invitation: &Invitation) -> Result<Option<String>, EngineError> {
    let Some(id) = invitation.team else { return Ok(None) };
    let team = conn.team(invitation.organization, id)?;
    Ok(team.filter(|team| team.ended.is_none()).map(|team| team.name))
}

/// Whether a name can be read as nothing but a name: people choose theirs, and our mail says it to strangers.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars().peekable();
    let mut is_plain = !name.trim().is_empty() && name.chars().count() <= 64;
    while let Some(letter) = letters.next() {
        is_plain &= match letter {
            // `J. R.` is a name, `evil.example` becomes a link.
            '.' => letters.peek().is_none_or(|next| *next == ' '),
            ' ' | '-' | '\'' | '\u{2019}' => true,
            other => other.is_alphabetic(),
        };
    }
    is_plain
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn org_3_what_could_be_read_as_a_link_is_no_name_for_mail() {
        for name in ["Ada Lovelace", "J. R. O'Neil", "Jean-Luc", "Ðorđe"] {
            assert!(is_plain(name), "{name}");
        }
        let long = "a".repeat(65);
        for name in ["", " ", "evil.example", "see https://evil", "Ada\nBcc: x", "call 555", "a@b", &long] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
