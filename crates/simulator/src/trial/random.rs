//! Choices that are the same on every run with the same seed.

/// A small generator of pseudo-random numbers (SplitMix64). Nothing secret depends on it.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The generator of a seed and of what is to be chosen with it, so that one choice more does not move all others.
    pub(super) fn new(seed: u64, purpose: &str) -> Random {
        let mixed = purpose.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
        });
        Random(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next().checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }

    /// One of these.
    pub(super) fn one_of<'t, T>(&mut self, choices: &'t [T]) -> Option<&'t T> {
        choices.get(self.below(choices.len()))
    }

    /// True in this many of a hundred cases.
    pub(super) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_chooses_the_same() {
        let draw = |seed, purpose| {
            let mut random = Random::new(seed, purpose);
            [(); 8].map(|()| random.below(1_000))
        };
        assert_eq!(draw(7, "joins"), draw(7, "joins"));
        assert_ne!(draw(7, "joins"), draw(8, "joins"));
        assert_ne!(draw(7, "joins"), draw(7, "leaves"));
        assert_eq!(Random::new(1, "").below(0), 0);
    }
}
