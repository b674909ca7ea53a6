//! Sorting without keeping everything: the resources that come first, or first behind another.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{Direction, Place};
use crate::{EngineError, Refusal};

/// The most resources that are kept. A page that is farther down is for a cursor.
const KEPT: usize = 250_000;

/// The first resources of a sorted list.
pub(super) struct Ranking<K> {
    direction: Direction,
    /// Only resources behind this one are kept.
    after: Option<Ranked<K>>,
    /// How many of them.
    first: usize,
    /// The one that comes last in front, so that it is at hand when an earlier one comes.
    kept: BinaryHeap<Ranked<K>>,
    total: i64,
    more: bool,
}

/// A resource, compared as the list runs.
#[derive(Debug, Clone)]
pub(super) struct Ranked<K> {
    key: K,
    place: Place,
    direction: Direction,
}

impl<K: Ord> Ranking<K> {
    /// The first so many resources behind `after`, or of the whole list.
    pub(super) fn new(direction: Direction, after: Option<Ranked<K>>, first: usize) -> Self {
        Self { direction, after, first, kept: BinaryHeap::new(), total: 0, more: false }
    }

    /// Takes one more match.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooMany`] when more would have to be kept than is kept.
    pub(super) fn take(&mut self, key: K, place: Place) -> Result<(), EngineError> {
        self.total += 1;
        if self.first == 0 {
            return Ok(());
        }
        let ranked = Ranked { key, place, direction: self.direction };
        if self.after.as_ref().is_some_and(|after| ranked <= *after) {
            return Ok(());
        }
        self.kept.push(ranked);
        if self.kept.len() > self.first {
            self.kept.pop();
            self.more = true;
        } else if self.kept.len() > KEPT {
            return Err(Refusal::TooMany.into());
        }
        Ok(())
    }

    /// The resources in order, whether there are more behind them, and how many matched in all.
    pub(super) fn finish(self) -> (Vec<Ranked<K>>, bool, i64) {
        (self.kept.into_sorted_vec(), self.more, self.total)
    }
}

impl<K> Ranked<K> {
    /// Where the resource is to be found.
    pub(super) fn place(&self) -> Place {
        self.place
    }
}

/// Equal keys are in the order of kind and id in both directions.
impl<K: Ord> Ord for Ranked<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_key = match self.direction {
            Direction::Ascending => self.key.cmp(&other.key),
            Direction::Descending => other.key.cmp(&self.key),
        };
        by_key.then_with(|| self.place.cmp(&other.place))
    }
}

impl<K: Ord> PartialOrd for Ranked<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> PartialEq for Ranked<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<K: Ord> Eq for Ranked<K> {}

#[cfg(test)]
mod tests {
    use muster_store::Listed;
    use uuid::Uuid;

    use super::*;

    fn place(id: u128) -> Place {
        Place { listed: Listed::Users, id: Uuid::from_u128(id) }
    }

    fn ranked(after: Option<(u32, u128)>, first: usize, direction: Direction) -> (Vec<u128>, bool, i64) {
        let after = after.map(|(key, id)| Ranked { key, place: place(id), direction });
        let mut ranking = Ranking::new(direction, after, first);
        for (id, key) in [3, 1, 2, 1, 3, 2].into_iter().enumerate() {
            ranking.take(key, place(id as u128)).unwrap();
        }
        let (places, more, total) = ranking.finish();
        (places.iter().map(|ranked| ranked.place().id.as_u128()).collect(), more, total)
    }

    #[test]
    fn scim_2_only_what_is_asked_for_comes_out_in_order() {
        let cases = [
            (None, 2, Direction::Ascending, vec![1, 3], true),
            (None, 6, Direction::Ascending, vec![1, 3, 2, 5, 0, 4], false),
            (None, 9, Direction::Descending, vec![0, 4, 2, 5, 1, 3], false),
            (None, 0, Direction::Ascending, vec![], false),
            (Some((1, 3)), 2, Direction::Ascending, vec![2, 5], true),
            (Some((2, 2)), 9, Direction::Descending, vec![5, 1, 3], false),
            (Some((3, 4)), 9, Direction::Ascending, vec![], false),
        ];
        for (after, first, direction, found, more) in cases {
            assert_eq!(ranked(after, first, direction), (found, more, 6));
        }
    }
}
