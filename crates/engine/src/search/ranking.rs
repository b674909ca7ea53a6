//! Sorting without keeping everything: the places that may still come into the page.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{Direction, Page, Place, Start};
use crate::{EngineError, Refusal};

/// The most places that are kept. A page that is farther down is for a cursor, which keeps no more than a page.
const KEPT: usize = 250_000;

/// The first places of a sorted list, up to the end of the page.
pub(super) struct Ranking<K> {
    direction: Direction,
    /// Only places behind this one count.
    after: Option<Place<K>>,
    /// Places before the page, which must be counted.
    skip: usize,
    count: usize,
    /// The greatest place first, so that it is at hand when a lesser one comes.
    kept: BinaryHeap<Ranked<K>>,
    total: i64,
    more: bool,
}

/// A place, compared as the list runs.
struct Ranked<K> {
    place: Place<K>,
    direction: Direction,
}

impl<K: Ord + Clone> Ranking<K> {
    pub(super) fn new(page: &Page<K>, direction: Direction) -> Self {
        let (after, skip) = match &page.start {
            Start::At(start) => (None, usize::try_from(start - 1).unwrap_or(0)),
            Start::After { place, .. } => (Some(place.clone()), 0),
        };
        Self { direction, after, skip, count: page.count, kept: BinaryHeap::new(), total: 0, more: false }
    }

    /// Takes the place of one more match.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooMany`] when more would have to be kept than is kept.
    pub(super) fn take(&mut self, place: Place<K>) -> Result<(), EngineError> {
        self.total += 1;
        if self.count == 0 {
            return Ok(());
        }
        if self.after.as_ref().is_some_and(|after| compare(&place, after, self.direction).is_le()) {
            return Ok(());
        }
        self.kept.push(Ranked { place, direction: self.direction });
        if self.kept.len() > self.skip.saturating_add(self.count) {
            self.kept.pop();
            self.more = true;
        } else if self.kept.len() > KEPT {
            return Err(Refusal::TooMany.into());
        }
        Ok(())
    }

    /// The places of the page in order, whether there are more behind them, and how many there are in all.
    pub(super) fn finish(self) -> (Vec<Place<K>>, bool, i64) {
        let sorted = self.kept.into_sorted_vec();
        let places = sorted.into_iter().skip(self.skip).map(|ranked| ranked.place).collect();
        (places, self.more, self.total)
    }
}

/// Equal keys are in the order of kind and id in both directions.
fn compare<K: Ord>(left: &Place<K>, right: &Place<K>, direction: Direction) -> Ordering {
    let by_key = match direction {
        Direction::Ascending => left.key.cmp(&right.key),
        Direction::Descending => right.key.cmp(&left.key),
    };
    by_key.then_with(|| left.listed.cmp(&right.listed)).then_with(|| left.id.cmp(&right.id))
}

impl<K: Ord> Ord for Ranked<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.place, &other.place, self.direction)
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

    fn place(key: u32, id: u128) -> Place<u32> {
        Place { key: Some(key), listed: Listed::Users, id: Uuid::from_u128(id) }
    }

    fn ranked(start: Start<u32>, count: usize, direction: Direction) -> (Vec<u128>, bool, i64) {
        let mut ranking = Ranking::new(&Page { start, count, bytes: 0 }, direction);
        for (id, key) in [3, 1, 2, 1, 3, 2].into_iter().enumerate() {
            ranking.take(place(key, id as u128)).unwrap();
        }
        let (places, more, total) = ranking.finish();
        (places.iter().map(|place| place.id.as_u128()).collect(), more, total)
    }

    #[test]
    fn scim_2_only_the_places_of_the_page_come_out_in_order() {
        let after = |key, id| Start::After { place: place(key, id), total: None };
        let cases = [
            (Start::At(1), 2, Direction::Ascending, vec![1, 3], true),
            (Start::At(3), 4, Direction::Ascending, vec![2, 5, 0, 4], false),
            (Start::At(5), 9, Direction::Descending, vec![1, 3], false),
            (Start::At(9), 9, Direction::Descending, vec![], false),
            (Start::At(1), 0, Direction::Ascending, vec![], false),
            (after(1, 3), 2, Direction::Ascending, vec![2, 5], true),
            (after(2, 2), 9, Direction::Descending, vec![5, 1, 3], false),
            // The resource is gone, or is sorted elsewhere now: its place still divides the list.
            (after(2, 3), 9, Direction::Ascending, vec![5, 0, 4], false),
        ];
        for (start, count, direction, found, more) in cases {
            assert_eq!(ranked(start, count, direction), (found, more, 6));
        }
    }
}
