//! Numbers for tests that try places at random.

/// Numbers of a seed that is printed, so that a run can be had again: xorshift (Marsaglia 2003).
pub struct Numbers(u64);

impl Numbers {
    pub fn new() -> Self {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        let seed = std::env::var("SEN_SEED").ok().map(|text| text.parse().unwrap());
        let seed: u64 = seed.unwrap_or(since.subsec_nanos().into());
        println!("SEN_SEED={seed}");
        Self(seed | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end
    }
}
