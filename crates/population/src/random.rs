//! Counter-based randomness: every draw is a function of (seed, person, topic, turn).
//!
//! No state passes from one person or topic to another, so a block can be made alone,
//! in any order and on any thread.

use crate::number::{exp, ln, round, whole};

/// What a stream of draws is about. The numbers are part of the format: changing one
/// changes the synthetic Denmark.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic {
    Demography = 1,
    Homes = 2,
    Family = 3,
    Socio = 4,
    Frailty = 5,
    Conditions = 6,
    Diabetes = 7,
    Hospital = 8,
    Codes = 9,
    Medicine = 10,
    Laboratory = 11,
    Services = 12,
    Death = 13,
    Clinic = 14,
    Income = 15,
}

/// A stream of random draws.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    state: u64,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of splitmix64: a bijection on 64 bits that scatters neighbours.
pub(crate) fn mix(value: u64) -> u64 {
    let a = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    b ^ (b >> 31)
}

/// A permutation of the numbers below 2^`bits` (at most 60): equal inputs alone give equal
/// outputs, and neighbours do not stay neighbours.
pub(crate) fn scramble(value: u64, bits: u32) -> u64 {
    let mask = (1 << bits) - 1;
    let half = bits / 2;
    let first = value.wrapping_mul(0x9E37_79B9_7F4A_7C15) & mask;
    let second = (first ^ (first >> half)).wrapping_mul(0xD6E8_FEB8_6659_FD93) & mask;
    second ^ (second >> half)
}

impl Draws {
    /// The stream of `topic` for one person (or block) and one turn (a year, a code).
    pub(crate) fn new(seed: u64, person: u64, topic: Topic, turn: u64) -> Self {
        let topic = (topic as u64).wrapping_mul(GOLDEN);
        let key = mix(seed ^ mix(person.wrapping_add(topic)));
        Self {
            state: mix(key ^ turn.wrapping_mul(0xD1B5_4A32_D192_ED03)),
        }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform in 0..n; 0 when `n` is 0 or negative.
    pub(crate) fn below(&mut self, n: i32) -> i32 {
        whole(self.unit() * f64::from(n.max(0)))
    }

    /// Uniform in the closed range.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below(high - low + 1)
    }

    /// Exponential with the given mean.
    pub(crate) fn waiting(&mut self, mean: f64) -> f64 {
        -ln(1.0 - self.unit()) * mean
    }

    /// A number of events with mean `mean`.
    pub(crate) fn count(&mut self, mean: f64) -> i32 {
        let u = self.unit();
        if u < 1.0 - mean {
            return 0;
        }
        if mean > 12.0 {
            return round(mean + mean.sqrt() * normal_quantile(u)).max(0);
        }
        let mut probability = exp(-mean);
        let mut sum = probability;
        let mut n = 0;
        while u > sum && n < 60 {
            n += 1;
            probability *= mean / f64::from(n);
            sum += probability;
        }
        n
    }

    /// Standard normal.
    pub(crate) fn normal(&mut self) -> f64 {
        normal_quantile(self.unit())
    }

    /// The index of a cumulative table (last entry is the total) hit by one draw.
    pub(crate) fn pick(&mut self, cumulative: &[f64]) -> usize {
        let target = self.unit() * cumulative.last().copied().unwrap_or(0.0);
        cumulative
            .partition_point(|&c| c <= target)
            .min(cumulative.len().saturating_sub(1))
    }
}

/// Acklam's rational approximation of the normal quantile (error below 1.2e-9).
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_96,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_97,
        -155.698_979_859_886_66,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
    ];
    const C: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_4,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        0.007_784_695_709_041_462,
        0.322_467_129_070_039_8,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    let horner = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    if (0.024_25..=0.975_75).contains(&p) {
        let q = p - 0.5;
        let r = q * q;
        return horner(&A, r) * q / (horner(&B, r) * r + 1.0);
    }
    let (tail, sign) = if p < 0.5 { (p, 1.0) } else { (1.0 - p, -1.0) };
    let q = (-2.0 * ln(tail)).sqrt();
    sign * horner(&C, q) / (horner(&D, q) * q + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_every_part_of_the_key() {
        let first = Draws::new(1, 2, Topic::Homes, 3).bits();
        assert_eq!(first, Draws::new(1, 2, Topic::Homes, 3).bits());
        assert_ne!(first, Draws::new(2, 2, Topic::Homes, 3).bits());
        assert_ne!(first, Draws::new(1, 3, Topic::Homes, 3).bits());
        assert_ne!(first, Draws::new(1, 2, Topic::Family, 3).bits());
        assert_ne!(first, Draws::new(1, 2, Topic::Homes, 4).bits());
    }

    #[test]
    fn scrambling_is_a_permutation() {
        let outputs: std::collections::BTreeSet<u64> = (0..4096).map(|v| scramble(v, 12)).collect();
        assert_eq!(outputs.len(), 4096);
        assert!(outputs.iter().all(|v| *v < 4096));
        assert!(scramble(1, 40).abs_diff(scramble(2, 40)) > 1000);
    }

    #[test]
    fn counts_and_normals_have_their_means() {
        let mut draws = Draws::new(7, 0, Topic::Codes, 0);
        let n = 20_000;
        for mean in [0.05, 0.7, 4.0, 30.0] {
            let total: i32 = (0..n).map(|_| draws.count(mean)).sum();
            let observed = f64::from(total) / f64::from(n);
            assert!(
                (observed / mean - 1.0).abs() < 0.08,
                "{mean} gave {observed}"
            );
        }
        let values: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        let variance = values.iter().map(|v| v * v).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05);
    }
}
