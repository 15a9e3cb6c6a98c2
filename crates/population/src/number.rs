//! Casts and elementary functions with one meaning on every machine.
//!
//! The exponential and the logarithm are computed here from additions and
//! multiplications only, because the ones of the platform may differ in the last
//! bit and a delivery must have the same bytes everywhere.

/// The element at `index`, or the default beyond the end.
pub(crate) fn at<T: Copy + Default>(values: &[T], index: usize) -> T {
    values.get(index).copied().unwrap_or_default()
}

/// The whole part of a float of moderate size.
#[expect(
    clippy::cast_possible_truncation,
    reason = "callers pass values far inside i32"
)]
pub(crate) fn whole(value: f64) -> i32 {
    value as i32
}

/// The nearest whole number.
pub(crate) fn round(value: f64) -> i32 {
    whole(if value < 0.0 {
        value - 0.5
    } else {
        value + 0.5
    })
}

/// `value` with `decimals` digits after the point.
pub(crate) fn round_to(value: f64, decimals: u8) -> f64 {
    let scale = match decimals {
        0 => 1.0,
        1 => 10.0,
        _ => 100.0,
    };
    f64::from(round(value * scale)) / scale
}

/// An index or a count as a 32-bit number; block-local counts are far below the limit.
#[expect(
    clippy::cast_possible_truncation,
    reason = "counts of one block are below 2^31"
)]
pub(crate) fn small(value: usize) -> i32 {
    value as i32
}

/// A non-negative number as an index; a negative one becomes 0.
pub(crate) fn index(value: i32) -> usize {
    usize::try_from(value).unwrap_or(0)
}

/// e to the power of `x`.
pub(crate) fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let x = x.min(700.0);
    let halvings = round(x / std::f64::consts::LN_2);
    let rest = x - f64::from(halvings) * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..14 {
        term *= rest / f64::from(n);
        sum += term;
    }
    let mut power = 1.0;
    let base = if halvings < 0 { 0.5 } else { 2.0 };
    for _ in 0..halvings.abs() {
        power *= base;
    }
    sum * power
}

/// The natural logarithm of a positive number.
pub(crate) fn ln(x: f64) -> f64 {
    let mut mantissa = x.max(1e-300);
    let mut twos = 0;
    while mantissa > 1.5 {
        mantissa *= 0.5;
        twos += 1;
    }
    while mantissa < 0.75 {
        mantissa *= 2.0;
        twos -= 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let mut power = t;
    let mut sum = 0.0;
    for n in 0..14 {
        sum += power / f64::from(2 * n + 1);
        power *= square;
    }
    2.0 * sum + f64::from(twos) * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_logarithm_agree_with_the_platform() {
        for i in -200..200 {
            let x = f64::from(i) * 0.037;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "exp {x}");
            let y = f64::from(i + 201) * 0.11;
            assert!((ln(y) - y.ln()).abs() < 1e-12, "ln {y}");
        }
    }

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(round(2.5), 3);
        assert_eq!(round(-2.5), -3);
        assert!((round_to(6.349, 1) - 6.3).abs() < 1e-9);
    }
}
