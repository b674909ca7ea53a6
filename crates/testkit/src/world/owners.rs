//! What owners do by hand.

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Refusal, companies,
    invitations::{self, Delivery, Entry, Person, Sent},
    organizations,
};
use muster_model::{Account, Invitation, Organization, Role};

use super::World;

impl World {
    /// Makes an account a member by hand.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn set_member(&self, organization: &Organization, account: &Account, role: Role) -> Result<(), EngineError> {
        let (organization, account) = (organization.clone(), account.clone());
        self.by_hand(move |tx, env| organizations::set_member(tx, env, &organization, &account, role))
    }

    /// Removes a member by hand.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn remove_member(
        &self,
        organization: &Organization,
        account: &Account,
        block: bool,
    ) -> Result<(), EngineError> {
        let (organization, account) = (organization.clone(), account.clone());
        self.by_hand(move |tx, env| organizations::remove_member(tx, env, &organization, &account, block))
    }

    /// Invites somebody, by address or username, as an owner does (ORG-3).
    ///
    /// # Errors
    ///
    /// The engine's; the verdict on who cannot be invited.
    pub fn invite(
        &self,
        organization: &Organization,
        to: &str,
        team: Option<&str>,
        role: Role,
    ) -> Result<(Invitation, TokenText), EngineError> {
        let link = TokenText::generate(TokenPrefix::Invitation).expect("randomness");
        let person = Person { to: to.to_owned(), role, team: team.map(str::to_owned) };
        let entry = Entry { person, link: link.hash() };
        let organization = organization.clone();
        let sent = self.by_hand(move |tx, env| {
            invitations::send(tx, env, &organization, std::slice::from_ref(&entry), &Delivery::default())
        })?;
        match sent.into_iter().next() {
            Some(Sent { invitation: Some(invitation), .. }) => Ok((invitation, link)),
            sent => {
                let verdict = sent.map(|sent| sent.verdict.to_string()).unwrap_or_default();
                Err(Refusal::Invalid(format!("`{to}` {verdict}")).into())
            }
        }
    }

    /// Makes somebody an owner of a new company to which an organization belongs from now on.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn company_owner(&self, company: &str, organization: &Organization, account: &Account) {
        let (name, organization, account) = (company.to_owned(), organization.clone(), account.clone());
        self.by_hand(move |tx, env| {
            let company = companies::create(tx, env, &name)?;
            organizations::join_company(tx, env, &organization, Some(company.id))?;
            companies::add_owner(tx, env, &company, &account).map(drop)
        })
        .expect("a new company");
    }
}
