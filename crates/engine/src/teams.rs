//! Teams that a push names: found, made, or brought back (GRP-1, GRP-5).

use muster_model::{
    OrganizationId, Rule, Team, TeamId,
    ledger::{Event, Kind},
    trace::Note,
};
use muster_store::Tx;

use crate::{EngineError, Env, ledger::Subject};

/// The team that has, or once had, this name; made when there is none, brought back when it was deleted. The name is
/// checked and folded already.
///
/// # Errors
///
/// The store's.
pub fn find_or_create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    name: &str,
    rule: Rule,
) -> Result<Team, EngineError> {
    match tx.team_by_name(organization, name)? {
        Some(team) if team.ended.is_none() => Ok(team),
        Some(team) => revive(tx, env, team, rule),
        None => create(tx, env, organization, name, rule),
    }
}

fn create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    name: &str,
    rule: Rule,
) -> Result<Team, EngineError> {
    // Numbering holds the organization's row: a second request for the same name waits here, and then finds the team.
    let number = tx.next_team_number(organization)?;
    if let Some(team) = tx.team_by_name(organization, name)? {
        return Ok(team);
    }
    let team = Team {
        id: TeamId(env.new_id()),
        organization,
        name: name.to_owned(),
        description: String::new(),
        number,
        ended: None,
        version: 1,
    };
    tx.insert_team(&team, env.now())?;
    env.created(Event::TeamCreated, Subject::new(Kind::Team, team.id), 1, rule, &team)?;
    env.about(team.id);
    env.about(organization);
    env.note(rule, Note::TeamCreated(name.to_owned()));
    Ok(team)
}

fn revive(tx: &mut Tx<'_>, env: &mut Env, team: Team, rule: Rule) -> Result<Team, EngineError> {
    let revived = Team { ended: None, version: team.version + 1, ..team.clone() };
    tx.update_team(&revived)?;
    let subject = Subject::new(Kind::Team, team.id);
    env.changed(Event::TeamRevived, subject, revived.version, rule, &team, &revived)?;
    env.about(team.id);
    env.about(team.organization);
    env.note(Rule::Grp5, Note::TeamRevived(revived.name.clone()));
    Ok(revived)
}
