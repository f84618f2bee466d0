//! Sorted positions as Golomb-coded gaps: within one per cent of what information theory allows where they are
//! scattered at random, as status indexes must be.
use crate::cbor::Error;

/// Gaps of positions, coded with one divisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gaps {
    pub(super) count: u64,
    pub(super) divisor: u64,
    pub(super) bits: Vec<u8>,
}

/// Codes ascending positions below `entries`.
pub(super) fn encode(positions: &[u64], entries: u64) -> Gaps {
    let count = positions.len() as u64;
    // ln 2 times the mean gap is the best divisor for gaps that fall off geometrically.
    let divisor = if count == 0 { 1 } else { (entries.saturating_mul(693) / (count * 1000)).max(1) };
    let code = Code::new(divisor);
    let mut out = Writer::default();
    let mut next = 0;
    for position in positions {
        code.write(position - next, &mut out);
        next = position + 1;
    }
    Gaps { count, divisor, bits: out.finish() }
}

/// Decodes, and calls `each` with every position in ascending order. All positions are below `entries`, the bits are used
/// up, and nothing is set in the padding.
pub(super) fn decode(
    gaps: &Gaps,
    entries: u64,
    mut each: impl FnMut(u64) -> Result<(), Error>,
) -> Result<(), Error> {
    if gaps.divisor == 0 || gaps.divisor > entries.max(1) || gaps.count > entries {
        return Err(Error::OutOfRange);
    }
    let code = Code::new(gaps.divisor);
    let mut reader = Reader { bytes: &gaps.bits, held: 0, left: 0 };
    let mut next = 0_u64;
    for _ in 0..gaps.count {
        let position = next + code.read(&mut reader, entries - next)?;
        if position >= entries {
            return Err(Error::OutOfRange);
        }
        each(position)?;
        next = position + 1;
    }
    reader.at_end()
}

/// Quotient in unary, remainder in truncated binary.
struct Code {
    divisor: u64,
    width: u32,
    /// Remainders below this take one bit less.
    short: u64,
}

impl Code {
    const fn new(divisor: u64) -> Self {
        let width = u64::BITS - (divisor - 1).leading_zeros();
        Self { divisor, width, short: (1 << width) - divisor }
    }

    fn write(&self, gap: u64, out: &mut Writer) {
        for _ in 0..gap / self.divisor {
            out.push(1, 1);
        }
        out.push(0, 1);
        let rest = gap % self.divisor;
        if rest < self.short {
            out.push(rest, self.width.saturating_sub(1));
        } else {
            out.push(rest + self.short, self.width);
        }
    }

    fn read(&self, reader: &mut Reader<'_>, most: u64) -> Result<u64, Error> {
        let quotient = reader.ones(most / self.divisor)?;
        let mut rest = reader.bits(self.width.saturating_sub(1))?;
        if rest >= self.short && self.width > 0 {
            rest = (rest << 1 | reader.bits(1)?) - self.short;
        }
        Ok(quotient * self.divisor + rest)
    }
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl Writer {
    /// Appends the lowest `width` bits, at most 32.
    fn push(&mut self, value: u64, width: u32) {
        self.held = self.held << width | value;
        self.count += width;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.held >> self.count & 0xff) as u8);
        }
        self.held &= (1 << self.count) - 1;
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push((self.held << (8 - self.count) & 0xff) as u8);
        }
        self.bytes
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    /// The next `left` bits, from the highest bit down.
    held: u64,
    left: u32,
}

impl Reader<'_> {
    fn fill(&mut self) {
        while self.left <= 56 {
            let Some((first, rest)) = self.bytes.split_first() else { return };
            self.held |= u64::from(*first) << (56 - self.left);
            self.left += 8;
            self.bytes = rest;
        }
    }

    /// The number of ones before the next zero, which is read too.
    fn ones(&mut self, most: u64) -> Result<u64, Error> {
        let mut found = 0;
        loop {
            self.fill();
            let run = self.held.leading_ones().min(self.left);
            found += u64::from(run);
            if found > most {
                return Err(Error::OutOfRange);
            }
            if run < self.left {
                self.drop(run + 1);
                return Ok(found);
            }
            if self.left == 0 {
                return Err(Error::Truncated);
            }
            self.drop(run);
        }
    }

    /// The next bits, at most 32.
    fn bits(&mut self, width: u32) -> Result<u64, Error> {
        if width == 0 {
            return Ok(0);
        }
        self.fill();
        if self.left < width {
            return Err(Error::Truncated);
        }
        let value = self.held >> (64 - width);
        self.drop(width);
        Ok(value)
    }

    const fn drop(&mut self, width: u32) {
        self.held = if width >= 64 { 0 } else { self.held << width };
        self.left -= width;
    }

    fn at_end(mut self) -> Result<(), Error> {
        self.fill();
        if self.left >= 8 || self.held != 0 { Err(Error::TrailingBytes) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(entries: u64, one_in: u64, seed: u64) -> Vec<u64> {
        let mut state = seed;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        (0..entries).filter(|_| random() % one_in == 0).collect()
    }

    fn decoded(gaps: &Gaps, entries: u64) -> Result<Vec<u64>, Error> {
        let mut found = Vec::new();
        decode(gaps, entries, |position| {
            found.push(position);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn gives_back_the_positions_at_every_density() {
        for (entries, one_in) in [(10_000, 1), (10_000, 2), (10_000, 3), (100_000, 20), (1_000_000, 1000)] {
            let positions = positions(entries, one_in, one_in);
            let gaps = encode(&positions, entries);
            assert_eq!(decoded(&gaps, entries).unwrap(), positions, "{one_in}");
        }
        for few in [&[][..], &[0], &[99], &[0, 99]] {
            assert_eq!(decoded(&encode(few, 100), 100).unwrap(), few);
        }
    }

    #[test]
    #[allow(clippy::cast_precision_loss, reason = "a ratio to within a thousandth")]
    fn stays_within_two_per_cent_of_the_limit() {
        let entries = 1 << 20;
        for one_in in [1000, 100, 20] {
            let gaps = encode(&positions(entries, one_in, 1), entries);
            let p = gaps.count as f64 / entries as f64;
            let limit = entries as f64 * -(p * p.log2() + (1.0 - p) * (1.0 - p).log2()) / 8.0;
            assert!((gaps.bits.len() as f64) < 1.02 * limit, "one in {one_in}: {} {limit}", gaps.bits.len());
        }
    }

    #[test]
    fn refuses_what_is_cut_lengthened_or_out_of_range() {
        let entries = 5000;
        let good = encode(&positions(entries, 50, 7), entries);
        for at in 0..good.bits.len() {
            let cut = Gaps { bits: good.bits[..at].to_vec(), ..good.clone() };
            assert!(decoded(&cut, entries).is_err(), "{at}");
        }
        let longer = Gaps { bits: [&good.bits[..], &[0]].concat(), ..good.clone() };
        assert_eq!(decoded(&longer, entries), Err(Error::TrailingBytes));
        let more = Gaps { count: entries + 1, ..good.clone() };
        assert_eq!(decoded(&more, entries), Err(Error::OutOfRange));
        let by_nothing = Gaps { divisor: 0, ..good.clone() };
        assert_eq!(decoded(&by_nothing, entries), Err(Error::OutOfRange));
        let endless = Gaps { count: 1, divisor: 1, bits: vec![0xff; 1000] };
        assert_eq!(decoded(&endless, 100), Err(Error::OutOfRange));
        let last = good.count - 1;
        let fewer = Gaps { count: last, ..good };
        assert!(decoded(&fewer, entries).is_err());
    }
}
