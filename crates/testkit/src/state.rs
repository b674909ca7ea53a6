//! The state of the world as the tables have it, in the form in which a replay of the ledger gives it.

use std::collections::BTreeMap;

use muster_engine::{
    EngineError,
    ledger::{Replay, Subject, normal},
};
use muster_model::{AccountId, ledger::Kind};
use muster_store::{Candidates, Conn};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::World;

type State = BTreeMap<Subject, (i64, Value)>;

impl World {
    /// Compares the tables with a replay of the ledger (PRE-2), for everything that SCIM and owners change.
    ///
    /// # Panics
    ///
    /// When they differ, or the ledger cannot be replayed.
    pub fn assert_ledger_tells_the_state(&self) {
        let replayed = self.read(|conn| {
            let mut replay = Replay::default();
            let mut broken = None;
            let mut baselines = Vec::new();
            conn.each_baseline(|baseline| {
                baselines.push(baseline);
                Ok(())
            })?;
            for baseline in &baselines {
                let members = conn.baseline_members(baseline.id)?;
                if let Err(error) = replay.begin(baseline, &members) {
                    broken.get_or_insert(error);
                }
            }
            conn.each_ledger_row(|row| {
                if let Err(error) = replay.add(row) {
                    broken.get_or_insert(error);
                }
                Ok(())
            })?;
            Ok(match broken {
                Some(error) => Err(error),
                None => replay.state(),
            })
        });
        let replayed = replayed.unwrap_or_else(|error| panic!("the ledger cannot be replayed: {error}"));
        let stored = self.read(tables);
        for (subject, stored) in &stored {
            assert_eq!(replayed.get(subject), Some(stored), "{subject:?}: the ledger (left), the tables (right)");
        }
        let kinds = [
            Kind::Account,
            Kind::Factor,
            Kind::Membership,
            Kind::Grant,
            Kind::Team,
            Kind::DirectoryUser,
            Kind::DirectoryGroup,
        ];
        for (subject, told) in replayed {
            if kinds.contains(&subject.kind) {
                assert!(stored.contains_key(&subject), "the ledger alone knows {subject:?}: {told:?}");
            }
        }
    }
}

fn tables(conn: &mut Conn<'_>) -> Result<State, EngineError> {
    let mut state = State::new();
    for account in conn.all_accounts(AccountId(Uuid::nil()), i64::MAX)? {
        put(&mut state, Subject::new(Kind::Account, account.id), account.version, &account);
        for membership in conn.memberships_of(account.id)? {
            let subject = Subject::within(Kind::Membership, membership.account, membership.organization);
            put(&mut state, subject, membership.version, &membership);
        }
        for (factor, _) in conn.factors(account.id)? {
            put(&mut state, Subject::within(Kind::Factor, factor.id, factor.account), factor.version, &factor);
        }
        for grant in conn.grants_of(account.id)? {
            put(&mut state, Subject::within(Kind::Grant, grant.id, grant.account), grant.version, &grant);
        }
    }
    for organization in conn.organizations()? {
        let subject = Subject::new(Kind::Organization, organization.id);
        put(&mut state, subject, organization.version, &organization);
        for team in conn.teams_ever(organization.id)? {
            put(&mut state, Subject::new(Kind::Team, team.id), team.version, &team);
            let counted = conn.team_members_counted(team.id)?;
            assert_eq!(conn.team_size(team.id)?, counted, "the members of {} as they are counted", team.name);
        }
        for invitation in conn.pending_invitations(organization.id)? {
            let subject = Subject::within(Kind::Invitation, invitation.id, organization.id);
            put(&mut state, subject, invitation.version, &invitation);
        }
    }
    for connection in conn.connection_ids()? {
        let mut users = Vec::new();
        conn.each_directory_user(connection, &Candidates::default(), Uuid::nil(), |user| {
            users.push(user);
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        for user in users {
            put(&mut state, Subject::new(Kind::DirectoryUser, user.id), user.version, &user);
        }
        for group in conn.all_directory_groups(connection)? {
            let members = conn.group_members(group.id, Uuid::nil(), i64::MAX)?;
            let mut fields = serde_json::to_value(&group).expect("a group is JSON");
            fields["members"] = json!(members);
            state.insert(Subject::new(Kind::DirectoryGroup, group.id), (group.version, normal(fields)));
        }
    }
    Ok(state)
}

fn put<T: Serialize>(state: &mut State, subject: Subject, version: i64, row: &T) {
    let fields = serde_json::to_value(row).expect("a row is JSON");
    state.insert(subject, (version, normal(fields)));
}
