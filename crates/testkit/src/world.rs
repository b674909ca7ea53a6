//! A store with organizations and connections in it, and the requests of an IdP and an owner.

use std::{sync::Arc, time::Duration};

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal, Surroundings, accounts, directory, guard,
    ledger::Subject,
    organizations,
    retention::{self, Policy, Progress, Removed},
    roles,
    standing::Standing,
    teams, tokens, transact,
};
use muster_model::{
    Account, Actor, Connection, ConnectionId, ConnectionState, DirectoryGroup, DirectoryGroupId, DirectoryUser,
    DirectoryUserId, Domain, DomainId, DomainState, Email, Grant, HeldChange, HeldChangeId, Invitation, InvitationId,
    Membership, Organization, RequestId, Role, Rule, Source, Statement, UserStatement,
    connection::Settings,
    domain::Holder,
    ledger::{Event, Kind},
    mapping::Entry,
};
use muster_store::{Conn, Counter, Database, Isolation, Options, PostgresOptions, Store, StoreError, Tx};
use uuid::Uuid;

use crate::{clock::Clock, statement::restated};

/// An installation in one process. All clones are one.
#[derive(Clone)]
pub struct World {
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<Clock>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world on SQLite in memory; on a schema of its own of the PostgreSQL server that `MUSTER_TEST_POSTGRES` names,
    /// if it names one, so that the same tests prove the same behaviour on both.
    ///
    /// # Panics
    ///
    /// When the store does not open.
    #[must_use]
    pub fn new() -> Self {
        let database = match std::env::var("MUSTER_TEST_POSTGRES") {
            Ok(url) => {
                let mut options = PostgresOptions::new(url);
                options.schema = Some(format!("world_{}", Uuid::now_v7().simple()));
                if std::env::var("MUSTER_TEST_ISOLATION").as_deref() == Ok("serializable") {
                    options.isolation = Isolation::Serializable;
                }
                Database::Postgres(options)
            }
            Err(_) => Database::SqliteMemory,
        };
        let mut options = Options::new(database);
        options.readers = 2;
        Self::on(Store::open(&options).expect("an empty store opens"))
    }

    /// A world on a store that is open already.
    #[must_use]
    pub fn on(store: Store) -> Self {
        Self { store, clock: Arc::new(Clock::new(7)) }
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// One change on behalf of `origin`, committed if it succeeds.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn change<T: Send + 'static>(
        &self,
        origin: Origin,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let clock = Arc::clone(&self.clock);
        let work = move |tx: &mut Tx<'_>| {
            let mut env = Env::new(Arc::clone(&clock) as _, origin);
            transact(tx, &mut env, |tx, env| work(tx, env))
        };
        self.store.write_recorded_blocking(work, keep_held)
    }

    /// The requests of a connection that the mass-change guard holds, in the order in which they came.
    #[must_use]
    pub fn held(&self, connection: ConnectionId) -> Vec<HeldChange> {
        let now = self.clock.now();
        self.read(move |conn| Ok(guard::pending(conn, connection, now)?.0))
    }

    /// Removes what has been kept long enough, on behalf of a node, until all is done or another node has the duty.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn retain(&self, policy: &Policy, node: u128) -> Removed {
        let mut removed = Removed::default();
        loop {
            let (slice, done) = match self.retain_slice(policy, node) {
                Progress::NotDue => return removed,
                Progress::More(slice) => (slice, false),
                Progress::Done(slice) => (slice, true),
            };
            removed = removed + slice;
            if done {
                return removed;
            }
        }
    }

    /// One slice of [`World::retain`].
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn retain_slice(&self, policy: &Policy, node: u128) -> Progress {
        let (policy, now) = (*policy, self.clock.now());
        let survey = self.store.scan_blocking(move |conn| retention::survey(conn, now)).expect("the log is counted");
        self.by_hand(move |tx, env| retention::slice(tx, env, &policy, Uuid::from_u128(node), &survey))
            .expect("a slice is done")
    }

    /// One change by the operator.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn by_hand<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.change(Origin::OPERATOR, work)
    }

    /// One SCIM request through a connection, as it is stored now.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn scim<T: Send + 'static>(
        &self,
        connection: ConnectionId,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let origin = Origin {
            source: Source::Scim,
            actor: Actor::Token(Uuid::from_u128(99)),
            connection: Some(connection),
            request: None,
        };
        self.change(origin, move |tx, env| {
            let connection = tx.connection(connection)?.expect("the connection exists");
            work(tx, env, &connection)
        })
    }

    /// Reads.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Conn<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> T {
        self.store.snapshot_blocking(work).expect("the store reads")
    }

    /// A new organization with unlimited seats.
    ///
    /// # Panics
    ///
    /// When there is one of this name.
    #[must_use]
    pub fn organization(&self, name: &str) -> Organization {
        let name = name.to_owned();
        self.by_hand(move |tx, env| organizations::create(tx, env, &name, None, None)).expect("a new organization")
    }

    /// Limits an organization's seats.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn seats(&self, organization: &Organization, seats: i64) {
        let id = organization.id;
        self.by_hand(move |tx, env| {
            let organization = tx.organization(id)?.expect("the organization exists");
            organizations::set_seats(tx, env, &organization, Some(seats))
        })
        .expect("seats are set");
    }

    /// Begins a connection named `name` over these organizations; the first one holds it.
    #[must_use]
    pub fn connection<'w>(&'w self, name: &str, organizations: &[&Organization]) -> ConnectionBuilder<'w> {
        ConnectionBuilder {
            world: self,
            name: name.to_owned(),
            organizations: organizations.iter().map(|organization| (*organization).clone()).collect(),
            domains: vec!["example.com".to_owned()],
            mappings: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// Changes a connection's settings, and nothing that follows from them.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn settings(&self, connection: ConnectionId, change: impl Fn(&mut Settings) + Send + 'static) {
        self.store
            .write_blocking::<_, EngineError, _>(move |tx| {
                let mut connection = tx.connection(connection)?.expect("the connection exists");
                change(&mut connection.settings);
                connection.version += 1;
                Ok(tx.update_connection(&connection)?)
            })
            .expect("settings are stored");
    }

    /// A SCIM token for a connection: its text.
    ///
    /// # Panics
    ///
    /// When the store fails.
    #[must_use]
    pub fn scim_token(&self, connection: ConnectionId) -> TokenText {
        let token = TokenText::generate(TokenPrefix::Scim).expect("randomness");
        let hash = token.hash();
        self.by_hand(move |tx, env| {
            let connection = tx.connection(connection)?.expect("the connection exists");
            tokens::create(tx, env, &connection, &hash, "test", None)
        })
        .expect("a token is made");
        token
    }

    /// An account that exists before any IdP speaks, member of nothing.
    ///
    /// # Panics
    ///
    /// When the store fails.
    #[must_use]
    pub fn account(&self, email: &str, confirmed: bool) -> Account {
        let email = Email::parse(email).expect("an address");
        self.by_hand(move |tx, env| {
            let (account, _) = accounts::find_or_create(tx, env, &email, Rule::Acc1)?;
            let account = Account { email_confirmed: confirmed, ..account };
            accounts::insert(tx, env, &account, Rule::Acc1)?;
            Ok(account)
        })
        .expect("an account is made")
    }

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

    /// Invites somebody as an owner does (ORG-3).
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn invite(
        &self,
        organization: &Organization,
        email: &str,
        team: Option<&str>,
        role: Role,
    ) -> Result<(), EngineError> {
        let (organization, team) = (organization.id, team.map(str::to_owned));
        let email = Email::parse(email).expect("an address");
        self.by_hand(move |tx, env| {
            let team = match &team {
                Some(team) => Some(teams::find_or_create(tx, env, organization, team, Rule::Org3)?.id),
                None => None,
            };
            let invitation = Invitation {
                id: InvitationId(env.new_id()),
                organization,
                email: email.clone(),
                team,
                role,
                connection: None,
                directory_user: None,
                expires: env.now().after(Duration::from_hours(14 * 24)),
                version: 1,
            };
            tx.insert_invitation(&invitation, env.now())?;
            tx.add_to_count(organization.0, Counter::Invitations, 1)?;
            let subject = Subject::within(Kind::Invitation, invitation.id, organization);
            Ok(env.created(Event::InvitationCreated, subject, 1, Rule::Org3, &invitation)?)
        })
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

    /// Lets a slice of the members of a large group follow it; whether there was one.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn move_slice(&self) -> bool {
        let Some((group, origin)) = self.read(directory::next_move) else { return false };
        self.change(origin, move |tx, env| directory::move_slice(tx, env, group)).expect("members move");
        true
    }

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

/// Keeps what the guard holds; a request that asks the same of the same resource is the same request.
fn keep_held<T>(tx: &mut Tx<'_>, result: &Result<T, EngineError>) -> Result<(), StoreError> {
    match result {
        Err(EngineError::Refused(Refusal::Held(held))) => {
            let fingerprint = muster_crypto::sha256(format!("{:?}", (held.resource(), held.endings())).as_bytes());
            guard::keep(tx, held, RequestId(Uuid::now_v7()), fingerprint)
        }
        _ => Ok(()),
    }
}

/// A connection in the making.
pub struct ConnectionBuilder<'w> {
    world: &'w World,
    name: String,
    organizations: Vec<Organization>,
    domains: Vec<String>,
    mappings: Vec<Entry>,
    settings: Settings,
}

impl ConnectionBuilder<'_> {
    /// These verified domains instead of `example.com`.
    #[must_use]
    pub fn domains(mut self, domains: &[&str]) -> Self {
        self.domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        self
    }

    /// A mapping table.
    #[must_use]
    pub fn mappings(mut self, mappings: Vec<Entry>) -> Self {
        self.mappings = mappings;
        self
    }

    /// Changes settings. SCIM is enabled already, and the first organization is the default.
    #[must_use]
    pub fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Makes it.
    ///
    /// # Panics
    ///
    /// When the store fails, or there are no organizations.
    #[must_use]
    pub fn build(self) -> ConnectionId {
        let Self { world, name, organizations, domains, mappings, mut settings } = self;
        settings.scim.enabled = true;
        let holder = organizations.first().expect("an organization").id;
        settings.default_organization.get_or_insert(holder);
        world
            .by_hand(move |tx, env| {
                let mut ids = Vec::new();
                for name in &domains {
                    let claimed = tx.domains_named(name)?;
                    let id = match claimed.first() {
                        Some(domain) => domain.id,
                        None => {
                            let domain = Domain {
                                id: DomainId(env.new_id()),
                                name: name.clone(),
                                holder: Holder::Organization(holder),
                                state: DomainState::Verified,
                                challenge: "test".to_owned(),
                                checked: None,
                                version: 1,
                            };
                            tx.insert_domain(&domain, env.now())?;
                            domain.id
                        }
                    };
                    ids.push(id);
                }
                let connection = Connection {
                    id: ConnectionId(env.new_id()),
                    name: name.clone(),
                    holder: Holder::Organization(holder),
                    state: ConnectionState::Active,
                    settings: settings.clone(),
                    organizations: Vec::new(),
                    domains: Vec::new(),
                    mappings: Vec::new(),
                    scim_since: Some(env.now()),
                    version: 1,
                };
                tx.insert_connection(&connection, env.now())?;
                let covered: Vec<_> = organizations.iter().map(|organization| organization.id).collect();
                tx.replace_coverage(connection.id, &covered, &ids, &mappings)?;
                Ok(connection.id)
            })
            .expect("a connection is made")
    }
}
