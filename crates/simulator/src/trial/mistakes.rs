//! What goes wrong in real directories: people created twice, addresses swapped, requests repeated because their
//! answers were lost, and everybody unassigned by one wrong click.

use serde_json::{Value, json};

use super::clock::Clock;
use super::errand::{Due, Ending, Errand, Runner};
use super::findings::{Fault, writes};
use super::line::Sent;
use super::model::State;
use super::population::Identity;
use crate::intent::Intent;
use crate::player;
use crate::step::{Body, Check, Method, Step};
use crate::transport::Transport;

/// How many people each mistake happens to.
const TIMES: usize = 5;

impl<T: Transport, C: Clock> Runner<'_, T, C> {
    /// People who are there are created once more, also in another letter case: 409 `uniqueness` is due.
    pub(super) async fn duplicates(&self) {
        let active = self.model.borrow().in_state(State::Active);
        for (at, number) in active.into_iter().rev().take(TIMES).enumerate() {
            let Some((person, known)) = self.find(number) else { continue };
            let mut profile = self.line.idp.profile(&person);
            if at % 2 == 1 {
                profile["userName"] = json!(person.email.to_uppercase());
            }
            let step = Step::post("create once more", "/Users", profile)
                .due(&[409])
                .check(Check::Equals("/scimType", json!("uniqueness")));
            let Ok(request) = player::request(self.line.idp, &step, &known) else { continue };
            if let Sent::Came { response, .. } = self.line.send(&request).await {
                self.line.judge(&step, &known, &request, &response);
                let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
                if let Some(id) = body["id"].as_str().filter(|_| response.status < 300) {
                    let path = format!("/Users/{}", crate::encode::percent(id));
                    self.model.borrow_mut().strays.push(path.into());
                }
            }
        }
    }

    /// Requests are sent again because their answers were lost: a create, a deactivation, a deletion.
    pub(super) async fn lost_answers(&self) {
        for _ in 0..TIMES {
            let number = self.model.borrow_mut().hire();
            let person = self.model.borrow().person(number);
            let steps = self.line.idp.steps(Intent::Provision(&person));
            let known = crate::known::Known::default();
            if let Some(create) = steps.iter().find(|step| step.method == Method::Post)
                && let Ok(request) = player::request(self.line.idp, create, &known)
            {
                // The answer is lost.
                drop(self.line.send(&request).await);
            }
            self.run(Errand::Join(number)).await;
        }
        let active = self.model.borrow().in_state(State::Active);
        for number in active.into_iter().rev().take(TIMES) {
            self.run(Errand::SetActive(number, false)).await;
            self.run(Errand::SetActive(number, false)).await;
        }
        let inactive = self.model.borrow().in_state(State::Inactive);
        for number in inactive.into_iter().rev().take(TIMES).filter(|_| self.line.idp.deletes_users()) {
            let Some(id) = self.model.borrow().user(number).and_then(|user| user.id.clone()) else { continue };
            if self.run(Errand::Delete(number)).await == Ending::Done {
                self.ask(Method::Delete, format!("/Users/{}", crate::encode::percent(&id)), &[404]).await;
            }
        }
    }

    /// Two people have each other's address. The direct way must be refused; the way around succeeds.
    pub(super) async fn swapped_addresses(&self) {
        let active = self.model.borrow().in_state(State::Active);
        for pair in active.chunks_exact(2).take(TIMES) {
            let (first, second) = match pair {
                [first, second] => (*first, *second),
                _ => return,
            };
            let identity = |number| self.model.borrow().user(number).map(|user| user.identity);
            let (Some(one), Some(other)) = (identity(first), identity(second)) else { return };
            self.collide(first, Identity { address: other.address, ..one }).await;
            for (number, identity) in [
                (first, Identity { address: one.renamed().address, ..one }),
                (second, Identity { address: one.address, ..other }),
                (first, Identity { address: other.address, ..one }),
            ] {
                if self.run(Errand::Update(number, identity)).await != Ending::Done {
                    break;
                }
            }
        }
    }

    /// Tries to give somebody an address that another has.
    async fn collide(&self, number: u32, identity: Identity) {
        let Some((before, mut known)) = self.find(number) else { return };
        let after = self.model.borrow().population.person(number, identity);
        let mut steps = self.line.idp.steps(Intent::Update { before: &before, after: &after });
        for step in steps.iter_mut().filter(|step| step.method != Method::Get) {
            step.statuses = &[409];
            step.checks = vec![Check::Equals("/scimType", json!("uniqueness"))];
            step.remember = None;
            // Emails may be shared: it is the user name that may not.
            if let Body::Answered { change, .. } = &mut step.body {
                change["emails"] = self.line.idp.profile(&before)["emails"].clone();
            }
        }
        let due = Due { before: self.due(number, None, true).before, after: None };
        let (ending, request) = self.play(&steps, &mut known, &due).await;
        let accepted = ending != Ending::Done && request.as_ref().is_some_and(writes);
        if let Some(user) = self.model.borrow_mut().user_mut(number).filter(|_| accepted) {
            user.doubtful = true;
        }
    }

    /// Everybody who is active, for the wrong click and for its correction.
    pub(super) fn everybody(&self, active: bool) -> Vec<Vec<Errand>> {
        let from = if active { State::Inactive } else { State::Active };
        let people = self.model.borrow().in_state(from);
        people.into_iter().map(|number| vec![Errand::SetActive(number, active)]).collect()
    }

    /// Notes that a server gave one id to two resources over time.
    pub(super) fn reused_ids(&self) {
        let model = self.model.borrow();
        for id in model.gone.iter().filter(|id| model.number(id).is_some()) {
            let request = crate::transport::Request {
                method: Method::Get,
                path: format!("/Users/{id}"),
                headers: Vec::new(),
                body: None,
            };
            let why = format!("`{id}` was another user's, who was deleted");
            self.line.note(Fault::WrongId, "used again", &request, None, why);
        }
    }
}
