//! Inviting people (ORG-3): from lists of them to the letters that they get. The pages that their links lead to are in
//! `sign_in::invitation`.
//!
//! - [`invitees`]: lists of people, as files;
//! - `letter`: the mail.

pub mod invitees;
mod letter;

use std::sync::Arc;

use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    Env, Origin,
    invitations::{self, Delivery, Entry, Mailer, Person, Told, Verdict},
};
use muster_model::{Invitation, InvitationId, Organization};

use crate::{App, HttpError, app::Lane};

/// How many whom directories invited are mailed in one transaction.
const GUESTS_AT_ONCE: usize = 20;

/// What became of somebody on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Whether the person was invited, and if not, why.
    pub verdict: Verdict,
    /// The invitation, if there is one. Its `email` is not for whoever invited by username (TEN-3).
    pub invitation: Option<Invitation>,
    /// Its link, where no mail is sent: whoever invites passes it on.
    pub link: Option<String>,
}

impl App {
    /// Says of each person what inviting them would come to; nothing is sent.
    ///
    /// # Errors
    ///
    /// The engine's: see [`invitations::review`].
    pub async fn review(
        &self,
        origin: Origin,
        organization: Organization,
        people: Vec<Person>,
    ) -> Result<Vec<Verdict>, HttpError> {
        let surroundings = self.surroundings();
        self.read(Lane::Snapshot, move |conn| {
            let env = Env::new(Arc::clone(&surroundings), origin);
            invitations::review(conn, &env, &organization, &people.iter().collect::<Vec<_>>())
        })
        .await
    }

    /// Invites those of these people who can be; for each in its order, what became of it.
    ///
    /// # Errors
    ///
    /// The engine's: see [`invitations::send`].
    pub async fn invite(
        &self,
        origin: Origin,
        organization: Organization,
        people: Vec<Person>,
    ) -> Result<Vec<Invited>, HttpError> {
        let links = links(people.len())?;
        let hashes = links.iter().map(TokenText::hash);
        let entries: Vec<Entry> = people.into_iter().zip(hashes).map(|(person, link)| Entry { person, link }).collect();
        let (app, written) = (self.clone(), links.clone());
        let sent = self
            .change(origin, move |tx, env| {
                app.delivering(&written, |delivery| invitations::send(tx, env, &organization, &entries, delivery))
            })
            .await?;
        let invited = |(sent, link): (invitations::Sent, TokenText)| Invited {
            link: sent.invitation.is_some().then(|| self.shown(&link)).flatten(),
            verdict: sent.verdict,
            invitation: sent.invitation,
        };
        Ok(sent.into_iter().zip(links).map(invited).collect())
    }

    /// Sends an invitation again; where no mail is sent, with its new link.
    ///
    /// # Errors
    ///
    /// The engine's: see [`invitations::resend`].
    pub async fn resend_invitation(
        &self,
        origin: Origin,
        organization: Organization,
        id: InvitationId,
    ) -> Result<(Invitation, Option<String>), HttpError> {
        let links = links(1)?;
        let (app, written) = (self.clone(), links.clone());
        let sent = self.change(origin, move |tx, env| {
            let Some(hash) = written.first().map(TokenText::hash) else {
                return Err(muster_engine::EngineError::not_found("invitation", id));
            };
            app.delivering(&written, |delivery| invitations::resend(tx, env, &organization, id, &hash, delivery))
        });
        let invitation = sent.await?;
        Ok((invitation, links.first().and_then(|link| self.shown(link))))
    }

    /// Mails some of those whom directories invited; whether there were any.
    pub(crate) async fn mail_guests(&self) -> Result<bool, HttpError> {
        let surroundings = self.surroundings();
        let are_there = self.read(Lane::Point, move |conn| {
            invitations::awaits_mail(conn, &Env::new(Arc::clone(&surroundings), Origin::SYSTEM))
        });
        if !are_there.await? {
            return Ok(false);
        }
        let (app, links) = (self.clone(), links(GUESTS_AT_ONCE)?);
        let hashes: Vec<TokenHash> = links.iter().map(TokenText::hash).collect();
        let mail = move |tx: &mut muster_store::Tx<'_>, env: &mut Env| {
            app.delivering(&links, |delivery| invitations::mail_some(tx, env, &hashes, delivery))
        };
        self.change(Origin::SYSTEM, mail).await
    }

    /// Delivers by these links, in their order.
    pub(crate) fn delivering<T>(&self, links: &[TokenText], send: impl FnOnce(&Delivery<'_>) -> T) -> T {
        let write = |at: usize, told: &Told<'_>| {
            let link = links.get(at).map(|link| self.invitation_url(link)).unwrap_or_default();
            letter::of(told, &link)
        };
        let mail = Some(Mailer { sealer: self.sealer(), write: &write });
        send(&Delivery { mail, shown: !self.sends_mail() })
    }

    fn invitation_url(&self, link: &TokenText) -> String {
        format!("{}/invitations/{}", self.base_url(), link.expose())
    }

    /// A link for whoever invites, where no mail is sent.
    pub(crate) fn shown(&self, link: &TokenText) -> Option<String> {
        (!self.sends_mail()).then(|| self.invitation_url(link))
    }
}

/// New links.
pub(crate) fn links(count: usize) -> Result<Vec<TokenText>, HttpError> {
    let made = (0..count).map(|_| TokenText::generate(TokenPrefix::Invitation)).collect::<Result<_, _>>();
    made.map_err(HttpError::no_randomness)
}
