//! The rules of provisioning, once more: plain maps, written from the contract alone, to predict what the engine does.
//!
//! A *reason* says why someone is in an organization, and perhaps in which team. Everything else follows from reasons:
//! who is in, who waits, who owns, what SCIM manages.

mod groups;
mod guard;
mod hand;
mod mapping;
mod names;
mod places;
mod roles;
mod seats;
mod seen;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Role;

pub(super) use self::mapping::table;
use super::events::{Connection, DIRECTORIES, ENTRA, Event, Group, OKTA, ORGANIZATIONS, Organization, Said, User, Why};

type Account = usize;
type Team = usize;
type Done = Result<(), Why>;
/// Counts changes: the order in which things were said.
type Moment = u64;

/// Why somebody is in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    ByHand,
    Invitation,
    /// The SCIM user: by this reason the connection manages the membership (SCIM-6).
    Managed(Connection),
    /// The SCIM user of a membership that was there before, and is not managed (SCIM-6).
    Linked(Connection),
    Group(Connection, Group),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Out,
    In,
    /// For a seat, since when (SCIM-9).
    Waiting(Moment),
    /// Deactivated through a connection, and remembered (SCIM-5).
    Asleep(Connection),
    /// The last owner, deactivated or deleted through a connection (ORG-1).
    Kept(Connection),
}

#[derive(Debug, Clone, Default)]
struct Membership {
    state: State,
    role: Role,
    demotion_waits: bool,
    blocked: bool,
    by_hand: Option<Role>,
    invited: Option<Role>,
    said: BTreeMap<Connection, SaidRole>,
    reasons: BTreeSet<(Reason, Option<Team>)>,
    /// Connections that manage the membership and have the user inactive, while others keep it awake (SCIM-8).
    resting: BTreeSet<Connection>,
    /// Connections that manage the membership on the word of groups alone.
    by_groups: BTreeSet<Connection>,
}

/// What SCIM says of a role.
#[derive(Debug, Clone, Copy)]
struct SaidRole {
    role: Role,
    since: Moment,
    /// By the person's own `dockerRole`, which beats the table (GRP-8).
    explicit: bool,
    /// Said by the predecessor: it holds until the successor says something itself (SSO-12).
    inherited: bool,
}

#[derive(Debug, Clone, Default)]
struct Person {
    email: String,
    /// The full name.
    name: String,
    /// What SCIM says it is, and since when.
    names: BTreeMap<Connection, (String, Moment)>,
}

#[derive(Debug, Clone)]
struct TeamNames {
    now: String,
    ever: BTreeSet<String>,
    deleted: bool,
}

#[derive(Debug, Clone)]
struct Invitation {
    team: Option<Team>,
    role: Role,
    until: u64,
}

#[derive(Debug, Clone)]
struct DirectoryUser {
    by: Connection,
    said: Said,
    account: Option<Account>,
    /// The successor speaks for the person (SSO-12).
    taken_over: bool,
}

#[derive(Debug, Clone)]
struct DirectoryGroup {
    by: Connection,
    name: String,
    members: BTreeSet<User>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// Hours since the year began.
    now: u64,
    moment: Moment,
    scim: [bool; DIRECTORIES.len()],
    /// Whether the second connection is the first one's successor.
    swapped: bool,
    seats: [Option<usize>; ORGANIZATIONS.len()],
    teams: [Vec<TeamNames>; ORGANIZATIONS.len()],
    /// By organization and address.
    invitations: BTreeMap<(Organization, String), Invitation>,
    /// Addresses that blocked people have given up (ORG-2).
    given_up: BTreeSet<(Organization, String, Account)>,
    people: Vec<Person>,
    memberships: BTreeMap<(Organization, Account), Membership>,
    users: Vec<Option<DirectoryUser>>,
    groups: Vec<Option<DirectoryGroup>>,
    guard: guard::Guard,
}

impl Model {
    pub(super) fn new() -> Self {
        Self { scim: [true; DIRECTORIES.len()], ..Self::default() }
    }

    /// Does one thing whole, or not at all (SCIM-13).
    pub(super) fn apply(&mut self, event: &Event) -> Done {
        let before = self.clone();
        self.moment += 1;
        let done = self.attempt(event);
        self.settle();
        let done = done.and_then(|()| self.guard_against(event, &before));
        if done.is_err() {
            *self = Self { guard: std::mem::take(&mut self.guard), ..before };
        }
        done
    }

    /// Lets hours go by: invitations expire, and who waits gets their seats (ORG-3).
    pub(super) fn pass(&mut self, hours: u64) {
        self.now += hours;
        self.moment += 1;
        let now = self.now;
        self.invitations.retain(|_, invitation| invitation.until > now);
        self.settle();
    }

    fn attempt(&mut self, event: &Event) -> Done {
        match event {
            Event::CreateUser { by, said } => self.create_user(*by, said),
            Event::PutUser { user, said } => self.put_user(*user, said),
            Event::DeleteUser { user } => self.delete_user(*user),
            Event::CreateGroup { by, name, members } => self.create_group(*by, name, members),
            Event::ChangeMembers { group, add, remove } => self.change_members(*group, add, remove),
            Event::RenameGroup { group, name } => self.rename_group(*group, name),
            Event::DeleteGroup { group } => self.delete_group(*group),
            Event::Decide { by, approve } => self.decide(*by, *approve),
            Event::SignUp { email } => {
                self.account(email);
                Ok(())
            }
            Event::SetMember { at, email, role } => self.set_member(*at, email, *role),
            Event::RemoveMember { at, email, block } => self.remove_member(*at, email, *block),
            Event::AddToTeam { at, email, team } => self.add_to_team(*at, email, team),
            Event::RenameTeam { at, team, name } => self.rename_team(*at, team, name),
            Event::DeleteTeam { at, team } => self.delete_team(*at, team),
            Event::Invite { at, email, team, role } => self.invite(*at, email, team.as_deref(), *role),
            Event::Seats { at, seats } => {
                self.seats[*at] = Some(*seats);
                Ok(())
            }
            Event::Scim { connection, on } => {
                self.scim[*connection] = *on;
                self.resolve_everything();
                Ok(())
            }
            Event::Succeed => {
                self.swapped = true;
                Ok(())
            }
        }
    }

    fn predecessor(&self, of: Connection) -> Option<Connection> {
        (self.swapped && of == ENTRA).then_some(OKTA)
    }

    fn successor(&self, of: Connection) -> Option<Connection> {
        (self.swapped && of == OKTA).then_some(ENTRA)
    }

    /// SCIM-7.
    fn require_scim(&self, by: Connection) -> Done {
        if self.scim[by] { Ok(()) } else { Err(Why::ScimDisabled) }
    }
}
