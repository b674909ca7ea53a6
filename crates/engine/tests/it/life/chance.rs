//! Chance that is the same for every run of a seed.

/// SplitMix64.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % n.max(1)
    }

    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let n = self.below(all.len());
        all.get(n).cloned()
    }

    /// Some of them, fewer than `n`.
    pub(super) fn some_of<T: Clone + Ord>(&mut self, all: &[T], n: usize) -> Vec<T> {
        let mut some: Vec<_> = (0..self.below(n)).filter_map(|_| self.one_of(all)).collect();
        some.sort_unstable();
        some.dedup();
        some
    }
}
