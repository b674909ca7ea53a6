//! Companies: parents of organizations, whose owners own them all (ORG-1, ACC-3).

use muster_model::{
    Account, AccountId, Company, CompanyId, Rule,
    ledger::{Event, Kind},
    name,
};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env, Refusal, connections, ledger::Subject, roles};

/// Makes a company. The name is checked, and must never have been another's (ACC-3).
///
/// # Errors
///
/// [`Refusal::Name`]; the store's.
pub fn create(tx: &mut Tx<'_>, env: &mut Env, name: &str) -> Result<Company, EngineError> {
    let name = free_name(tx, name, None)?;
    let company = Company { id: CompanyId(env.new_id()), name, owners: Vec::new(), version: 1 };
    tx.insert_company(&company, env.now())?;
    env.created(Event::CompanyCreated, subject(&company), 1, Rule::Acc3, &company)?;
    env.about(company.id);
    Ok(company)
}

/// Renames a company; its former name goes on leading to it, and is never another's (ACC-3).
///
/// # Errors
///
/// [`Refusal::Name`]; the store's.
pub fn rename(tx: &mut Tx<'_>, env: &mut Env, company: &Company, name: &str) -> Result<Company, EngineError> {
    let name = free_name(tx, name, Some(company.id))?;
    if name == company.name {
        return Ok(company.clone());
    }
    if tx.former_holder("company", &company.name)?.is_none() {
        tx.insert_former_name("company", &company.name, company.id.0, env.now())?;
    }
    let after = Company { name, version: company.version + 1, ..company.clone() };
    save(tx, env, Event::CompanyUpdated, Rule::Acc3, company, after)
}

fn free_name(conn: &mut Conn<'_>, name: &str, own: Option<CompanyId>) -> Result<String, EngineError> {
    let name = name::checked_public(name).map_err(|error| Refusal::Name(error.to_string()))?;
    let is_taken = conn.company_by_name(&name)?.is_some_and(|company| Some(company.id) != own)
        || conn.former_holder("company", &name)?.is_some_and(|id| Some(CompanyId(id)) != own);
    if is_taken {
        return Err(Refusal::NameTaken(format!("`{name}` is, or was, a company's name: choose another")).into());
    }
    Ok(name)
}

/// The company of this name, or that once had it, if the account is one of its owners; to others there is none (TEN-3).
///
/// # Errors
///
/// Not found; the store's.
pub fn owned(conn: &mut Conn<'_>, account: AccountId, name: &str) -> Result<Company, EngineError> {
    let found = named(conn, name)?.filter(|company| company.owners.contains(&account));
    found.ok_or_else(|| EngineError::not_found("company", name))
}

/// The company of this name, or that once had it: renames keep links working (ACC-3).
///
/// # Errors
///
/// The store's.
pub fn named(conn: &mut Conn<'_>, name: &str) -> Result<Option<Company>, EngineError> {
    let folded = name.to_lowercase();
    if let Some(company) = conn.company_by_name(&folded)? {
        return Ok(Some(company));
    }
    match conn.former_holder("company", &folded)? {
        Some(id) => Ok(conn.company(CompanyId(id))?),
        None => Ok(None),
    }
}

/// The owner of a company with this username.
///
/// # Errors
///
/// Not found; the store's.
pub fn owner(conn: &mut Conn<'_>, company: &Company, username: &str) -> Result<Account, EngineError> {
    let account = conn.account_by_username(&username.trim().to_lowercase())?;
    let account = account.filter(|account| company.owners.contains(&account.id));
    account.ok_or_else(|| EngineError::not_found("company owner", username))
}

/// The member of one of a company's organizations with this username. Nobody else can be named: that would tell who has an
/// account (TEN-3).
///
/// # Errors
///
/// Not found; the store's.
pub fn member(conn: &mut Conn<'_>, company: &Company, username: &str) -> Result<Account, EngineError> {
    let missing = || EngineError::not_found("member", username);
    let account = conn.account_by_username(&username.trim().to_lowercase())?.ok_or_else(missing)?;
    for organization in conn.organizations_of(company.id)? {
        let membership = conn.memberships_in(organization.id, &[account.id])?.into_iter().next();
        if membership.is_some_and(|membership| membership.is_active()) {
            return Ok(account);
        }
    }
    Err(missing())
}

/// Makes somebody an owner of a company, and so of all its organizations (ORG-1). What waited there for another owner is done.
///
/// # Errors
///
/// The store's.
pub fn add_owner(tx: &mut Tx<'_>, env: &mut Env, company: &Company, account: &Account) -> Result<Company, EngineError> {
    if company.owners.contains(&account.id) {
        return Ok(company.clone());
    }
    tx.insert_company_owner(company.id, account.id, env.now())?;
    for organization in tx.organizations_of(company.id)? {
        env.unsettle(organization.id);
    }
    let mut after = Company { version: company.version + 1, ..company.clone() };
    after.owners.push(account.id);
    after.owners.sort_unstable();
    env.about(account.id);
    save(tx, env, Event::CompanyOwnerAdded, Rule::Org1, company, after)
}

/// Makes somebody an owner of a company no more.
///
/// # Errors
///
/// Not found; [`Refusal::LastOwner`] where an organization of the company would have no owner left; the store's.
pub fn remove_owner(
    tx: &mut Tx<'_>,
    env: &mut Env,
    company: &Company,
    account: &Account,
) -> Result<Company, EngineError> {
    if !company.owners.contains(&account.id) {
        return Err(EngineError::not_found("company owner", &account.username));
    }
    for organization in tx.organizations_of(company.id)? {
        let is_owner_besides =
            tx.memberships_in(organization.id, &[account.id])?.first().is_some_and(muster_model::Membership::is_owner);
        if !is_owner_besides && !roles::another_owner(tx, organization.id, account.id)? {
            return Err(
                Refusal::LastOwner { account: account.username.clone(), organization: organization.name }.into()
            );
        }
    }
    forget_owner(tx, env, company, account.id)
}

/// As [`remove_owner`], where it was looked after that each organization keeps an owner.
pub(crate) fn forget_owner(
    tx: &mut Tx<'_>,
    env: &mut Env,
    company: &Company,
    account: AccountId,
) -> Result<Company, EngineError> {
    tx.delete_company_owner(company.id, account)?;
    let mut after = Company { version: company.version + 1, ..company.clone() };
    after.owners.retain(|owner| *owner != account);
    env.about(account);
    save(tx, env, Event::CompanyOwnerRemoved, Rule::Org1, company, after)
}

fn save(
    tx: &mut Tx<'_>,
    env: &mut Env,
    event: Event,
    rule: Rule,
    before: &Company,
    after: Company,
) -> Result<Company, EngineError> {
    tx.update_company(&after)?;
    env.changed(event, subject(&after), after.version, rule, before, &after)?;
    env.about(after.id);
    connections::changed(tx)?;
    Ok(after)
}

fn subject(company: &Company) -> Subject {
    Subject::new(Kind::Company, company.id)
}
