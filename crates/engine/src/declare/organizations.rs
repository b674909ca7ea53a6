//! Companies, organizations, their teams and owners.

use std::time::Duration;

use muster_model::{
    Account, CompanyId, Email, Organization, OrganizationId, Rule,
    domain::Holder,
    ledger::{Event, Kind},
    token::TokenKind,
};

use super::{Work, quoted, refuse};
use crate::{EngineError, accounts, companies, ledger::Subject, organizations, teams, tokens};

/// How long the sign-in link of a new owner works.
const LINK_LIVES: Duration = Duration::from_hours(7 * 24);

impl Work<'_, '_> {
    pub(super) fn companies(&mut self) -> Result<(), EngineError> {
        for company in &self.declaration.companies {
            if let Some(known) = self.tx.company_by_name(&company.name)?
                && self.owns(Holder::Company(known.id))?
            {
                continue;
            }
            self.may_make_company(&company.name)?;
            companies::create(self.tx, self.env, &company.name)?;
        }
        Ok(())
    }

    /// The company that an organization is in, or is to join. Where it is already, it may stay whoever owns that.
    fn company_of(&mut self, place: &str, known: Option<&Organization>, name: &str) -> Result<CompanyId, EngineError> {
        if let Some(company) = known.and_then(|known| known.company)
            && companies::named(self.tx, name)?.is_some_and(|named| named.id == company)
        {
            return Ok(company);
        }
        self.company(place, name)
    }

    pub(super) fn organizations(&mut self) -> Result<(), EngineError> {
        for stated in &self.declaration.organizations {
            let place = format!("organization `{}`", stated.name);
            let known = match self.tx.organization_by_name(&stated.name)? {
                Some(known) if self.owns(Holder::Organization(known.id))? => Some(known),
                _ => None,
            };
            let company = match &stated.company {
                Some(name) => Some(self.company_of(&place, known.as_ref(), name)?),
                None => None,
            };
            let mut organization = match known {
                Some(known) => organizations::set_seats(self.tx, self.env, &known, stated.seats)?,
                None => {
                    self.may_make_organization(&place, company.is_some())?;
                    organizations::create(self.tx, self.env, &stated.name, company, stated.seats)?
                }
            };
            if organization.company != company {
                self.may_leave_company(&place, &organization)?;
                if organization.company.is_some() {
                    self.moved.insert(organization.id);
                }
                organization = organizations::join_company(self.tx, self.env, &organization, company)?;
            }
            for team in &stated.teams {
                teams::find_or_create(self.tx, self.env, organization.id, team, Rule::Grp1)?;
            }
            self.applied.organizations.insert(stated.name.clone(), organization.id);
        }
        Ok(())
    }

    /// Owners of companies by fiat.
    fn company_owners(&mut self) -> Result<(), EngineError> {
        for stated in self.declaration.companies.iter().filter(|stated| !stated.owners.is_empty()) {
            let place = format!("company `{}`", stated.name);
            let id = self.company(&place, &stated.name)?;
            for email in &stated.owners {
                let Some(company) = self.tx.company(id)? else { continue };
                if !self.is_operator() {
                    self.must_own_company(&place, &company, email)?;
                    continue;
                }
                let account = self.owner(email)?;
                companies::add_owner(self.tx, self.env, &company, &account)?;
            }
        }
        Ok(())
    }

    /// Owners by fiat. Those who are already owners by hand stay as they are.
    pub(super) fn owners(&mut self) -> Result<(), EngineError> {
        self.company_owners()?;
        for stated in &self.declaration.organizations {
            let place = format!("organization `{}`", stated.name);
            let organization = self.organization(&place, "name", &stated.name)?;
            let organization = self.tx.organization(organization)?;
            let Some(organization) = organization else { continue };
            for email in &stated.owners {
                if !self.is_operator() {
                    self.must_be_owner(&place, &organization, email)?;
                    continue;
                }
                let account = self.owner(email)?;
                organizations::set_member(self.tx, self.env, &organization, &account, muster_model::Role::Owner)?;
            }
        }
        Ok(())
    }

    /// The account with this email; a new one gets the caller's sign-in link.
    fn owner(&mut self, email: &Email) -> Result<Account, EngineError> {
        let (account, made) = accounts::find_or_create(self.tx, self.env, email, Rule::Org1)?;
        if !made {
            return Ok(account);
        }
        accounts::insert(self.tx, self.env, &account, Rule::Org1)?;
        if let Some(hash) = self.secrets.links.get(&email.key()) {
            let token = tokens::new(self.env, TokenKind::Link, account.id.0, "sign-in link", Some(LINK_LIVES));
            self.tx.insert_token(&token, hash.as_bytes())?;
            let subject = Subject::new(Kind::Token, token.id);
            self.env.created(Event::TokenCreated, subject, 1, Rule::Org1, &token)?;
            self.applied.links.insert(email.key(), account.id);
        }
        Ok(account)
    }

    pub(super) fn company(&mut self, place: &str, name: &str) -> Result<CompanyId, EngineError> {
        if let Some(company) = self.tx.company_by_name(name)?
            && self.owns(Holder::Company(company.id))?
        {
            return Ok(company.id);
        }
        let why = if self.is_operator() {
            "there is no such company: state it as `[[company]]`"
        } else {
            "there is no such company of yours"
        };
        Err(refuse(place, "company", quoted(name), why))
    }

    pub(super) fn organization(&mut self, place: &str, key: &str, name: &str) -> Result<OrganizationId, EngineError> {
        if let Some(id) = self.applied.organizations.get(name) {
            return Ok(*id);
        }
        if let Some(organization) = self.tx.organization_by_name(name)?
            && self.may_name(organization.id)?
        {
            return Ok(organization.id);
        }
        let why = if self.is_operator() {
            "there is no such organization: state it as `[[organization]]`"
        } else {
            "there is no such organization of yours; to cover another's needs the consent of one of its owners (TEN-1)"
        };
        Err(refuse(place, key, quoted(name), why))
    }

    /// A holder's id.
    pub(super) fn holder(&mut self, place: &str, holder: &super::Holder) -> Result<Holder, EngineError> {
        Ok(match holder {
            super::Holder::Organization(name) => {
                Holder::Organization(self.organization(place, "organization", name)?)
            }
            super::Holder::Company(name) => Holder::Company(self.company(place, name)?),
        })
    }
}
