//! How a value is resolved from what each source says (PRE-1, PRE-5): one pure function.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, Layers, Source, Statement};

/// Who wins when a connection's `sso` and `scim` disagree (PRE-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Just-in-Time wins: the default.
    #[default]
    Sso,
    /// SCIM wins.
    Scim,
    /// Whoever changed its value last.
    Last,
}

/// What decides about the statements of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker {
    /// Who wins.
    pub policy: Policy,
    /// With JIT off, `sso` does not count.
    pub jit: bool,
    /// A switched-off SCIM counts only where nothing else speaks.
    pub scim: bool,
}

/// The statement that holds, or `None` when the default does.
///
/// Order (PRE-5): locked by hand; a manual change; `sso` and `scim` by policy, the most recent of
/// several connections; invitation; auto-provision. `speaker` tells the settings of a connection;
/// one that no longer exists has no say.
#[must_use]
pub fn effective<V: PartialEq>(
    layers: &Layers<V>,
    mut speaker: impl FnMut(ConnectionId) -> Option<Speaker>,
) -> Option<&Statement<V>> {
    if let Some(manual) = layers.get(Source::Manual, None) {
        return Some(manual);
    }
    let mut best: Option<&Statement<V>> = None;
    let mut fallback: Option<&Statement<V>> = None;
    let mut seen: Vec<ConnectionId> = Vec::new();
    for connection in layers.iter().filter_map(|said| said.connection) {
        if seen.contains(&connection) {
            continue;
        }
        seen.push(connection);
        let Some(speaker) = speaker(connection) else { continue };
        let sso = layers.get(Source::Sso, Some(connection)).filter(|_| speaker.jit);
        let scim = layers.get(Source::Scim, Some(connection));
        if !speaker.scim {
            fallback = later(fallback, scim);
        }
        let winner = match (sso, scim.filter(|_| speaker.scim)) {
            (Some(sso), Some(scim)) => Some(match speaker.policy {
                Policy::Sso => sso,
                Policy::Scim => scim,
                Policy::Last if scim.at > sso.at => scim,
                Policy::Last => sso,
            }),
            (sso, scim) => sso.or(scim),
        };
        best = later(best, winner);
    }
    best.or_else(|| layers.get(Source::Invitation, None))
        .or_else(|| layers.get(Source::AutoProvision, None))
        .or(fallback)
}

fn later<'l, V>(one: Option<&'l Statement<V>>, other: Option<&'l Statement<V>>) -> Option<&'l Statement<V>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.at > one.at { other } else { one }),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Actor, Rule, Timestamp};

    const OKTA: ConnectionId = ConnectionId(Uuid::from_u128(1));
    const ENTRA: ConnectionId = ConnectionId(Uuid::from_u128(2));

    fn said(source: Source, connection: Option<ConnectionId>, value: &'static str, at: i64) -> Statement<&'static str> {
        let (rule, actor) = (Rule::Pre5, Actor::System);
        Statement { source, connection, value, rule, actor, request: None, at: Timestamp(at), locked: false }
    }

    fn speaker(policy: Policy, jit: bool, scim: bool) -> impl FnMut(ConnectionId) -> Option<Speaker> {
        move |_| Some(Speaker { policy, jit, scim })
    }

    #[test]
    fn pre_1_policies_choose_between_sso_and_scim() {
        use Source::{Scim, Sso};
        let both = |sso_at, scim_at| -> Layers<_> {
            [said(Sso, Some(OKTA), "sso", sso_at), said(Scim, Some(OKTA), "scim", scim_at)].into_iter().collect()
        };
        for (policy, sso_at, scim_at, expected) in [
            (Policy::Sso, 1, 2, "sso"),
            (Policy::Scim, 2, 1, "scim"),
            (Policy::Last, 1, 2, "scim"),
            (Policy::Last, 2, 1, "sso"),
        ] {
            let layers = both(sso_at, scim_at);
            assert_eq!(effective(&layers, speaker(policy, true, true)).unwrap().value, expected, "{policy:?}");
            assert!(layers.in_conflict());
        }
        assert_eq!(effective(&both(1, 2), speaker(Policy::Sso, false, true)).unwrap().value, "scim", "JIT off");
        assert_eq!(effective(&both(1, 2), speaker(Policy::Scim, true, false)).unwrap().value, "sso", "SCIM off");
        assert_eq!(effective(&both(1, 2), speaker(Policy::Sso, false, false)).unwrap().value, "scim", "nothing else");
        assert!(effective(&both(1, 2), |_| None).is_none(), "a deleted connection has no say");
    }

    #[test]
    fn pre_5_the_order_of_sources() {
        let mut layers = Layers::new();
        let mut expect = |said: Statement<&'static str>, winner: &str| {
            layers.say(said);
            assert_eq!(effective(&layers, speaker(Policy::Sso, true, true)).unwrap().value, winner);
        };
        expect(said(Source::AutoProvision, None, "auto", 9), "auto");
        expect(said(Source::Invitation, None, "invited", 1), "invited");
        expect(said(Source::Scim, Some(OKTA), "scim", 2), "scim");
        expect(said(Source::Sso, Some(OKTA), "sso", 3), "sso");
        expect(said(Source::Scim, Some(ENTRA), "other", 4), "other");
        expect(said(Source::Manual, None, "hand", 5), "hand");
        expect(said(Source::Sso, Some(OKTA), "sso again", 6), "hand");
        expect(said(Source::Scim, Some(ENTRA), "other", 7), "hand");
    }

    #[test]
    fn pre_5_a_manual_change_ends_when_scim_says_something_else() {
        let mut layers: Layers<_> =
            [said(Source::Scim, Some(OKTA), "old", 1), said(Source::Manual, None, "hand", 2)].into_iter().collect();
        assert!(!layers.say(said(Source::Scim, Some(OKTA), "old", 3)), "repeating is no change");
        assert!(layers.say(said(Source::Scim, Some(OKTA), "new", 4)));
        assert_eq!(effective(&layers, speaker(Policy::Sso, true, true)).unwrap().value, "new");

        let lock = Statement { locked: true, ..said(Source::Manual, None, "locked", 5) };
        layers.say(lock);
        layers.say(said(Source::Scim, Some(OKTA), "newer", 6));
        assert_eq!(effective(&layers, speaker(Policy::Sso, true, true)).unwrap().value, "locked");
    }
}
