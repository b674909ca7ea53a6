//! Does to the engine what happened.

mod seen;

use std::{collections::BTreeMap, sync::Arc};

use muster_engine::{
    EngineError, Env, Origin, Refusal, Surroundings,
    declare::{self, Declaration, Secrets},
    directory::{self, GroupChange, MemberChange},
    guard, invitations, organizations,
    retention::Policy,
};
use muster_model::{
    Account, ConnectionId, ConnectionState, DirectoryGroupId, DirectoryUserId, HeldChangeId, HeldState, Role,
    UserStatement,
    connection::{Precedence, ScimSettings},
};
use muster_store::Tx;
use muster_testkit::{TestDocuments, World, person, team_group};

use super::{
    events::{Connection, DIRECTORIES, Directory, ENTRA, Event, OKTA, ORGANIZATIONS, Organization, Said, Why},
    model,
};

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

/// An installation with everything that the year begins with.
pub(super) struct Play {
    pub(super) world: World,
    organizations: Vec<muster_model::Organization>,
    connections: Vec<ConnectionId>,
    users: Vec<(ConnectionId, DirectoryUserId)>,
    groups: Vec<(ConnectionId, DirectoryGroupId)>,
    /// What the mass-change guard holds.
    held: BTreeMap<HeldChangeId, Event>,
}

impl Play {
    pub(super) fn new() -> Self {
        let world = World::new();
        let clock = Arc::clone(&world.clock);
        let apply = move |tx: &mut Tx<'_>| {
            let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
            declare::apply(tx, &mut env, &declaration(), false, &Secrets::default(), &TestDocuments)
        };
        let applied = world.store.write_blocking(apply).unwrap();
        let organization = |name: &&str| {
            let id = applied.organizations[*name];
            world.read(move |conn| Ok(conn.organization(id)?)).unwrap()
        };
        let organizations = ORGANIZATIONS.iter().map(organization).collect();
        let connections = DIRECTORIES.iter().map(|directory| applied.connections[directory.name]).collect();
        Self { organizations, connections, users: Vec::new(), groups: Vec::new(), held: BTreeMap::new(), world }
    }

    /// Lets hours go by, and what is due by then be done.
    pub(super) fn pass(&self, hours: u64) {
        self.world.advance(HOUR * u32::try_from(hours).unwrap());
        let now = self.world.clock.now();
        while self.world.read(move |conn| invitations::has_expired(conn, now)) {
            self.world.change(Origin::SYSTEM, invitations::expire).unwrap();
        }
    }

    /// Removes what has been kept long enough, and sees that the ledger still tells the state (PRE-2).
    pub(super) fn replay(&self) {
        self.world.retain(&Policy { activity: HOUR * 24 * 30, ..Policy::default() }, 1);
        self.world.assert_ledger_tells_the_state();
    }

    /// Does one thing, or tells why it was refused.
    pub(super) fn apply(&mut self, event: &Event) -> Result<(), Why> {
        let done = self.attempt(event, None).map_err(|error| why(&error));
        if done == Err(Why::Held) {
            for by in &self.connections {
                for held in self.world.held(*by) {
                    self.held.entry(held.id).or_insert_with(|| event.clone());
                }
            }
        }
        done
    }

    fn attempt(&mut self, event: &Event, approved: Option<HeldChangeId>) -> Result<(), EngineError> {
        let Self { world, organizations, connections, users, groups, .. } = self;
        match event {
            Event::CreateUser { by, said } => {
                let by = connections[*by];
                users.push((by, world.create_user(by, statement(said))?.id));
            }
            Event::PutUser { user, said } => {
                let (by, user) = users[*user];
                match approved {
                    Some(held) => drop(world.put_user_approved(by, held, user, statement(said))?),
                    None => drop(world.put_user(by, user, statement(said))?),
                }
            }
            Event::DeleteUser { user } => {
                let (by, user) = users[*user];
                self.request(by, approved, move |tx, env, by| directory::delete_user(tx, env, by, user, |_| true))?;
            }
            Event::CreateGroup { by, name, members } => {
                let (by, members) = (connections[*by], self.members(members));
                self.groups.push((by, self.world.create_group(by, name, &members)?.id));
            }
            Event::ChangeMembers { group, add, remove } => {
                let ((by, group), add, remove) = (groups[*group], self.members(add), self.members(remove));
                self.change_group(by, approved, group, None, [remove, add])?;
            }
            Event::RenameGroup { group, name } => {
                let (by, group) = groups[*group];
                self.change_group(by, approved, group, Some(name), [Vec::new(), Vec::new()])?;
            }
            Event::DeleteGroup { group } => {
                let (by, group) = groups[*group];
                self.request(by, approved, move |tx, env, by| directory::delete_group(tx, env, by, group, |_| true))?;
            }
            Event::Decide { by, approve } => self.decide(*by, *approve)?,
            Event::SignUp { email } => drop(world.account(email, true)),
            Event::SetMember { at, email, role } => {
                world.set_member(&organizations[*at], &account(world, email)?, *role)?;
            }
            Event::RemoveMember { at, email, block } => {
                world.remove_member(&organizations[*at], &account(world, email)?, *block)?;
            }
            Event::AddToTeam { at, email, team } => {
                let (at, account, team) = (organizations[*at].clone(), account(world, email)?, team.clone());
                world.by_hand(move |tx, env| organizations::add_to_team(tx, env, &at, &account, &team))?;
            }
            Event::RenameTeam { at, team, name } => {
                let (at, team, name) = (organizations[*at].clone(), team.clone(), name.clone());
                world.by_hand(move |tx, env| {
                    let team = live_team(tx, &at, &team)?;
                    organizations::change_team(tx, env, &at, team, &name, "")
                })?;
            }
            Event::DeleteTeam { at, team } => {
                let (at, team) = (organizations[*at].clone(), team.clone());
                world.by_hand(move |tx, env| {
                    let team = live_team(tx, &at, &team)?;
                    organizations::delete_team(tx, env, &at, team)
                })?;
            }
            Event::Invite { at, email, team, role } => {
                world.invite(&organizations[*at], email, team.as_deref(), *role).map(drop)?;
            }
            Event::Seats { at, seats } => world.seats(&organizations[*at], i64::try_from(*seats).unwrap()),
            Event::Scim { connection, on } => {
                restate(world, *connection, |connection| connection.scim.enabled = *on)?;
            }
            Event::Succeed => {
                restate(world, OKTA, |okta| okta.successor = Some(DIRECTORIES[ENTRA].name.to_owned()))?;
            }
        }
        Ok(())
    }

    /// A SCIM request, or one that was held and is approved.
    fn request<T: Send + 'static>(
        &self,
        by: ConnectionId,
        approved: Option<HeldChangeId>,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &muster_model::Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.world.scim(by, move |tx, env, connection| {
            if let Some(held) = approved {
                guard::approve(tx, env, by, held)?;
            }
            work(tx, env, connection)
        })
    }

    /// `PATCH /Groups/{id}`: a name, who goes, who comes.
    fn change_group(
        &self,
        by: ConnectionId,
        approved: Option<HeldChangeId>,
        group: DirectoryGroupId,
        name: Option<&str>,
        members: [Vec<DirectoryUserId>; 2],
    ) -> Result<(), EngineError> {
        let statement = name.map(team_group);
        self.request(by, approved, move |tx, env, connection| {
            let [remove, add] = members.clone().map(|users| users.into_iter().map(|user| user.0).collect());
            let members = vec![MemberChange::Remove(remove), MemberChange::Add(add)];
            let change = GroupChange { statement: statement.clone(), members };
            directory::change_group::<EngineError>(tx, env, connection, group, |_| true, |_| Ok(change)).map(drop)
        })
    }

    /// What an owner decides about everything that is held of a connection.
    fn decide(&mut self, by: Connection, approve: bool) -> Result<(), EngineError> {
        let by = self.connections[by];
        for held in self.world.held(by) {
            let event = self.held.remove(&held.id).unwrap();
            let state = match approve {
                true if self.attempt(&event, Some(held.id)).is_ok() => continue,
                true => HeldState::Refused,
                false => HeldState::Rejected,
            };
            self.world.by_hand(move |tx, env| guard::settle(tx, env, by, held.id, state, None))?;
        }
        Ok(())
    }

    fn members(&self, users: &[usize]) -> Vec<DirectoryUserId> {
        users.iter().map(|user| self.users[*user].1).collect()
    }
}

/// All three connections cover everything that there is.
fn declaration() -> Declaration {
    let organization = |name: &&str| declare::Organization {
        name: (*name).to_owned(),
        company: None,
        seats: None,
        owners: Vec::new(),
        teams: Vec::new(),
    };
    let mapping = |(pattern, at, team, role): (&str, Organization, Option<&str>, _)| declare::Mapping {
        pattern: pattern.to_owned(),
        organization: ORGANIZATIONS[at].to_owned(),
        team: team.map(str::to_owned),
        role,
    };
    let connection = |directory: &Directory| declare::Connection {
        name: directory.name.to_owned(),
        holder: None,
        organizations: ORGANIZATIONS.map(str::to_owned).to_vec(),
        domains: vec!["example.com".to_owned()],
        default_organization: Some(ORGANIZATIONS[directory.default].to_owned()),
        default_team: "company".to_owned(),
        jit: true,
        precedence: Precedence::default(),
        highest_role: Role::Owner,
        state: ConnectionState::Active,
        scim: ScimSettings {
            enabled: true,
            membership_follows_groups: directory.follows_groups,
            ..ScimSettings::default()
        },
        pilots: vec![],
        enforced: false,
        successor: None,
        sso: None,
        mappings: model::table().filter(|_| directory.table).map(mapping).collect(),
    };
    let holder = declare::Holder::Organization(ORGANIZATIONS[0].to_owned());
    Declaration {
        companies: Vec::new(),
        organizations: ORGANIZATIONS.iter().map(organization).collect(),
        domains: vec![declare::Domain {
            name: "example.com".to_owned(),
            holder,
            verified: Some(true),
            auto_provision: None,
        }],
        connections: DIRECTORIES.iter().map(connection).collect(),
        clients: Vec::new(),
        webhooks: Vec::new(),
    }
}

fn statement(said: &Said) -> UserStatement {
    UserStatement {
        full_name: said.name.clone(),
        active: said.active,
        organization: said.organization.clone(),
        team: said.team.clone(),
        role: said.role,
        ..person(&said.user_name)
    }
}

fn account(world: &World, email: &str) -> Result<Account, EngineError> {
    world.account_of(email).ok_or(EngineError::NotFound { kind: "account", id: email.to_owned() })
}

fn live_team(
    tx: &mut Tx<'_>,
    at: &muster_model::Organization,
    name: &str,
) -> Result<muster_model::TeamId, EngineError> {
    let teams = tx.teams(at.id)?;
    let team = teams.into_iter().find(|team| team.name == name && team.ended.is_none());
    team.map(|team| team.id).ok_or(EngineError::NotFound { kind: "team", id: name.to_owned() })
}

/// States a connection anew, as an operator does (`muster apply`).
fn restate(
    world: &World,
    connection: Connection,
    change: impl FnMut(&mut declare::Connection),
) -> Result<(), EngineError> {
    let mut connections = world.read(declare::export).connections;
    connections.retain(|stated| stated.name == DIRECTORIES[connection].name);
    connections.iter_mut().for_each(change);
    let declaration = Declaration { connections, ..Declaration::default() };
    let clock = Arc::clone(&world.clock);
    world.store.write_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
        declare::apply(tx, &mut env, &declaration, false, &Secrets::default(), &TestDocuments).map(drop)
    })
}

fn why(error: &EngineError) -> Why {
    match error {
        EngineError::NotFound { .. } => Why::NotFound,
        EngineError::Refused(refusal) => match refusal {
            Refusal::ScimDisabled(_) => Why::ScimDisabled,
            Refusal::UserNameTaken(_) => Why::UserNameTaken,
            Refusal::GroupNameTaken(_) => Why::GroupNameTaken,
            Refusal::EmailTaken(_) => Why::EmailTaken,
            Refusal::UnverifiedDomain { .. } => Why::Domain,
            Refusal::OrganizationNotCovered(_) => Why::Organization,
            Refusal::NoSeat(_) => Why::NoSeat,
            Refusal::LastOwner { .. } => Why::LastOwner,
            Refusal::Name(_) | Refusal::NameTaken(_) => Why::Name,
            Refusal::Field { .. } | Refusal::Invalid(_) => Why::Invalid,
            Refusal::Held(_) => Why::Held,
            Refusal::UnknownMember(_) => Why::NotFound,
            other => panic!("no such refusal in this year: {other}"),
        },
        EngineError::Store(error) => panic!("the store failed: {error}"),
    }
}
