//! What a test sign-in says, read by a draft's settings alone.
//!
//! An owner's test sign-in shows what it would come to ([`sign_in::test`](crate::sign_in::test)), and so what is kept of a
//! person. Whoever sets a connection up states what its IdP says, and may state anything of anybody: so they are shown what
//! arrived and how it is read, and nothing that is kept (SEC-2).

use muster_model::{
    Connection, ConnectionId, Role, Rule, SignIn, mapping,
    mapping::Unmapped,
    sign_in::{Groups, Unknown},
    texts,
    trace::{Note, Step},
};
use muster_store::{Conn, TestSignIn, Tx};

use crate::{EngineError, Refusal};

/// The most groups of which is told where they lead.
const TOLD: usize = 50;

/// How a test sign-in is read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Why nobody would be let in with this.
    pub refusal: Option<Refusal>,
    /// Each finding, with its rule.
    pub steps: Vec<Step>,
}

/// Reads what was said by the settings of a connection.
#[must_use]
pub fn read(connection: &Connection, said: &SignIn) -> Reading {
    let mut reading = Reading { refusal: None, steps: Vec::new() };
    if connection.owns(&said.email) {
        let found = format!("`{}` is in a verified domain of this connection", said.email);
        reading.found(Rule::Sso6, Note::Checked(found));
    } else {
        reading.refusal = Some(Refusal::DomainNotVerified(said.email.domain()));
        let why = format!("`{}` is no verified domain of this connection", said.email.domain());
        reading.found(Rule::Sso6, Note::Refused(why));
    }
    match &said.full_name {
        Some(name) => reading.found(Rule::Sso4, Note::Checked(format!("the full name is `{name}`"))),
        None => reading.found(Rule::Sso4, Note::PassedOver("no full name is stated".to_owned())),
    }
    for passed in &said.passed_over {
        let why = format!("`{}` is `{}`, which is not {}", passed.attribute, passed.value, passed.expected);
        reading.found(Rule::Jit5, Note::PassedOver(why));
    }
    reading.groups(connection, &said.groups);
    reading.places(connection, said);
    reading
}

impl Reading {
    fn found(&mut self, rule: Rule, note: Note) {
        self.steps.push(Step { rule, note });
    }

    fn groups(&mut self, connection: &Connection, groups: &Groups) {
        let groups = match groups {
            Groups::List(groups) => groups,
            Groups::Unknown(Unknown::Absent) => {
                return self
                    .found(Rule::Jit3, Note::Checked("no groups are stated: teams stay as they are".to_owned()));
            }
            Groups::Unknown(Unknown::Overage) => {
                let why = "the groups are left out because there are too many: assign fewer to the application";
                return self.found(Rule::Jit3, Note::PassedOver(why.to_owned()));
            }
        };
        self.found(Rule::Jit3, Note::Checked(format!("{} groups are stated", groups.len())));
        for group in groups.iter().take(TOLD) {
            let resolved = mapping::resolve(group, connection);
            for target in &resolved.targets {
                let place = connection.covered(target.organization).map_or("", |covered| covered.name.as_str());
                let team = target.team.as_ref().map(|team| format!(", team `{team}`")).unwrap_or_default();
                let role = target.role.map(|role| format!(", role {}", role.as_str())).unwrap_or_default();
                self.found(Rule::Grp1, Note::Checked(format!("group `{group}` leads to `{place}`{team}{role}")));
            }
            match resolved.unmapped {
                None => {}
                Some(Unmapped::Malformed) => {
                    let why = format!("group `{group}`: {}", texts::MALFORMED_GROUPS);
                    self.found(Rule::Grp3, Note::GroupUnmapped(why));
                }
                Some(Unmapped::NotCovered(organization)) => {
                    let why = format!("group `{group}`: `{organization}` is no organization of this connection");
                    self.found(Rule::Grp4, Note::GroupUnmapped(why));
                }
            }
        }
        if groups.len() > TOLD {
            self.found(Rule::Jit3, Note::Checked(format!("{} more are read the same way", groups.len() - TOLD)));
        }
    }

    fn places(&mut self, connection: &Connection, said: &SignIn) {
        if let Some(organization) = &said.organization {
            match connection.covered_by_name(organization) {
                Some(covered) => self.found(Rule::Jit5, Note::Checked(format!("asks for `{}`", covered.name))),
                None => {
                    let why = format!("asks for `{organization}`, which is no organization of this connection");
                    self.found(Rule::Jit9, Note::PassedOver(why));
                }
            }
        }
        if let Some(team) = &said.team {
            self.found(Rule::Jit5, Note::Checked(format!("asks for team `{team}`")));
        }
        if let Some(role) = said.role {
            let most = connection.settings.highest_role;
            if role > most {
                self.found(Rule::Org1, Note::RoleCapped(role.as_str().to_owned()));
            } else if role != Role::Member {
                self.found(Rule::Jit5, Note::Checked(format!("asks for the role {}", role.as_str())));
            }
        }
        if let Some(minutes) = said.session_minutes {
            self.found(Rule::Ses2, Note::Checked(format!("sessions end after {minutes} minutes")));
        }
    }
}

/// Keeps that a connection was tried.
///
/// # Errors
///
/// The store's.
pub fn keep_test(tx: &mut Tx<'_>, one: &TestSignIn) -> Result<(), EngineError> {
    Ok(tx.insert_test_sign_in(one)?)
}

/// The test sign-ins through a connection, the newest first: of whoever sets it up, only those by their own link.
///
/// # Errors
///
/// The store's.
pub fn tests(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    by: Option<muster_model::TokenId>,
) -> Result<Vec<TestSignIn>, EngineError> {
    let all = conn.test_sign_ins(connection)?;
    Ok(all.into_iter().filter(|one| by.is_none() || one.token == by).collect())
}
