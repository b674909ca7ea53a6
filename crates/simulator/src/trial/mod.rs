//! A trial of a SCIM server: identity providers live through a directory's days with it, and it is told what it did
//! wrong.
//!
//! [`run`] plays the initial cycle, then days on which people join, change, are renamed, leave and come back, groups
//! are pushed, renamed and deleted; then, where asked for, mistakes. Every answer is judged. A small model, the oracle,
//! keeps what the server has acknowledged; at the end everything is read back and compared with it.
//!
//! The same plan and seed make the same requests. What is kept of users is a few numbers each: 100,000 of them fit into
//! some ten megabytes, however long the trial lasts.

mod clock;
mod day;
mod errand;
mod findings;
mod judge;
mod line;
mod mistakes;
mod model;
mod population;
mod random;
mod readback;
mod report;
mod timings;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

pub use clock::Clock;
pub(crate) use findings::kind;
pub use findings::{Example, Fault, Finding, Findings};
pub use readback::Compared;
pub use report::Verdict;
pub use timings::Timing;

use crate::encode;
use crate::idp::Idp;
use crate::intent::Intent;
use crate::known::Known;
use crate::transport::Transport;
use errand::{Due, Ending, Errand, Runner};
use line::{Journal, Line};
use model::Model;
use population::{Identity, Population};
use random::Random;

/// So many users at most are tried before giving up on a server that takes none.
const FIRST: usize = 10;
/// The number behind the user that some IdPs make for a test.
const TEST_USER: u32 = 4_000_000_000;

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is played, one after the other; users and groups are divided among them.
    pub idps: Vec<Idp>,
    /// Users of the initial cycle.
    pub users: usize,
    /// Groups of the initial cycle.
    pub groups: usize,
    /// Days after it.
    pub days: usize,
    /// To how many users of a thousand something happens on a day.
    pub churn: usize,
    /// Requests a second at most; no limit without.
    pub rate: Option<u32>,
    /// Requests that are under way at once.
    pub parallel: usize,
    /// The longest, in all, that a request is put off because the server asks for it.
    pub patience: Duration,
    /// What all choices follow from.
    pub seed: u64,
    /// Whether mistakes are made.
    pub mistakes: bool,
    /// Whether what was made stays.
    pub keep: bool,
    /// The domain of all addresses.
    pub domain: String,
    /// What tells the names of this run from those of all others: lower-case letters and digits.
    pub suffix: String,
    /// What the names of groups begin with, such as `moby:`.
    pub group_prefix: String,
}

/// Where a trial is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress<'p> {
    /// Who is played.
    pub idp: Idp,
    /// What is going on.
    pub phase: &'p str,
    /// How many changes of it are done.
    pub done: usize,
    /// How many there are.
    pub of: usize,
    /// How many requests were sent so far, in all.
    pub requests: u64,
}

/// Whoever watches a trial.
pub trait Observer {
    /// Something was done.
    fn progress(&self, progress: &Progress<'_>);

    /// Whether the trial is to end early. It then still cleans up.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Plays a plan against a server.
pub async fn run(plan: &Plan, transport: &impl Transport, clock: &impl Clock, observer: &impl Observer) -> Verdict {
    let journal = RefCell::new(Journal::default());
    let begun = clock.now();
    let mut verdict = Verdict { idps: plan.idps.clone(), ..Verdict::default() };
    for (at, idp) in plan.idps.iter().enumerate() {
        let share = |of: usize| of / plan.idps.len() + usize::from(at < of % plan.idps.len());
        let line = Line::new(*idp, (transport, clock), plan.rate, plan.patience, &journal);
        let population = Population {
            domain: plan.domain.clone(),
            suffix: format!("{}{}", plan.suffix, char::from(b'a' + u8::try_from(at % 26).unwrap_or(0))),
            group_prefix: plan.group_prefix.clone(),
        };
        let model = RefCell::new(Model::new(population));
        let life = Life { plan, runner: Runner { line: &line, model: &model }, observer };
        let ended = life.live(share(plan.users), share(plan.groups), &mut verdict.compared).await;
        if !plan.keep {
            verdict.left += life.clean_up().await;
        }
        match ended {
            End::Lived => {}
            End::Refused(why) => verdict.stopped.push(format!("{idp}: {why}")),
            End::Stopped(why) => {
                verdict.stopped.push(why);
                break;
            }
        }
    }
    let journal = journal.into_inner();
    verdict.took = clock.now().saturating_sub(begun);
    verdict.findings = journal.findings;
    verdict.timings = journal.timings;
    verdict.requests = journal.requests;
    verdict.postponed = journal.postponed;
    verdict
}

/// How an IdP's time with the server ended.
enum End {
    /// After everything was played.
    Lived,
    /// The server takes nothing from this IdP; it may from others.
    Refused(String),
    /// Nothing more can or may be tried.
    Stopped(String),
}

/// One IdP's time with the server.
struct Life<'a, T, C, O> {
    plan: &'a Plan,
    runner: Runner<'a, T, C>,
    observer: &'a O,
}

impl<T: Transport, C: Clock, O: Observer> Life<'_, T, C, O> {
    /// From the first connection to reading everything back.
    async fn live(&self, users: usize, groups: usize, compared: &mut Compared) -> End {
        let (idp, model) = (self.runner.line.idp, self.runner.model);
        let mut random = Random::new(self.plan.seed, idp.slug());
        if !self.connect().await {
            return End::Stopped("GET /Users has no success: check the address and the token".to_owned());
        }
        let day = day::first(&mut model.borrow_mut(), &mut random, idp, users, groups);
        let mut joins = day.users.into_iter();
        self.work("first users", joins.by_ref().take(FIRST).collect()).await;
        if users > 0 && model.borrow().in_state(model::State::Active).is_empty() {
            return End::Refused(format!("none of the first {} users could be created", users.min(FIRST)));
        }
        self.work("initial cycle: users", joins.collect()).await;
        self.work("initial cycle: groups", day.groups).await;
        for number in 1..=self.plan.days {
            let day = day::later(&mut model.borrow_mut(), &mut random, idp, self.plan.churn);
            self.work(&format!("day {number}: users"), day.users).await;
            self.work(&format!("day {number}: groups"), day.groups).await;
        }
        if self.plan.mistakes && !self.observer.is_stopped() {
            self.mistakes().await;
        }
        if self.observer.is_stopped() {
            return End::Stopped("it was interrupted".to_owned());
        }
        self.tell("reading back", 0, 1);
        let found = self.runner.read_back(&mut random).await;
        compared.users += found.users;
        compared.groups += found.groups;
        compared.doubtful += found.doubtful;
        compared.others += found.others;
        compared.by_cursor |= found.by_cursor;
        self.tell("reading back", 1, 1);
        End::Lived
    }

    /// The administrator's test of the connection. Without any success there is nothing to try.
    async fn connect(&self) -> bool {
        self.tell("connecting", 0, 1);
        let test = self.runner.model.borrow().population.person(TEST_USER, Identity::new(TEST_USER));
        let steps = self.runner.line.idp.steps(Intent::Connect(&test));
        let mut known = Known::default();
        let body = self.runner.ask(crate::step::Method::Get, "/Users?startIndex=1&count=1".to_owned(), &[200]).await;
        if body.is_none() {
            return false;
        }
        let (ending, _) = self.runner.play(&steps, &mut known, &Due::default()).await;
        if ending != Ending::Done {
            // The test was not played to where it deletes what it made.
            let paths = known.paths();
            self.runner.model.borrow_mut().strays.extend(paths.into_iter().map(Into::into));
        }
        self.tell("connecting", 1, 1);
        true
    }

    async fn mistakes(&self) {
        let runner = &self.runner;
        self.tell("mistakes: duplicates", 0, 1);
        runner.duplicates().await;
        self.tell("mistakes: lost answers", 0, 1);
        runner.lost_answers().await;
        self.tell("mistakes: swapped addresses", 0, 1);
        runner.swapped_addresses().await;
        let (everybody, before) = (runner.everybody(false), runner.everybody(true));
        self.work("mistakes: everybody unassigned", everybody).await;
        // Whoever was inactive before stays so.
        let back = runner.everybody(true).into_iter().filter(|task| !before.contains(task)).collect();
        self.work("mistakes: everybody assigned again", back).await;
    }

    /// Does tasks, some beside each other.
    async fn work(&self, phase: &str, tasks: Vec<Vec<Errand>>) {
        let (of, done) = (tasks.len(), Cell::new(0));
        let mut running = stream::iter(tasks)
            .map(|task| async {
                for errand in task {
                    if self.observer.is_stopped() {
                        return;
                    }
                    self.runner.run(errand).await;
                }
            })
            .buffer_unordered(self.plan.parallel.max(1));
        while running.next().await.is_some() {
            done.set(done.get() + 1);
            self.tell(phase, done.get(), of);
        }
    }

    /// Deletes what is left of this run; how many resources could not be.
    async fn clean_up(&self) -> usize {
        let (model, runner) = (self.runner.model, &self.runner);
        self.find_lost().await;
        let paths: Vec<(String, Option<Errand>)> = {
            let model = model.borrow();
            let teams = model.living_teams().into_iter().filter_map(|team| {
                Some((
                    format!("/Groups/{}", encode::percent(model.team(team)?.id.as_deref()?)),
                    Some(Errand::DeleteGroup(team)),
                ))
            });
            let users = (0_u32..).zip(&model.users).filter_map(|(number, user)| {
                Some((format!("/Users/{}", encode::percent(user.id.as_deref()?)), Some(Errand::Delete(number))))
            });
            let strays = model.strays.iter().map(|path| (path.to_string(), None));
            teams.chain(users).chain(strays).collect()
        };
        let (of, done, left) = (paths.len(), Cell::new(0), Cell::new(0));
        let mut running = stream::iter(paths)
            .map(|(path, errand)| async move {
                match errand {
                    // Also where an answer was lost: then nobody knows, and trying harms nobody.
                    None => runner.remove(path).await,
                    Some(errand) => runner.run(errand).await == Ending::Done || runner.remove(path).await,
                }
            })
            .buffer_unordered(self.plan.parallel.max(1));
        while let Some(removed) = running.next().await {
            done.set(done.get() + 1);
            left.set(left.get() + usize::from(!removed));
            self.tell("cleaning up", done.get(), of);
        }
        left.get()
    }

    /// Asks for what an answer that never came may have made.
    async fn find_lost(&self) {
        let (users, groups): (Vec<String>, Vec<String>) = {
            let model = self.runner.model.borrow();
            let users = (0_u32..).zip(&model.users).filter(|(_, user)| user.doubtful && user.id.is_none());
            let groups = (0_u32..).zip(&model.teams).filter(|(_, team)| team.doubtful && team.id.is_none());
            let users = users.map(|(number, _)| model.person(number).email).collect();
            (users, groups.map(|(number, _)| model.group(number).display_name).collect())
        };
        for (kind, attribute, names) in [("Users", "userName", users), ("Groups", "displayName", groups)] {
            for name in names {
                if let Some(id) = self.runner.look_up(kind, attribute, &name).await {
                    self.runner.model.borrow_mut().strays.push(format!("/{kind}/{}", encode::percent(&id)).into());
                }
            }
        }
    }

    fn tell(&self, phase: &str, done: usize, of: usize) {
        let line = self.runner.line;
        self.observer.progress(&Progress { idp: line.idp, phase, done, of, requests: line.requests() });
    }
}
