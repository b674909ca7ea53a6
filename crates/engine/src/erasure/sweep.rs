//! Taking a person out of what others' records say: searched for in the lane for scans, rewritten in slices.

use std::{collections::BTreeSet, time::Duration};

use muster_crypto::Sealer;
use muster_model::{ConnectionId, ErasureId, HeldChangeId, PlanId, Timestamp, ledger::Kind};
use muster_store::{Candidates, Conn, Counter, ErasureRow, HeldNote, ReportText, RequestRow, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Erasure,
    history::{self, Whose},
    open,
    words::Words,
};
use crate::{
    EngineError, Env, plans,
    retention::{self, SETTLED},
};

/// How many rows of the log, the ledger and others are searched for one slice.
const ROWS: i64 = 500;
/// How many directory users are.
const USERS: usize = 1_000;
/// How many chunks of reads are; each is as large as many requests.
const CHUNKS: i64 = 20;
/// How many subjects' histories are rewritten in one slice.
const SUBJECTS: usize = 20;
/// How many rows of those histories are.
const HISTORY: usize = 100;

/// How long after a failure to open what a person was called it is tried again.
const RETRY: Duration = Duration::from_hours(1);

/// What reads and rewrites what the engine does not know the inside of: logged requests and reads.
pub trait Logged {
    /// A logged request without the person; `None` if nothing in it says something of the person. The row's bytes do not
    /// grow.
    fn request(&self, request: &RequestRow, words: &Words) -> Option<RequestRow>;

    /// A chunk of logged reads without what lines up to `until` say of the person; `None` if none does.
    fn reads(&self, chunk: &[u8], words: &Words, until: Timestamp) -> Option<Vec<u8>>;
}

/// Where the search is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stage {
    /// Documents of directory users; `after` one of a connection.
    #[default]
    Directory,
    /// Ledger rows.
    Ledger,
    /// What expired ledger rows came to.
    Baselines,
    /// Invitations that have ended, all at once.
    Invitations,
    /// Logged requests.
    Requests,
    /// Logged reads; `after` one of a connection.
    Reads,
    /// Reports.
    Reports,
    /// Notes of held requests.
    Notes,
    /// Kept plans.
    Plans,
    /// Once more what was being written when the account ended.
    Late,
}

/// How far an erasure is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    stage: Stage,
    /// The connection that is being searched, where a stage goes through them.
    connection: Option<ConnectionId>,
    after: Uuid,
    /// Whether what was being written then is searched now.
    late: bool,
    /// When what the person was called could not be opened, because the key is not there, if that was so the last time.
    unopened: Option<Timestamp>,
    /// The person's own subjects whose histories are still to be rewritten, before anything else.
    own: Vec<Uuid>,
    /// Others whose histories are to be rewritten before the search goes on.
    subjects: Vec<Uuid>,
    /// Those of them that have had the person's address for their own.
    former: BTreeSet<Uuid>,
    /// Up to which ledger row the first history of those is rewritten.
    within: Uuid,
    /// Ledger rows about invitations of the person, and these.
    rows: BTreeSet<Uuid>,
    invitations: BTreeSet<Uuid>,
}

/// How far a slice has brought an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do.
    More,
    /// The rest has to wait until then: what was being written when the account ended may only now be there.
    Until(Timestamp),
    /// What the person was called cannot be opened: the key is not there. It is tried again then; other erasures go on.
    Unopened(Timestamp),
    /// Nothing is left.
    Done,
}

/// What a search has found, and how far it has come.
#[derive(Debug, Clone)]
pub struct Found {
    id: ErasureId,
    before: String,
    after: State,
    done: bool,
    words: Words,
    invitations: Vec<Uuid>,
    requests: Vec<(RequestRow, RequestRow)>,
    reads: Vec<(ConnectionId, Uuid, Vec<u8>, usize)>,
    reports: Vec<ReportText>,
    notes: Vec<HeldNote>,
    plans: Vec<PlanId>,
    waits: Option<Timestamp>,
}

impl State {
    /// Where an erasure begins that has these subjects for its own.
    pub(super) fn of(own: impl Iterator<Item = Uuid>) -> Self {
        Self { own: own.collect(), ..Self::default() }
    }

    pub(super) fn read(text: &str) -> Self {
        // What nobody can read is begun anew: it only saves work.
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn write(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(StoreError::other)
    }

    pub(super) fn erasure(&self, row: &ErasureRow) -> Erasure {
        let stage = match (row.done, self.stage) {
            (Some(_), _) => "nothing is left",
            (None, _) if self.unopened.is_some() => {
                "what the person was called cannot be opened: its data key is missing"
            }
            (None, Stage::Directory) => "searching directories",
            (None, Stage::Ledger | Stage::Baselines | Stage::Invitations) => "searching the ledger",
            (None, Stage::Requests | Stage::Reads) => "searching the request log",
            (None, Stage::Reports | Stage::Notes | Stage::Plans) => "searching reports and plans",
            (None, Stage::Late) => "waiting for requests that were in progress",
        };
        let is_stuck = row.done.is_none() && self.unopened.is_some();
        Erasure {
            id: row.id,
            account: row.account,
            actor: row.actor,
            begun: row.begun,
            done: row.done,
            stage,
            is_stuck,
        }
    }

    /// Whether there is something to do now.
    pub(super) fn is_due(&self, row: &ErasureRow, now: Timestamp) -> bool {
        let has_rested = self.unopened.is_none_or(|at| now >= at.after(RETRY));
        row.done.is_none() && has_rested && (self.stage != Stage::Late || now >= row.begun.after(SETTLED))
    }

    fn has_histories(&self) -> bool {
        !(self.own.is_empty() && self.subjects.is_empty())
    }

    /// Rewrites some rows of the histories that come next; the person's own first.
    fn rewrite_histories(&mut self, tx: &mut Tx<'_>, words: &Words, id: ErasureId) -> Result<(), EngineError> {
        let mut left = HISTORY;
        for _ in 0..SUBJECTS {
            let (own, others) = (self.own.first().copied(), self.subjects.first().copied());
            let Some(subject) = own.or(others) else { break };
            let whose = match own {
                Some(_) => Whose::Own(id.0),
                None if !history::rewrite_document(tx, words, subject)? && self.former.contains(&subject) => {
                    Whose::Own(Uuid::max())
                }
                None => Whose::Others(words),
            };
            let (rows, last) = history::rewrite_some(tx, whose, subject, self.within, left)?;
            left -= rows;
            if let Some(last) = last {
                self.within = last;
                break;
            }
            self.within = Uuid::nil();
            if own.is_some() {
                self.own.remove(0);
            } else {
                self.subjects.remove(0);
                self.former.remove(&subject);
            }
        }
        Ok(())
    }

    fn begin(&mut self, stage: Stage, row: &ErasureRow) {
        self.stage = stage;
        self.connection = None;
        self.after = if self.late { row.begun.before(SETTLED * 2).first_id() } else { Uuid::nil() };
    }

    /// Goes on to the next connection; whether there is one.
    fn next_connection(&mut self, conn: &mut Conn<'_>) -> Result<bool, EngineError> {
        let ids = conn.connection_ids()?.into_iter();
        let next = ids.filter(|id| self.connection.is_none_or(|done| *id > done)).min();
        self.connection = next;
        Ok(next.is_some())
    }
}

/// Searches what comes next for what it says of the person. Runs in the lane for scans. Where nobody else can be writing,
/// `alone`, there is nothing to wait for.
///
/// # Errors
///
/// The store's.
pub fn look(
    conn: &mut Conn<'_>,
    sealer: &Sealer,
    logged: &dyn Logged,
    id: ErasureId,
    now: Timestamp,
    alone: bool,
) -> Result<Option<Found>, EngineError> {
    let Some(row) = conn.erasure(id)?.filter(|row| row.done.is_none()) else { return Ok(None) };
    let mut found = Found {
        id,
        before: row.progress.clone(),
        after: State::read(&row.progress),
        done: false,
        words: Words::default(),
        invitations: Vec::new(),
        requests: Vec::new(),
        reads: Vec::new(),
        reports: Vec::new(),
        notes: Vec::new(),
        plans: Vec::new(),
        waits: None,
    };
    // What is the person's own is known by its id.
    if !found.after.own.is_empty() {
        return Ok(Some(found));
    }
    // One that cannot go on must not keep those behind it from going on.
    match open(sealer, &row) {
        Ok(words) => (found.words, found.after.unopened) = (words, None),
        Err(_) => {
            found.after.unopened = Some(now);
            return Ok(Some(found));
        }
    }
    if !found.after.subjects.is_empty() {
        return Ok(Some(found));
    }
    match found.after.stage {
        Stage::Directory => found.directory(conn, &row)?,
        Stage::Ledger => found.ledger(conn, &row)?,
        Stage::Baselines => found.baselines(conn, &row)?,
        Stage::Invitations => {
            found.invitations = conn.ended_invitations(&found.words.addresses(), row.account)?;
            found.after.begin(Stage::Requests, &row);
        }
        Stage::Requests => found.requests(conn, logged, &row)?,
        Stage::Reads => found.reads(conn, logged, &row)?,
        Stage::Reports => found.reports(conn, &row)?,
        Stage::Notes => found.notes(conn, &row)?,
        Stage::Plans => found.plans(conn, &row)?,
        Stage::Late => {
            if !alone && now < row.begun.after(SETTLED) {
                found.waits = Some(row.begun.after(SETTLED));
            } else {
                found.after.late = true;
                found.after.begin(Stage::Ledger, &row);
            }
        }
    }
    Ok(Some(found))
}

impl Found {
    fn directory(&mut self, conn: &mut Conn<'_>, row: &ErasureRow) -> Result<(), EngineError> {
        if self.after.connection.is_none() && !self.after.next_connection(conn)? {
            self.after.begin(Stage::Ledger, row);
            return Ok(());
        }
        let Some(connection) = self.after.connection else { return Ok(()) };
        let (words, mut seen, mut last, mut naming) = (&self.words, 0, None, Vec::new());
        conn.each_directory_user(connection, &Candidates::default(), self.after.after, |user| {
            last = Some(user.id.0);
            let own = words.has(user.id.0) || words.is_address(&user.user_name);
            if !own
                && let Ok(mut document) = serde_json::from_str::<Value>(&user.document)
                && words.out_of_others(&mut document)
            {
                naming.push(user.id.0);
            }
            seen += 1;
            Ok(if seen == USERS { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) })
        })?;
        self.after.subjects = naming;
        match last {
            Some(last) if seen == USERS => self.after.after = last,
            _ => {
                self.after.after = Uuid::nil();
                if !self.after.next_connection(conn)? {
                    self.after.begin(Stage::Ledger, row);
                }
            }
        }
        Ok(())
    }

    fn ledger(&mut self, conn: &mut Conn<'_>, row: &ErasureRow) -> Result<(), EngineError> {
        let rows = conn.ledger_rows_between(self.after.after, row.id.0, ROWS)?;
        let mut subjects = BTreeSet::new();
        for told in &rows {
            for change in &told.changes {
                let mut sides = [&change.old, &change.new].into_iter().flatten();
                if self.words.has(change.id) || !sides.any(|side| history::tells(&self.words, change.kind, side)) {
                    continue;
                }
                if change.kind == Kind::Invitation {
                    self.after.rows.insert(told.id.0);
                    self.after.invitations.insert(change.id);
                } else {
                    let mut sides = [&change.old, &change.new].into_iter().flatten();
                    if sides.any(|side| history::was_person(&self.words, change.kind, side)) {
                        self.after.former.insert(change.id);
                    }
                    subjects.insert(change.id);
                }
            }
        }
        self.after.subjects = subjects.into_iter().collect();
        match rows.last() {
            Some(last) => self.after.after = last.id.0,
            None => self.after.begin(Stage::Baselines, row),
        }
        Ok(())
    }

    fn baselines(&mut self, conn: &mut Conn<'_>, row: &ErasureRow) -> Result<(), EngineError> {
        let baselines = conn.baselines_after(self.after.after, ROWS)?;
        for baseline in &baselines {
            if self.words.has(baseline.id) || !history::tells(&self.words, baseline.kind, &baseline.fields) {
                continue;
            }
            if baseline.kind == Kind::Invitation {
                self.after.invitations.insert(baseline.id);
            } else {
                if history::was_person(&self.words, baseline.kind, &baseline.fields) {
                    self.after.former.insert(baseline.id);
                }
                self.after.subjects.push(baseline.id);
            }
        }
        match baselines.last() {
            Some(last) => self.after.after = last.id,
            None => self.after.begin(Stage::Invitations, row),
        }
        Ok(())
    }

    fn requests(&mut self, conn: &mut Conn<'_>, logged: &dyn Logged, row: &ErasureRow) -> Result<(), EngineError> {
        let requests = conn.logged_between(self.after.after, row.id.0, ROWS)?;
        match requests.last() {
            Some(last) => self.after.after = last.id.0,
            None => self.after.begin(Stage::Reads, row),
        }
        for request in requests {
            if let Some(without) = logged.request(&request, &self.words) {
                self.requests.push((request, without));
            }
        }
        Ok(())
    }

    fn reads(&mut self, conn: &mut Conn<'_>, logged: &dyn Logged, row: &ErasureRow) -> Result<(), EngineError> {
        if self.after.connection.is_none() && !self.after.next_connection(conn)? {
            self.done = self.after.late;
            self.after.begin(Stage::Reports, row);
            return Ok(());
        }
        let Some(connection) = self.after.connection else { return Ok(()) };
        let chunks = conn.read_chunks_between(connection, self.after.after, row.id.0, CHUNKS)?;
        match chunks.last() {
            Some((last, _)) => self.after.after = *last,
            None => {
                let (late, done) = (self.after.late, self.after.connection);
                self.after.begin(Stage::Reads, row);
                self.after.connection = done;
                if !self.after.next_connection(conn)? {
                    self.done = late;
                    self.after.begin(Stage::Reports, row);
                }
            }
        }
        for (id, chunk) in chunks {
            if let Some(without) = logged.reads(&chunk, &self.words, row.begun) {
                self.reads.push((connection, id, without, chunk.len()));
            }
        }
        Ok(())
    }

    fn reports(&mut self, conn: &mut Conn<'_>, row: &ErasureRow) -> Result<(), EngineError> {
        let reports = conn.report_texts(self.after.after, ROWS)?;
        match reports.last() {
            Some(last) => self.after.after = last.id,
            None => self.after.begin(Stage::Notes, row),
        }
        for report in reports {
            if let Some(detail) = self.words.out_of(&report.detail) {
                self.reports.push(ReportText { detail, ..report });
            }
        }
        Ok(())
    }

    fn notes(&mut self, conn: &mut Conn<'_>, row: &ErasureRow) -> Result<(), EngineError> {
        let notes = conn.held_notes(self.after.after, ROWS)?;
        match notes.last() {
            Some(HeldNote { id: HeldChangeId(last), .. }) => self.after.after = *last,
            None => self.after.begin(Stage::Plans, row),
        }
        for held in notes {
            if let Some(note) = self.words.out_of(&held.note) {
                self.notes.push(HeldNote { note, ..held });
            }
        }
        Ok(())
    }

    /// A plan that names the person cannot be done as it was shown.
    fn plans(&mut self, conn: &mut Conn<'_>, row: &ErasureRow) -> Result<(), EngineError> {
        for plan in conn.plans(i64::MAX)? {
            if plan.id.0 < row.id.0 && plans::texts(&plan)?.iter().any(|text| self.words.are_within(text)) {
                self.plans.push(plan.id);
            }
        }
        self.after.begin(Stage::Late, row);
        Ok(())
    }
}

/// Rewrites what a search has found, unless another node was faster.
///
/// # Errors
///
/// The store's; nothing is done then.
pub fn slice(tx: &mut Tx<'_>, env: &mut Env, found: &Found) -> Result<Progress, EngineError> {
    let row = tx.erasure(found.id)?.filter(|row| row.done.is_none() && row.progress == found.before);
    if row.is_none() {
        return Ok(Progress::More);
    }
    if let Some(at) = found.after.unopened {
        tx.update_erasure(found.id, &found.before, &found.after.write()?, None)?;
        return Ok(Progress::Unopened(at.after(RETRY)));
    }
    if let Some(until) = found.waits {
        return Ok(Progress::Until(until));
    }
    let mut after = found.after.clone();
    if State::read(&found.before).has_histories() {
        after.rewrite_histories(tx, &found.words, found.id)?;
        tx.update_erasure(found.id, &found.before, &after.write()?, None)?;
        return Ok(Progress::More);
    }
    if after.stage == Stage::Invitations && !(after.rows.is_empty() && after.invitations.is_empty()) {
        let rows: Vec<Uuid> = std::mem::take(&mut after.rows).into_iter().collect();
        let invitations: Vec<Uuid> = std::mem::take(&mut after.invitations).into_iter().collect();
        history::rewrite_invitations(tx, &found.words, &rows, &invitations)?;
    }
    tx.erase_invitations(&found.invitations)?;
    for (before, request) in &found.requests {
        tx.rewrite_request(request)?;
        uncount(tx, request.connection, request.id.0, bytes(before)? - bytes(request)?)?;
    }
    for (connection, id, content, was) in &found.reads {
        let freed = i64::try_from(*was).unwrap_or(0) - i64::try_from(content.len()).unwrap_or(0);
        tx.rewrite_read_chunk(*connection, *id, content.clone())?;
        uncount(tx, Some(*connection), *id, freed)?;
    }
    for report in &found.reports {
        tx.rewrite_report(report)?;
    }
    for held in &found.notes {
        tx.rewrite_held_note(held)?;
    }
    for plan in &found.plans {
        tx.delete_plan(*plan)?;
    }
    let done = found.done.then(|| env.now());
    tx.update_erasure(found.id, &found.before, &after.write()?, done)?;
    Ok(if found.done { Progress::Done } else { Progress::More })
}

/// How many bytes of a request's row may change.
fn bytes(request: &RequestRow) -> Result<i64, StoreError> {
    let steps = serde_json::to_string(&request.steps).map_err(StoreError::other)?.len();
    let all = request.target.len() + steps + request.body.as_ref().map_or(0, Vec::len);
    Ok(i64::try_from(all).unwrap_or(0))
}

/// Keeps the log's size right where these bytes were counted already.
fn uncount(tx: &mut Tx<'_>, connection: Option<ConnectionId>, id: Uuid, bytes: i64) -> Result<(), EngineError> {
    match connection {
        Some(connection) if bytes != 0 && id <= retention::counted_to(tx)? => {
            Ok(tx.add_to_count(connection.0, Counter::LogBytes, -bytes)?)
        }
        _ => Ok(()),
    }
}
