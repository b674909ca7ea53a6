//! A small generator of pseudo-random numbers: choosing a user must cost less than asking for it.

/// SplitMix64; every seed gives a full-period sequence.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A sequence that depends on `seed` alone.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A sequence that no other run repeats.
    pub(crate) fn from_system() -> Random {
        let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
        Random(high ^ low)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if `limit` is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // Multiplying keeps the high bits; the bias is far below what a benchmark could see.
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_the_limit_and_reach_all_of_it() {
        let mut random = Random::new(7);
        let mut seen = [false; 10];
        for _ in 0..1_000 {
            seen[random.below(10)] = true;
        }
        assert_eq!(seen, [true; 10]);
        assert_eq!(random.below(0), 0);
    }
}
