//! What a directory asks over SCIM, and what an assertion says.

use muster_engine::{EngineError, Env, Origin, accounts, directory, guard, roles, standing::Standing};
use muster_model::{
    Actor, Connection, ConnectionId, DirectoryGroup, DirectoryGroupId, DirectoryUser, DirectoryUserId, Email,
    HeldChangeId, Organization, Role, Rule, Source, Statement, UserStatement,
};
use muster_store::Tx;
use uuid::Uuid;

use super::World;
use crate::statement::restated;

impl World {
    /// `POST /Users`.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn create_user(&self, connection: ConnectionId, said: UserStatement) -> Result<DirectoryUser, EngineError> {
        let said = restated(said);
        self.scim(connection, move |tx, env, connection| directory::create_user(tx, env, connection, said.clone()))
    }

    /// So many people at once, `p0@example.com` and so on: quicker than each in a transaction of its own.
    ///
    /// # Panics
    ///
    /// When one of them is refused.
    #[must_use]
    pub fn create_people(&self, connection: ConnectionId, count: usize) -> Vec<DirectoryUserId> {
        let create = move |tx: &mut Tx<'_>, env: &mut Env, connection: &Connection| {
            let people = (0..count).map(|number| crate::person(&format!("p{number}@example.com")));
            people.map(|said| Ok(directory::create_user(tx, env, connection, said)?.id)).collect()
        };
        self.scim(connection, create).expect("people are made")
    }

    /// `PUT /Users/{id}`; whether it changed anything.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn put_user(
        &self,
        connection: ConnectionId,
        id: DirectoryUserId,
        said: UserStatement,
    ) -> Result<directory::Changed<DirectoryUser>, EngineError> {
        let said = restated(said);
        self.scim(connection, move |tx, env, connection| {
            directory::change_user::<EngineError>(tx, env, connection, id, |_| true, |_| Ok(said.clone()))
        })
    }

    /// `PUT /Users/{id}` that the guard held and an owner approved.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn put_user_approved(
        &self,
        connection: ConnectionId,
        held: HeldChangeId,
        id: DirectoryUserId,
        said: UserStatement,
    ) -> Result<directory::Changed<DirectoryUser>, EngineError> {
        let said = restated(said);
        self.scim(connection, move |tx, env, connection| {
            guard::approve(tx, env, connection.id, held)?;
            directory::change_user::<EngineError>(tx, env, connection, id, |_| true, |_| Ok(said.clone()))
        })
    }

    /// `DELETE /Users/{id}`.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn delete_user(&self, connection: ConnectionId, id: DirectoryUserId) -> Result<(), EngineError> {
        self.scim(connection, move |tx, env, connection| directory::delete_user(tx, env, connection, id, |_| true))
    }

    /// `POST /Groups`.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn create_group(
        &self,
        connection: ConnectionId,
        display_name: &str,
        members: &[DirectoryUserId],
    ) -> Result<DirectoryGroup, EngineError> {
        let said = crate::team_group(display_name);
        let members: Vec<Uuid> = members.iter().map(|id| id.0).collect();
        self.scim(connection, move |tx, env, connection| {
            directory::create_group(tx, env, connection, said.clone(), &members)
        })
    }

    /// `PATCH /Groups/{id}` that adds and removes members.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn change_members(
        &self,
        connection: ConnectionId,
        id: DirectoryGroupId,
        add: &[DirectoryUserId],
        remove: &[DirectoryUserId],
    ) -> Result<directory::Changed<DirectoryGroup>, EngineError> {
        let add: Vec<Uuid> = add.iter().map(|id| id.0).collect();
        let remove: Vec<Uuid> = remove.iter().map(|id| id.0).collect();
        self.scim(connection, move |tx, env, connection| {
            let change = directory::GroupChange {
                statement: None,
                members: vec![
                    directory::MemberChange::Remove(remove.clone()),
                    directory::MemberChange::Add(add.clone()),
                ],
            };
            directory::change_group::<EngineError>(tx, env, connection, id, |_| true, |_| Ok(change))
        })
    }

    /// `PATCH /Groups/{id}` that renames it.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn rename_group(
        &self,
        connection: ConnectionId,
        id: DirectoryGroupId,
        display_name: &str,
    ) -> Result<directory::Changed<DirectoryGroup>, EngineError> {
        let said = crate::team_group(display_name);
        self.scim(connection, move |tx, env, connection| {
            let change = directory::GroupChange { statement: Some(said.clone()), members: Vec::new() };
            directory::change_group::<EngineError>(tx, env, connection, id, |_| true, |_| Ok(change))
        })
    }

    /// `DELETE /Groups/{id}`.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn delete_group(&self, connection: ConnectionId, id: DirectoryGroupId) -> Result<(), EngineError> {
        self.scim(connection, move |tx, env, connection| directory::delete_group(tx, env, connection, id, |_| true))
    }

    /// What an assertion says of a member at sign-in: name, role, session minutes; `None` says nothing.
    ///
    /// # Panics
    ///
    /// When there is no such member, or the store fails.
    pub fn sso_says(
        &self,
        connection: ConnectionId,
        organization: &Organization,
        email: &str,
        full_name: Option<&str>,
        role: Option<Role>,
        minutes: Option<i64>,
    ) {
        let origin = Origin { source: Source::Sso, actor: Actor::System, connection: Some(connection), request: None };
        let (email, organization) = (Email::parse(email).expect("an address"), organization.id);
        let full_name = full_name.map(str::to_owned);
        self.change(origin, move |tx, env| {
            let connection = tx.connection(connection)?.expect("the connection exists");
            let before = tx.account_by_email(&email)?.expect("the account exists");
            let mut after = before.clone();
            if let Some(name) = &full_name {
                after.names.say(stated(env, &connection, name.clone()));
            }
            if let Some(minutes) = minutes {
                after.session_minutes.say(stated(env, &connection, minutes));
            }
            after.conflict = after.names.in_conflict() || after.session_minutes.in_conflict();
            accounts::update(tx, env, &before, after, Rule::Jit1)?;
            accounts::settle_name(tx, env, &connection, before.id)?;
            let mut standing = Standing::load(tx, before.id, organization)?;
            if let Some(role) = role {
                roles::state(tx, env, &connection, &mut standing, Some((role, Rule::Jit5)), Source::Sso)?;
            }
            standing.save(tx, env, Rule::Jit5)
        })
        .expect("an assertion is recorded");
    }
}

/// An assertion's word on a value.
fn stated<V>(env: &Env, connection: &Connection, value: V) -> Statement<V> {
    Statement {
        source: Source::Sso,
        connection: Some(connection.id),
        value,
        rule: Rule::Jit1,
        actor: env.origin().actor,
        request: None,
        at: env.now(),
        locked: false,
    }
}
