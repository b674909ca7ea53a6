//! What an engine function may know of the world: the time, new ids, who is acting; and where it notes what it did.

use std::sync::Arc;

use muster_crypto::Blinder;
use muster_model::{
    Actor, Connection, ConnectionId, HeldChangeId, OrganizationId, RequestId, Rule, Source, Statement, Timestamp,
    Version,
    guard::{Endings, OrganizationEndings},
    ledger::Change,
    trace::{Note, Step},
};
use muster_store::ReportRow;
use uuid::{Builder, Uuid};

use crate::watch::Watch;

/// The clock, the source of randomness, and the key under which values are compared that must not be kept.
pub trait Surroundings: Send + Sync {
    /// The present time.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` with unpredictable ones.
    fn random(&self, bytes: &mut [u8]);

    /// What makes values comparable that must not be kept (ACC-2). `None` where the master key is not at hand.
    fn blinder(&self) -> Option<&Blinder>;
}

/// On whose behalf, and through what, something is done. The same for every run of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Where the change comes from.
    pub source: Source,
    /// Who acts.
    pub actor: Actor,
    /// Through which connection.
    pub connection: Option<ConnectionId>,
    /// In which request.
    pub request: Option<RequestId>,
}

impl Origin {
    /// The installation itself.
    pub const SYSTEM: Self = Self { source: Source::Default, actor: Actor::System, connection: None, request: None };
    /// The operator's shell.
    pub const OPERATOR: Self = Self { source: Source::Manual, actor: Actor::Operator, connection: None, request: None };
}

/// One run of one engine function. Made anew when the transaction runs again.
pub struct Env {
    now: Timestamp,
    origin: Origin,
    surroundings: Arc<dyn Surroundings>,
    last_id: u128,
    trace: Vec<Step>,
    pub(crate) changes: Vec<Change>,
    pub(crate) subjects: Vec<Uuid>,
    pub(crate) reports: Vec<ReportRow>,
    /// Organizations in which a seat came free or an owner was added, for [`crate::transact`] to settle.
    pub(crate) unsettled: Vec<OrganizationId>,
    /// Endings caused by the IdP, for the mass-change guard (MIG-3).
    pub(crate) endings: Vec<OrganizationEndings>,
    /// What the guard must know of the change of a directory that this run makes.
    pub(crate) guarded: Option<Guarded>,
    /// The held request that this run does, once an owner approved it ([`crate::guard::approve`]).
    pub(crate) approved: Option<HeldChangeId>,
    pub(crate) barring: bool,
    /// What this run depends on beside what it changes: a plan promises it for these alone (MIG-2).
    pub(crate) depends: Vec<Uuid>,
    /// What this run makes of people's places, if somebody wants to know.
    pub(crate) watch: Option<Watch>,
}

/// A change of a connection's directory, as the mass-change guard sees it.
#[derive(Debug, Clone)]
pub(crate) struct Guarded {
    pub(crate) connection: ConnectionId,
    /// The connection's name, for texts.
    pub(crate) name: String,
    /// Whether the guard is on.
    pub(crate) on: bool,
    /// What is changed, and its version before; `None` when it is made.
    pub(crate) resource: Option<(Uuid, Version)>,
}

impl Env {
    /// A run that begins now.
    pub fn new(surroundings: Arc<dyn Surroundings>, origin: Origin) -> Self {
        Self {
            now: surroundings.now(),
            origin,
            surroundings,
            last_id: 0,
            trace: Vec::new(),
            changes: Vec::new(),
            subjects: Vec::new(),
            reports: Vec::new(),
            unsettled: Vec::new(),
            endings: Vec::new(),
            guarded: None,
            approved: None,
            barring: true,
            depends: Vec::new(),
            watch: None,
        }
    }

    /// When this run began: one time for everything it does.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// On whose behalf.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// A new UUIDv7, greater than every other of this run. Its head is the time in microseconds, so that ids of
    /// different runs are in order of their beginning, as far as one clock tells.
    pub fn new_id(&mut self) -> Uuid {
        self.new_id_above(None)
    }

    /// As [`Env::new_id`], and greater than `newest`.
    pub fn new_id_above(&mut self, newest: Option<Uuid>) -> Uuid {
        let mut random = [0; 10];
        self.surroundings.random(&mut random);
        // RFC 9562 §6.2, method 3: the twelve bits after the milliseconds hold the fraction.
        let fraction = u16::try_from(self.now.0.rem_euclid(1_000) * 4_096 / 1_000).unwrap_or(0).to_be_bytes();
        random[..2].copy_from_slice(&fraction);
        let made = Builder::from_unix_timestamp_millis(self.now.millis(), &random).into_uuid().as_u128();
        let floor = newest.map_or(0, |id| id.as_u128()).max(self.last_id);
        let id = if made > floor { made } else { next_v7(floor, &random) };
        self.last_id = id;
        let id = Uuid::from_u128(id);
        if let Some(watch) = &mut self.watch {
            watch.made.insert(id);
        }
        id
    }

    /// 256 bits that nobody can guess.
    pub fn new_secret(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.surroundings.random(&mut bytes);
        bytes
    }

    /// Random decimal digits.
    pub fn digits(&mut self, count: usize) -> String {
        let mut digits = String::with_capacity(count);
        while digits.len() < count {
            let mut bytes = [0; 8];
            self.surroundings.random(&mut bytes);
            // 250 is the largest multiple of ten in a byte: without it, low digits would be likelier.
            let fair = bytes.iter().filter(|byte| **byte < 250).map(|byte| char::from(b'0' + byte % 10));
            digits.extend(fair.take(count - digits.len()));
        }
        digits
    }

    /// What stands for a value that must not be kept: the same for the same value, and nobody can tell which. `None` where
    /// the master key is not at hand.
    #[must_use]
    pub fn blind(&self, purpose: &str, parts: &[&[u8]]) -> Option<String> {
        Some(self.surroundings.blinder()?.blind(purpose, parts))
    }

    /// What a source says of a value, now and on behalf of whoever acts.
    pub(crate) fn statement<V>(
        &self,
        source: Source,
        connection: Option<ConnectionId>,
        value: V,
        rule: Rule,
    ) -> Statement<V> {
        let Origin { actor, request, .. } = self.origin;
        Statement { source, connection, value, rule, actor, request, at: self.now, locked: false }
    }

    /// Notes a decision in the trace.
    pub fn note(&mut self, rule: Rule, note: Note) {
        self.trace.push(Step { rule, note });
    }

    /// What was decided so far.
    #[must_use]
    pub fn trace(&self) -> &[Step] {
        &self.trace
    }

    /// What changed so far: the difference that a plan shows.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Tells owners of something; the same thing about the same subject is told once until it is resolved.
    pub fn report(&mut self, rule: Rule, organization: Option<OrganizationId>, subject: Option<Uuid>, detail: String) {
        self.add_report(rule, organization, subject, detail, false);
    }

    /// As [`Env::report`], at once.
    pub fn report_urgently(
        &mut self,
        rule: Rule,
        organization: Option<OrganizationId>,
        subject: Option<Uuid>,
        detail: String,
    ) {
        self.add_report(rule, organization, subject, detail, true);
    }

    fn add_report(
        &mut self,
        rule: Rule,
        organization: Option<OrganizationId>,
        subject: Option<Uuid>,
        detail: String,
        urgent: bool,
    ) {
        let id = self.new_id();
        self.reports.push(ReportRow {
            id,
            connection: self.origin.connection,
            organization,
            subject,
            kind: rule.id().to_owned(),
            urgent,
            detail,
            request: self.origin.request,
            at: self.now,
        });
    }

    /// Says that no held request of the connection bars anything, as the caller has found out: then nobody looks again.
    /// Without, a run looks for itself.
    pub fn nothing_bars(&mut self) {
        self.barring = false;
    }

    /// Says which resource of a connection's directory this run changes, and at which version it is; `None` when it makes
    /// one.
    pub(crate) fn guard(&mut self, connection: &Connection, resource: Option<(Uuid, Version)>) {
        let on = connection.settings.scim.mass_change_guard;
        self.guarded = Some(Guarded { connection: connection.id, name: connection.name.clone(), on, resource });
    }

    /// Counts an ending for the mass-change guard; removal by hand is not counted (MIG-3).
    pub(crate) fn count_ending(&mut self, organization: OrganizationId, ended: Endings) {
        if !matches!(self.origin.source, Source::Scim | Source::Replay) {
            return;
        }
        match self.endings.iter_mut().find(|of| of.organization == organization) {
            Some(of) => of.endings += ended,
            None => self.endings.push(OrganizationEndings { organization, endings: ended }),
        }
    }

    /// Remembers that others may now get what they wait for in this organization.
    pub(crate) fn unsettle(&mut self, organization: OrganizationId) {
        if !self.unsettled.contains(&organization) {
            self.unsettled.push(organization);
        }
    }
}

/// A UUIDv7 above `id`: the random tail is raised by up to 2^40, and carries into the time when it is full.
///
/// The step is random (RFC 9562 §6.2, method 2) because transactions that run at once may all have read the same `id`:
/// counting up by one, they would make the same ids, and all but one would fail.
fn next_v7(id: u128, random: &[u8; 10]) -> u128 {
    const TAIL: u128 = (1 << 62) - 1;
    let step = random[5..].iter().fold(0_u128, |step, byte| (step << 8) | u128::from(*byte)) + 1;
    let tail = (id & TAIL) + step;
    if tail <= TAIL {
        return (id & !TAIL) | tail;
    }
    // Skips the variant and version bits; the tail starts anew.
    let time_and_fraction = (id >> 80 << 12) | (id >> 64 & 0xFFF);
    let next = time_and_fraction + 1;
    (next >> 12 << 80) | (0x7 << 76) | ((next & 0xFFF) << 64) | (0b10 << 62) | (tail & TAIL)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    struct Still(u8);

    impl Surroundings for Still {
        fn now(&self) -> Timestamp {
            Timestamp(1_795_000_000_123_456)
        }

        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }

        fn blinder(&self) -> Option<&Blinder> {
            None
        }
    }

    #[test]
    fn ids_of_one_run_rise_even_when_the_clock_stands() {
        for random in [0, 0xFF] {
            let mut env = Env::new(Arc::new(Still(random)), Origin::OPERATOR);
            let ids: Vec<Uuid> = (0..5).map(|_| env.new_id()).collect();
            assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
            assert!(ids.iter().all(|id| id.get_version_num() == 7), "{ids:?}");
        }
    }

    #[test]
    fn an_id_is_made_above_the_newest_whatever_the_clock_says() {
        let mut env = Env::new(Arc::new(Still(0)), Origin::OPERATOR);
        let ahead = Builder::from_unix_timestamp_millis(1_895_000_000_000, &[0xFF; 10]).into_uuid();
        let id = env.new_id_above(Some(ahead));
        assert!(id > ahead && id.get_version_num() == 7 && env.new_id() > id);
    }

    #[test]
    fn ids_made_at_once_above_the_same_newest_differ() {
        let ahead = Builder::from_unix_timestamp_millis(1_895_000_000_000, &[0x7F; 10]).into_uuid();
        let made: BTreeSet<Uuid> = (0..64)
            .map(|random| Env::new(Arc::new(Still(random)), Origin::OPERATOR).new_id_above(Some(ahead)))
            .collect();
        assert_eq!(made.len(), 64);
    }

    #[test]
    fn digits_are_digits() {
        let mut env = Env::new(Arc::new(Still(17)), Origin::OPERATOR);
        assert_eq!(env.digits(4), "7777");
    }
}
