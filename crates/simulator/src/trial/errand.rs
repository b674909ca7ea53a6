//! One change, told to the server as the IdP tells it, and what the model then knows.

use std::cell::RefCell;

use super::clock::Clock;
use super::findings::{Fault, writes};
use super::judge::Expected;
use super::line::{Line, Sent};
use super::model::{Model, State};
use super::population::Identity;
use crate::directory::{Group, Person};
use crate::encode::percent;
use crate::intent::Intent;
use crate::known::{Known, Unknown};
use crate::player;
use crate::step::{Method, Step};
use crate::transport::{Request, Transport};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Errand {
    /// Somebody is assigned who is not there.
    Join(u32),
    /// Somebody becomes somebody a little different.
    Update(u32, Identity),
    /// Somebody leaves, or comes back.
    SetActive(u32, bool),
    /// Somebody is deleted.
    Delete(u32),
    /// A group is pushed for the first time.
    CreateGroup(u32),
    /// People leave and join a group.
    ChangeMembers { team: u32, leaving: Vec<u32>, joining: Vec<u32> },
    /// A group has a new name.
    RenameGroup(u32),
    /// A group is no longer pushed.
    DeleteGroup(u32),
}

/// How an errand ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The server acknowledged it.
    Done,
    /// The server did not do it.
    Refused,
    /// Only a part is known to be done, or not even that.
    Doubtful,
}

/// Runs errands, and keeps the model true.
pub(super) struct Runner<'a, T, C> {
    pub(super) line: &'a Line<'a, T, C>,
    pub(super) model: &'a RefCell<Model>,
}

/// What answers must tell of the user that a list of steps is about.
#[derive(Default)]
pub(super) struct Due {
    /// Until the first change is acknowledged.
    pub(super) before: Option<Expected>,
    /// From then on.
    pub(super) after: Option<Expected>,
}

impl<T: Transport, C: Clock> Runner<'_, T, C> {
    /// Does one errand.
    pub(super) async fn run(&self, errand: Errand) -> Ending {
        match errand {
            Errand::Join(number) => self.join(number).await,
            Errand::Update(number, identity) => self.update(number, identity).await,
            Errand::SetActive(number, active) => self.set_active(number, active).await,
            Errand::Delete(number) => self.delete(number).await,
            Errand::CreateGroup(team) => self.create_group(team).await,
            Errand::ChangeMembers { team, leaving, joining } => self.change_members(team, &leaving, &joining).await,
            Errand::RenameGroup(team) => self.rename_group(team).await,
            Errand::DeleteGroup(team) => self.delete_group(team).await,
        }
    }

    async fn join(&self, number: u32) -> Ending {
        let person = self.model.borrow().person(number);
        let mut known = Known::default();
        let steps = self.line.idp.steps(Intent::Provision(&person));
        let due = Due { before: None, after: Some(Expected::new(self.line.idp, &person, true, None)) };
        let (mut ending, last) = self.play(&steps, &mut known, &due).await;
        if ending == Ending::Doubtful {
            // Look again, as the IdP does in its next cycle: then the user is found, or made after all.
            ending = self.play(&steps, &mut known, &Due::default()).await.0;
        }
        let Some(id) = known.id(&person.name()).filter(|_| ending == Ending::Done).map(str::to_owned) else {
            return self.doubt(number, if ending == Ending::Done { Ending::Refused } else { ending });
        };
        if !self.model.borrow_mut().born(number, &id)
            && let Some(request) = last
        {
            self.line.note(Fault::WrongId, "given twice", &request, None, format!("`{id}` is another user's"));
        }
        Ending::Done
    }

    async fn update(&self, number: u32, identity: Identity) -> Ending {
        let Some((before, mut known)) = self.find(number) else { return Ending::Refused };
        let after = self.model.borrow().population.person(number, identity);
        let due = self.due(number, Some(&after), true);
        let steps = self.line.idp.steps(Intent::Update { before: &before, after: &after });
        let (ending, _) = self.play(&steps, &mut known, &due).await;
        if let Some(user) = self.model.borrow_mut().user_mut(number).filter(|_| ending == Ending::Done) {
            user.identity = identity;
        }
        self.doubt(number, ending)
    }

    async fn set_active(&self, number: u32, active: bool) -> Ending {
        let Some((person, mut known)) = self.find(number) else { return Ending::Refused };
        let due = self.due(number, Some(&person), active);
        let steps = self.line.idp.steps(Intent::SetActive { person: &person, active });
        let (ending, _) = self.play(&steps, &mut known, &due).await;
        if let Some(user) = self.model.borrow_mut().user_mut(number).filter(|_| ending == Ending::Done) {
            user.state = if active { State::Active } else { State::Inactive };
        }
        self.doubt(number, ending)
    }

    async fn delete(&self, number: u32) -> Ending {
        let Some((person, mut known)) = self.find(number) else { return Ending::Refused };
        let steps = self.line.idp.steps(Intent::Delete(&person));
        let (ending, _) = self.play(&steps, &mut known, &Due::default()).await;
        if ending == Ending::Done {
            self.model.borrow_mut().buried(number);
        }
        self.doubt(number, ending)
    }

    async fn create_group(&self, team: u32) -> Ending {
        let group = self.model.borrow().group(team);
        let mut known = Known::default();
        let steps = self.line.idp.steps(Intent::CreateGroup(&group));
        let (mut ending, _) = self.play(&steps, &mut known, &Due::default()).await;
        if ending == Ending::Doubtful
            && let Some(id) = self.look_up("Groups", "displayName", &group.display_name).await
        {
            known.know(group.name(), &id);
            ending = Ending::Done;
        }
        let mut model = self.model.borrow_mut();
        let Some(team) = model.team_mut(team) else { return ending };
        team.doubtful |= ending == Ending::Doubtful;
        match known.id(&group.name()).filter(|_| ending == Ending::Done) {
            Some(id) => team.id = Some(id.into()),
            None if ending == Ending::Done => return Ending::Refused,
            None => {}
        }
        ending
    }

    /// As many at a time as the IdP sends.
    async fn change_members(&self, team: u32, leaving: &[u32], joining: &[u32]) -> Ending {
        let at_once = if self.line.idp.writes_whole_groups() { usize::MAX } else { self.line.idp.members_at_once() };
        let mut changes = leaving.iter().map(|number| (*number, false)).collect::<Vec<_>>();
        changes.extend(joining.iter().map(|number| (*number, true)));
        for part in changes.chunks(at_once) {
            let pick = |join| part.iter().filter(|(_, joins)| *joins == join).map(|(number, _)| *number).collect();
            let (leaving, joining): (Vec<u32>, Vec<u32>) = (pick(false), pick(true));
            let ending = self.change_some(team, &leaving, &joining).await;
            if ending != Ending::Done {
                return ending;
            }
        }
        Ending::Done
    }

    async fn change_some(&self, team: u32, leaving: &[u32], joining: &[u32]) -> Ending {
        let Some((group, mut known)) = self.find_group(team) else { return Ending::Refused };
        let leaving = self.people(leaving, &mut known);
        let joining = self.people(joining, &mut known);
        let mut after = self.model.borrow().team(team).map(|team| team.members.clone()).unwrap_or_default();
        after.retain(|number| leaving.iter().all(|(left, _)| left != number));
        after.extend(joining.iter().map(|(number, _)| *number));
        if leaving.is_empty() && joining.is_empty() {
            return Ending::Done;
        }
        let people = |some: Vec<(u32, Person)>| some.into_iter().map(|(_, person)| person).collect::<Vec<_>>();
        let members = self.whole(&after, &mut known);
        let (leaving, joining) = (people(leaving), people(joining));
        let intent = Intent::ChangeMembers { group: &group, leaving: &leaving, joining: &joining, members: &members };
        let steps = self.line.idp.steps(intent);
        let (ending, _) = self.play(&steps, &mut known, &Due::default()).await;
        let mut model = self.model.borrow_mut();
        // Whoever was deleted meanwhile is in no group.
        after.retain(|number| model.exists(*number));
        if let Some(team) = model.team_mut(team) {
            team.doubtful |= ending == Ending::Doubtful;
            if ending == Ending::Done {
                team.members = after;
            }
        }
        ending
    }

    async fn rename_group(&self, team: u32) -> Ending {
        let Some((group, mut known)) = self.find_group(team) else { return Ending::Refused };
        let (name, members) = {
            let model = self.model.borrow();
            let state = model.team(team).cloned().unwrap_or_default();
            (model.population.group(team, state.revision.wrapping_add(1)).display_name, state.members)
        };
        let members = self.whole(&members, &mut known);
        let steps = self.line.idp.steps(Intent::RenameGroup { group: &group, name: &name, members: &members });
        let (ending, _) = self.play(&steps, &mut known, &Due::default()).await;
        if let Some(team) = self.model.borrow_mut().team_mut(team) {
            team.doubtful |= ending == Ending::Doubtful;
            if ending == Ending::Done {
                team.revision = team.revision.wrapping_add(1);
            }
        }
        ending
    }

    async fn delete_group(&self, team: u32) -> Ending {
        let Some((group, mut known)) = self.find_group(team) else { return Ending::Refused };
        let steps = self.line.idp.steps(Intent::DeleteGroup(&group));
        let (ending, _) = self.play(&steps, &mut known, &Due::default()).await;
        let mut model = self.model.borrow_mut();
        let mut gone = None;
        if let Some(team) = model.team_mut(team) {
            team.doubtful |= ending == Ending::Doubtful;
            if ending == Ending::Done {
                gone = team.id.take();
                team.members.clear();
            }
        }
        model.gone.extend(gone);
        ending
    }

    /// Plays steps one after the other; also the last request that was sent.
    ///
    /// A read that fails does not end it: what it should have told may be known. A change that fails does.
    pub(super) async fn play(&self, steps: &[Step], known: &mut Known, due: &Due) -> (Ending, Option<Request>) {
        let (mut written, mut last) = (false, None);
        for step in steps {
            if step.unless.as_deref().is_some_and(|name| known.has(name)) {
                continue;
            }
            let Ok(request) = self.prepare(step, known) else { return (partial(written), last) };
            let is_write = writes(&request);
            match self.line.send(&request).await {
                Sent::Came { response, doubtful } => {
                    // An attempt whose answer did not come has done it.
                    match (doubtful, request.method, response.status) {
                        (true, Method::Delete, 404) => return (Ending::Done, Some(request)),
                        (true, Method::Post, 409) => return (Ending::Doubtful, Some(request)),
                        _ => {}
                    }
                    let body = self.line.judge(step, known, &request, &response);
                    let expected = if written || is_write { &due.after } else { &due.before };
                    if let (Some(expected), Some(body)) = (expected, &body) {
                        self.line.compare(expected, &request, &response, body);
                    }
                    if let (Some(remember), Some(body)) = (&step.remember, &body) {
                        known.remember(remember, body);
                    }
                    if is_write && !step.statuses.contains(&response.status) {
                        // It may have been done by an attempt whose answer did not come.
                        let ending = if doubtful { Ending::Doubtful } else { partial(written) };
                        return (ending, Some(request));
                    }
                    written |= is_write;
                }
                Sent::Postponed if is_write => return (partial(written), Some(request)),
                Sent::Lost if is_write => return (Ending::Doubtful, Some(request)),
                Sent::Postponed | Sent::Lost => {}
            }
            last = Some(request);
        }
        (Ending::Done, last)
    }

    fn prepare(&self, step: &Step, known: &Known) -> Result<Request, Unknown> {
        player::request(self.line.idp, step, known)
    }

    /// A user that the server has, and its id.
    pub(super) fn find(&self, number: u32) -> Option<(Person, Known)> {
        let model = self.model.borrow();
        let (user, person) = (model.user(number)?, model.person(number));
        let mut known = Known::default();
        known.know(person.name(), user.id.as_deref().filter(|_| !user.doubtful)?);
        Some((person, known))
    }

    fn find_group(&self, number: u32) -> Option<(Group, Known)> {
        let model = self.model.borrow();
        let (team, group) = (model.team(number)?, model.group(number));
        let mut known = Known::default();
        known.know(group.name(), team.id.as_deref().filter(|_| !team.doubtful)?);
        Some((group, known))
    }

    /// Those of these people whom the server has.
    fn people(&self, numbers: &[u32], known: &mut Known) -> Vec<(u32, Person)> {
        let model = self.model.borrow();
        let mut people = Vec::new();
        for number in numbers {
            let id = model.user(*number).filter(|user| !user.doubtful).and_then(|user| user.id.as_deref());
            if let Some(id) = id {
                let person = model.person(*number);
                known.know(person.name(), id);
                people.push((*number, person));
            }
        }
        people
    }

    /// All members, if the IdP sends all.
    fn whole(&self, members: &std::collections::BTreeSet<u32>, known: &mut Known) -> Vec<Person> {
        if !self.line.idp.writes_whole_groups() {
            return Vec::new();
        }
        let numbers: Vec<u32> = members.iter().copied().collect();
        self.people(&numbers, known).into_iter().map(|(_, person)| person).collect()
    }

    /// What answers must tell of a user before a change and after it.
    pub(super) fn due(&self, number: u32, after: Option<&Person>, active: bool) -> Due {
        let model = self.model.borrow();
        let Some(user) = model.user(number) else { return Due::default() };
        let expected = |person: &Person, active| Expected::new(self.line.idp, person, active, user.id.as_deref());
        Due {
            before: Some(expected(&model.person(number), user.state == State::Active)),
            after: after.map(|person| expected(person, active)),
        }
    }

    /// Remembers when it is not known what the server holds.
    fn doubt(&self, number: u32, ending: Ending) -> Ending {
        if ending == Ending::Doubtful
            && let Some(user) = self.model.borrow_mut().user_mut(number)
        {
            user.doubtful = true;
        }
        ending
    }

    /// The id of a resource by its name, if the server has it.
    pub(super) async fn look_up(&self, kind: &str, attribute: &str, name: &str) -> Option<String> {
        let path = format!("/{kind}?filter={}", percent(&format!("{attribute} eq \"{name}\"")));
        let list = self.ask(Method::Get, path, &[200]).await?;
        list["Resources"][0]["id"].as_str().map(str::to_owned)
    }

    /// Deletes a resource by its path; whether it is gone.
    pub(super) async fn remove(&self, path: String) -> bool {
        let (step, known) = (Step::delete("clean up", path).due(&[204, 404]), Known::default());
        let Ok(request) = player::request(self.line.idp, &step, &known) else { return false };
        match self.line.send(&request).await {
            Sent::Came { response, .. } => {
                self.line.judge(&step, &known, &request, &response);
                step.statuses.contains(&response.status)
            }
            Sent::Postponed | Sent::Lost => false,
        }
    }

    /// Sends one request that must be answered in a certain way, whatever else; the answer's body.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: String,
        statuses: &'static [u16],
    ) -> Option<serde_json::Value> {
        let step = match method {
            Method::Delete => Step::delete("clean up", path),
            _ => Step::get("read back", path),
        };
        let (step, known) = (step.due(statuses), Known::default());
        let request = player::request(self.line.idp, &step, &known).ok()?;
        match self.line.send(&request).await {
            Sent::Came { response, .. } => self.line.judge(&step, &known, &request, &response),
            Sent::Postponed | Sent::Lost => None,
        }
    }
}

/// What a change that was refused leaves of several.
fn partial(written: bool) -> Ending {
    if written { Ending::Doubtful } else { Ending::Refused }
}
