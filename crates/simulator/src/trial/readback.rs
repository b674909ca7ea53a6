//! Reading everything back, and comparing it with what the server acknowledged.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::clock::Clock;
use super::errand::Runner;
use super::findings::{Fault, shown};
use super::judge::Expected;
use super::model::State;
use super::random::Random;
use crate::encode::percent;
use crate::step::Method;
use crate::transport::{Request, Response, Transport};

/// Resources asked for on a page.
const PAGE: usize = 100;
/// How many users are looked for singly.
const SAMPLE: usize = 50;

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Users found as they must be, or not.
    pub users: usize,
    /// Groups found as they must be, or not.
    pub groups: usize,
    /// Resources whose changes had no answer, which nobody can judge.
    pub doubtful: usize,
    /// Users and groups on the server that are not of this run.
    pub others: usize,
    /// Whether lists were walked by cursor as well.
    pub by_cursor: bool,
}

/// How pages follow each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Index,
    Cursor,
}

/// What was met on a walk over a list.
#[derive(Default)]
struct Met {
    ids: HashSet<Box<str>>,
    others: usize,
}

impl<T: Transport, C: Clock> Runner<'_, T, C> {
    /// Compares everything that the server tells with the model.
    pub(super) async fn read_back(&self, random: &mut Random) -> Compared {
        let mut compared = Compared::default();
        let configuration =
            self.ask(Method::Get, "/ServiceProviderConfig".to_owned(), &[200]).await.unwrap_or_default();
        let users = self.walk("Users", Walk::Index).await;
        self.missing_users(&users, "", &mut compared);
        compared.others += users.others;
        if configuration["pagination"]["cursor"] == true {
            compared.by_cursor = true;
            let users = self.walk("Users", Walk::Cursor).await;
            self.missing_users(&users, "by cursor", &mut Compared::default());
        }
        self.samples(random).await;
        if self.line.idp.pushes_groups() {
            let groups = self.walk("Groups", Walk::Index).await;
            compared.others += groups.others;
            self.groups(&groups, &mut compared).await;
        }
        self.reused_ids();
        compared
    }

    /// Walks over a whole list; users are compared on the way.
    async fn walk(&self, kind: &str, walk: Walk) -> Met {
        let (mut met, mut seen, mut cursor) = (Met::default(), 0_usize, String::new());
        let mut totals = BTreeSet::new();
        loop {
            let page = match walk {
                Walk::Index => format!("startIndex={}&count={PAGE}", seen + 1),
                Walk::Cursor if cursor.is_empty() => format!("cursor&count={PAGE}"),
                Walk::Cursor => format!("cursor={}&count={PAGE}", percent(&cursor)),
            };
            // A group's members are read with the group.
            let without = if kind == "Groups" { "&excludedAttributes=members" } else { "" };
            let path = format!("/{kind}?{page}{without}");
            let Some(list) = self.ask(Method::Get, path.clone(), &[200]).await else { break };
            let request = Request { method: Method::Get, path, headers: Vec::new(), body: None };
            totals.extend(list["totalResults"].as_u64());
            let resources = list["Resources"].as_array().map_or(&[][..], Vec::as_slice);
            for resource in resources {
                self.meet(kind, resource, &request, &mut met);
            }
            seen += resources.len();
            let total = list["totalResults"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
            match (walk, list["nextCursor"].as_str()) {
                (Walk::Cursor, Some(next)) if next == cursor => {
                    self.line.note(Fault::Cursor, "", &request, None, "`nextCursor` is the cursor itself".to_owned());
                    break;
                }
                (Walk::Cursor, Some(next)) => next.clone_into(&mut cursor),
                (Walk::Cursor, None) => break,
                // A wrong total must not end the walk early: an empty page does.
                (Walk::Index, _) if resources.is_empty() || (seen >= total && resources.len() < PAGE) => break,
                (Walk::Index, _) => {}
            }
            if seen > 10_000_000 {
                break;
            }
        }
        let due = u64::try_from(seen).unwrap_or(u64::MAX);
        if let Some(wrong) = totals.iter().find(|total| **total != due) {
            let path = format!("/{kind}?startIndex=1&count={PAGE}");
            let request = Request { method: Method::Get, path, headers: Vec::new(), body: None };
            let why = format!("`totalResults` was {wrong}, the pages held {due} resources");
            self.line.note(Fault::TotalResults, "", &request, None, why);
        }
        met
    }

    fn meet(&self, kind: &str, resource: &Value, request: &Request, met: &mut Met) {
        let Some(id) = resource["id"].as_str() else { return };
        if !met.ids.insert(id.into()) {
            self.line.note(Fault::ListedTwice, "", request, None, format!("{kind} `{id}`"));
            return;
        }
        let model = self.model.borrow();
        let name = resource[if kind == "Users" { "userName" } else { "displayName" }].as_str().unwrap_or_default();
        let ours = if kind == "Users" {
            model.number(id)
        } else {
            (0_u32..).zip(&model.teams).find(|(_, team)| team.id.as_deref() == Some(id)).map(|(number, _)| number)
        };
        match ours {
            Some(number) if kind == "Users" => {
                drop(model);
                self.stored(number, request, resource);
            }
            Some(_) => {}
            None if model.strays.iter().any(|stray| stray.ends_with(id)) => {}
            None if model.gone.contains(id) => {
                self.line.note(Fault::NotOurs, "deleted", request, None, format!("{kind} `{id}` was deleted"));
            }
            // What a lost answer has made is nobody's fault.
            None if model.population.is_ours(name) && !model.has_doubts() => {
                self.line.note(Fault::NotOurs, "", request, None, format!("{kind} `{id}` (`{name}`) was never made"));
            }
            None => met.others += 1,
        }
    }

    /// Compares a stored user with the model.
    fn stored(&self, number: u32, request: &Request, resource: &Value) {
        let model = self.model.borrow();
        let Some(user) = model.user(number).filter(|user| !user.doubtful) else { return };
        let expected =
            Expected::new(self.line.idp, &model.person(number), user.state == State::Active, user.id.as_deref());
        for difference in expected.differences(resource) {
            let fault = match difference.attribute {
                "active" if expected.is_active() => Fault::NotActive,
                "active" => Fault::StillActive,
                _ => Fault::LostUpdate,
            };
            let why = format!("of `{}`: {}", model.person(number).email, difference.why);
            self.line.note(fault, difference.attribute, request, Some(&found(resource)), why);
        }
    }

    fn missing_users(&self, met: &Met, how: &str, compared: &mut Compared) {
        let model = self.model.borrow();
        for user in &model.users {
            if user.doubtful {
                compared.doubtful += 1;
                continue;
            }
            let Some(id) = user.id.as_ref().filter(|_| user.state != State::Gone) else { continue };
            compared.users += 1;
            if !met.ids.contains(id) {
                let path = format!("/Users?startIndex=1&count={PAGE}");
                let request = Request { method: Method::Get, path, headers: Vec::new(), body: None };
                self.line.note(Fault::NotListed, how, &request, None, format!("user `{id}` is on no page"));
            }
        }
    }

    /// Some users are read singly, and looked for by name; some deleted ones must be gone.
    async fn samples(&self, random: &mut Random) {
        let (mut sample, gone) = {
            let model = self.model.borrow();
            let mut living = model.in_state(State::Active);
            living.extend(model.in_state(State::Inactive));
            let sample: BTreeSet<u32> = (0..SAMPLE).filter_map(|_| random.one_of(&living).copied()).collect();
            let mut gone: Vec<Box<str>> = model.gone.iter().cloned().collect();
            gone.sort_unstable();
            gone.truncate(SAMPLE);
            (sample, gone)
        };
        sample.retain(|number| self.model.borrow().user(*number).is_some_and(|user| !user.doubtful));
        for (at, number) in sample.into_iter().enumerate() {
            let (person, id) = {
                let model = self.model.borrow();
                (model.person(number), model.user(number).and_then(|user| user.id.clone()).unwrap_or_default())
            };
            let path = format!("/Users/{}", percent(&id));
            if let Some(body) = self.ask(Method::Get, path.clone(), &[200]).await {
                self.stored(number, &Request { method: Method::Get, path, headers: Vec::new(), body: None }, &body);
            }
            let other_case = at % 5 == 4;
            let name = if other_case { person.email.to_uppercase() } else { person.email };
            let path = format!("/Users?filter={}", percent(&format!("userName eq \"{name}\"")));
            if let Some(list) = self.ask(Method::Get, path.clone(), &[200]).await {
                let ids: Vec<&str> =
                    list["Resources"].as_array().into_iter().flatten().filter_map(|user| user["id"].as_str()).collect();
                if ids != [&*id] {
                    let fault = if other_case { Fault::FilterCase } else { Fault::Filter };
                    let why = format!("`userName eq \"{name}\"` found {ids:?} instead of `{id}`");
                    let request = Request { method: Method::Get, path, headers: Vec::new(), body: None };
                    self.line.note(fault, "userName", &request, Some(&found(&list)), why);
                }
            }
        }
        for id in gone {
            // Users and groups: whichever it was, neither may answer.
            for kind in ["Users", "Groups"] {
                self.ask(Method::Get, format!("/{kind}/{}", percent(&id)), &[404]).await;
            }
        }
    }

    async fn groups(&self, met: &Met, compared: &mut Compared) {
        let teams = self.model.borrow().living_teams();
        for number in teams {
            let (id, name, members, doubtful) = {
                let model = self.model.borrow();
                let Some(team) = model.team(number) else { continue };
                let id = team.id.clone().unwrap_or_default();
                (id, model.group(number).display_name, team.members.clone(), team.doubtful)
            };
            if doubtful {
                compared.doubtful += 1;
                continue;
            }
            compared.groups += 1;
            let path = format!("/Groups/{}", percent(&id));
            let request = Request { method: Method::Get, path: path.clone(), headers: Vec::new(), body: None };
            if !met.ids.contains(&id) {
                self.line.note(Fault::NotListed, "", &request, None, format!("group `{id}` is on no page"));
            }
            let Some(body) = self.ask(Method::Get, path, &[200]).await else { continue };
            if body["displayName"] != *name {
                let why = format!("`displayName` is {} instead of \"{name}\"", shown(body.get("displayName")));
                self.line.note(Fault::LostUpdate, "displayName", &request, None, why);
            }
            self.members(&members, &body, &request);
        }
    }

    fn members(&self, due: &BTreeSet<u32>, body: &Value, request: &Request) {
        let model = self.model.borrow();
        let mut left = due.clone();
        let named = &body["displayName"];
        for member in body["members"].as_array().into_iter().flatten() {
            let id = member["value"].as_str().unwrap_or_default();
            let note = |fault, why: String| self.line.note(fault, "members", request, None, why);
            match model.number(id) {
                Some(number) if left.remove(&number) => {}
                Some(number) if due.contains(&number) => {
                    note(Fault::ListedTwice, format!("`{id}` is twice in {named}"));
                }
                Some(number) if model.user(number).is_some_and(|user| user.doubtful) => {}
                Some(number) => {
                    note(Fault::MemberExtra, format!("`{}` (`{id}`) is in {named}", model.person(number).email));
                }
                None if model.gone.contains(id) => note(Fault::MemberGone, format!("`{id}` is in {named}")),
                None => note(Fault::MemberExtra, format!("`{id}`, whom nobody put there, is in {named}")),
            }
        }
        for number in left {
            let why = format!("`{}` is not in {named}", model.person(number).email);
            self.line.note(Fault::MemberMissing, "members", request, None, why);
        }
    }
}

/// What was found, as the answer that told it.
fn found(value: &Value) -> Response {
    Response { status: 200, headers: Vec::new(), body: value.to_string().into_bytes(), took: None }
}
