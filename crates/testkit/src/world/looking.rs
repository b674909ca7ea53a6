//! What tests look at.

use muster_engine::{Surroundings, guard};
use muster_model::{
    Account, ConnectionId, DirectoryUser, DirectoryUserId, Email, Grant, HeldChange, Membership, Organization,
};

use super::World;

impl World {
    /// The account with this email.
    #[must_use]
    pub fn account_of(&self, email: &str) -> Option<Account> {
        let email = Email::parse(email).expect("an address");
        self.read(move |conn| Ok(conn.account_by_email(&email)?))
    }

    /// A person's membership, in whatever state.
    #[must_use]
    pub fn membership(&self, organization: &Organization, email: &str) -> Option<Membership> {
        let (organization, account) = (organization.id, self.account_of(email)?.id);
        self.read(move |conn| Ok(conn.memberships_in(organization, &[account])?.into_iter().next()))
    }

    /// Whether a person is in.
    #[must_use]
    pub fn is_member(&self, organization: &Organization, email: &str) -> bool {
        self.membership(organization, email).is_some_and(|membership| membership.is_active())
    }

    /// A person's grants in an organization.
    #[must_use]
    pub fn grants(&self, organization: &Organization, email: &str) -> Vec<Grant> {
        let Some(account) = self.account_of(email) else { return Vec::new() };
        let (organization, account) = (organization.id, account.id);
        self.read(move |conn| Ok(conn.grants_in(organization, &[account])?))
    }

    /// The names of the teams that a person is in, sorted.
    #[must_use]
    pub fn teams(&self, organization: &Organization, email: &str) -> Vec<String> {
        if !self.is_member(organization, email) {
            return Vec::new();
        }
        let teams: Vec<_> =
            self.grants(organization, email).into_iter().filter(|grant| !grant.asleep).filter_map(|g| g.team).collect();
        let organization = organization.id;
        let mut names: Vec<String> = self.read(move |conn| {
            teams.iter().map(|team| Ok(conn.team(organization, *team)?.expect("the team exists").name)).collect()
        });
        names.sort();
        names.dedup();
        names
    }

    /// A directory user as stored now.
    #[must_use]
    pub fn user(&self, connection: ConnectionId, id: DirectoryUserId) -> Option<DirectoryUser> {
        self.read(move |conn| Ok(conn.directory_user(connection, id)?))
    }

    /// The open reports of a connection: rule and text.
    #[must_use]
    pub fn reports(&self, connection: ConnectionId) -> Vec<(String, String)> {
        self.read(move |conn| {
            let reports = conn.reports(connection, 1_000)?;
            Ok(reports.into_iter().map(|report| (report.kind, report.detail)).collect())
        })
    }

    /// The requests of a connection that the mass-change guard holds, in the order in which they came.
    #[must_use]
    pub fn held(&self, connection: ConnectionId) -> Vec<HeldChange> {
        let now = self.clock.now();
        self.read(move |conn| Ok(guard::pending(conn, connection, now)?.0))
    }
}
