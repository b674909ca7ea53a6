//! Value layers: what each source says about one value, side by side (PRE-1, PRE-2).

use serde::{Deserialize, Serialize};

use crate::{Actor, ConnectionId, RequestId, Rule, Source, Timestamp};

/// One source's word on a value. Kept for as long as the value is, whatever retention removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement<V> {
    /// Who says so.
    #[serde(rename = "s")]
    pub source: Source,
    /// Through which connection, for `sso` and `scim`.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// What is said, before any cap or policy.
    #[serde(rename = "v")]
    pub value: V,
    /// The rule that let this statement in.
    #[serde(rename = "r")]
    pub rule: Rule,
    /// Who acted.
    #[serde(rename = "a")]
    pub actor: Actor,
    /// In which request, whose trace has the details.
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// When this value was first said; saying the same again does not move it, so that the last
    /// *writer* is never mistaken for the last *repeater*.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// An owner's lock: no other source counts (PRE-5).
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
}

/// All statements about one value; at most one for each pair of source and connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Layers<V>(Vec<Statement<V>>);

impl<V> Default for Layers<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: PartialEq> Layers<V> {
    /// Nobody has said anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The statement of one source, if it made one.
    #[must_use]
    pub fn get(&self, source: Source, connection: Option<ConnectionId>) -> Option<&Statement<V>> {
        self.0.iter().find(|said| said.source == source && said.connection == connection)
    }

    /// Every statement, in the order in which their sources first spoke.
    pub fn iter(&self) -> impl Iterator<Item = &Statement<V>> {
        self.0.iter()
    }

    /// Whether nobody says anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records a statement. Answers whether that changed anything: the same value again does not.
    ///
    /// A new `scim` value ends an unlocked manual change (PRE-5): the owner had overruled what SCIM
    /// said then, not what it says now. `sso` never ends one.
    ///
    /// The same value for another reason keeps its time and ends nothing, but stands by its new rule from now on.
    pub fn say(&mut self, said: Statement<V>) -> bool {
        let position = self.0.iter().position(|old| old.source == said.source && old.connection == said.connection);
        if let Some(old) = position.map(|i| &mut self.0[i])
            && old.value == said.value
            && old.locked == said.locked
        {
            let changed = old.rule != said.rule;
            if changed {
                *old = Statement { at: old.at, ..said };
            }
            return changed;
        }
        let ends_manual = said.source == Source::Scim;
        match position {
            Some(i) => self.0[i] = said,
            None => self.0.push(said),
        }
        if ends_manual {
            self.0.retain(|other| other.source != Source::Manual || other.locked);
        }
        true
    }

    /// Takes a source's statement back. Answers whether there was one.
    pub fn withdraw(&mut self, source: Source, connection: Option<ConnectionId>) -> bool {
        let before = self.0.len();
        self.0.retain(|said| said.source != source || said.connection != connection);
        self.0.len() != before
    }

    /// Lets one connection's statement be another's from now on, unless that has made one itself. Answers whether there was
    /// one. The `rule` marks it as inherited.
    pub fn hand_over(&mut self, source: Source, from: ConnectionId, to: ConnectionId, rule: Rule) -> bool {
        if self.get(source, Some(to)).is_some() {
            return self.withdraw(source, Some(from));
        }
        match self.0.iter_mut().find(|said| said.source == source && said.connection == Some(from)) {
            Some(said) => {
                said.connection = Some(to);
                said.rule = rule;
                true
            }
            None => false,
        }
    }

    /// Whether two of the sources that count say different things (PRE-3).
    #[must_use]
    pub fn in_conflict(&self) -> bool {
        let mut said = self.0.iter().filter(|said| matches!(said.source, Source::Sso | Source::Scim));
        let first = said.next();
        said.any(|other| first.is_some_and(|first| first.value != other.value))
    }
}

impl<V> FromIterator<Statement<V>> for Layers<V> {
    fn from_iter<I: IntoIterator<Item = Statement<V>>>(statements: I) -> Self {
        Self(statements.into_iter().collect())
    }
}
