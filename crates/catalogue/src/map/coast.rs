//! The lines around islands: coast and two depths of shallow water, as contours of a distance field.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Island;

/// Distances from the circles at which lines run, outermost first, at scale one.
const LEVELS: [f64; 3] = [30.0, 18.0, 8.0];
/// Size of a square of the field, at scale one.
const STEP: f64 = 6.0;
/// Where two circles are about as near, the field is rounded over this much.
const SOFTNESS: f64 = 7.0;
/// How much the noise moves a line.
const NOISE: f64 = 5.0;
/// Over which length the noise changes.
const NOISE_LENGTH: f64 = 30.0;
/// Beyond this the field is not computed.
const FAR: f64 = 60.0;

struct Field {
    columns: usize,
    rows: usize,
    step: f64,
    values: Vec<f64>,
}

/// Outlines as paths, outermost first.
pub(super) fn outlines(islands: &[Island], size: (f64, f64), scale: f64) -> [String; 3] {
    let field = Field::of(islands, size, scale);
    LEVELS.map(|level| field.contour(level * scale))
}

impl Field {
    fn of(islands: &[Island], (width, height): (f64, f64), scale: f64) -> Self {
        let step = STEP * scale;
        let (columns, rows) = (cells(width, step), cells(height, step));
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (to_f64(column) * step, to_f64(row) * step);
                let edge = row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
                // Nothing reaches the edge, so every line is closed.
                let value = if edge {
                    FAR
                } else {
                    distance(islands, x, y, scale)
                };
                values.push(value);
            }
        }
        Self {
            columns,
            rows,
            step,
            values,
        }
    }

    fn at(&self, column: usize, row: usize) -> f64 {
        let value = self.values.get(row * self.columns + column);
        value.copied().unwrap_or(FAR)
    }

    /// Where the line crosses the side of a square between two corners.
    fn crossing(&self, side: Side, level: f64) -> (f64, f64) {
        let (column, row, down) = side;
        let (here, there) = if down {
            (self.at(column, row), self.at(column, row + 1))
        } else {
            (self.at(column, row), self.at(column + 1, row))
        };
        let share = (level - here) / (there - here);
        let (x, y) = (to_f64(column), to_f64(row));
        if down {
            (x * self.step, (y + share) * self.step)
        } else {
            ((x + share) * self.step, y * self.step)
        }
    }

    fn contour(&self, level: f64) -> String {
        let mut next: BTreeMap<Side, Side> = BTreeMap::new();
        for row in 0..self.rows.saturating_sub(1) {
            for column in 0..self.columns.saturating_sub(1) {
                for (from, to) in self.pieces(column, row, level) {
                    next.insert(from, to);
                }
            }
        }
        let mut path = String::new();
        while let Some((first, mut at)) = next.pop_first() {
            let mut line = vec![self.crossing(first, level)];
            while at != first {
                line.push(self.crossing(at, level));
                match next.remove(&at) {
                    Some(further) => at = further,
                    None => break,
                }
            }
            write_line(&mut path, &line);
        }
        path
    }

    /// The pieces of the line in one square, land on the right hand.
    fn pieces(&self, column: usize, row: usize, level: f64) -> Vec<(Side, Side)> {
        let inside = |column, row| self.at(column, row) < level;
        let (top, bottom) = ((column, row, false), (column, row + 1, false));
        let (left, right) = ((column, row, true), (column + 1, row, true));
        let corners = (
            inside(column, row),
            inside(column + 1, row),
            inside(column + 1, row + 1),
            inside(column, row + 1),
        );
        match corners {
            (false, false, false, false) | (true, true, true, true) => vec![],
            (true, false, false, false) => vec![(top, left)],
            (false, true, false, false) => vec![(right, top)],
            (false, false, true, false) => vec![(bottom, right)],
            (false, false, false, true) => vec![(left, bottom)],
            (true, true, false, false) => vec![(right, left)],
            (false, true, true, false) => vec![(bottom, top)],
            (false, false, true, true) => vec![(left, right)],
            (true, false, false, true) => vec![(top, bottom)],
            (true, false, true, false) => vec![(top, left), (bottom, right)],
            (false, true, false, true) => vec![(right, top), (left, bottom)],
            (false, true, true, true) => vec![(left, top)],
            (true, false, true, true) => vec![(top, right)],
            (true, true, false, true) => vec![(right, bottom)],
            (true, true, true, false) => vec![(bottom, left)],
        }
    }
}

/// A side of a square: column and row of its first corner, and whether it runs down.
type Side = (usize, usize, bool);

fn distance(islands: &[Island], x: f64, y: f64, scale: f64) -> f64 {
    let mut nearest = FAR * scale;
    for island in islands {
        let (dx, dy) = ((x - island.x).abs(), (y - island.y).abs());
        if dx > island.half_width + FAR * scale || dy > island.half_height + FAR * scale {
            continue;
        }
        for circle in &island.circles {
            let (dx, dy) = (x - circle.x, y - circle.y);
            let far = (dx * dx + dy * dy).sqrt() - circle.r;
            nearest = soft_minimum(nearest, far, SOFTNESS * scale);
        }
    }
    nearest + NOISE * scale * (noise(x / (NOISE_LENGTH * scale), y / (NOISE_LENGTH * scale)) - 0.5)
}

fn soft_minimum(a: f64, b: f64, softness: f64) -> f64 {
    let near = (softness - (a - b).abs()).max(0.0) / softness;
    a.min(b) - near * near * softness / 4.0
}

/// Smooth noise between 0 and 1 that is the same everywhere and always.
fn noise(x: f64, y: f64) -> f64 {
    let (column, row) = (x.floor(), y.floor());
    let (fx, fy) = (ease(x - column), ease(y - row));
    let mix = |a: f64, b: f64, share: f64| a + (b - a) * share;
    let upper = mix(grain(column, row), grain(column + 1.0, row), fx);
    let lower = mix(grain(column, row + 1.0), grain(column + 1.0, row + 1.0), fx);
    mix(upper, lower, fy)
}

fn ease(share: f64) -> f64 {
    share * share * (3.0 - 2.0 * share)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "columns and rows of a sheet are small and not negative"
)]
fn grain(column: f64, row: f64) -> f64 {
    let seed = (column.max(0.0) as u32).wrapping_mul(0x9E37_79B1)
        ^ (row.max(0.0) as u32).wrapping_mul(0x85EB_CA77);
    let mixed = (seed ^ (seed >> 15)).wrapping_mul(0x2C1B_3C6D);
    f64::from((mixed ^ (mixed >> 12)) & 0xFFFF) / 65_535.0
}

/// A closed line, rounded through the middles of its pieces.
fn write_line(path: &mut String, line: &[(f64, f64)]) {
    let (Some(first), Some(last)) = (line.first(), line.last()) else {
        return;
    };
    if line.len() < 8 {
        return;
    }
    let start = tenths(middle(*last, *first));
    // INVARIANT: writing to a string cannot fail.
    let _ = write!(path, "M{} {}", Tenths(start.0), Tenths(start.1));
    let mut at = start;
    let following = line.iter().skip(1).chain([first]);
    for (point, next) in line.iter().zip(following) {
        let (corner, end) = (tenths(*point), tenths(middle(*point, *next)));
        let _ = write!(
            path,
            "q{} {} {} {}",
            Tenths(corner.0 - at.0),
            Tenths(corner.1 - at.1),
            Tenths(end.0 - at.0),
            Tenths(end.1 - at.1)
        );
        at = end;
    }
    path.push('z');
}

const fn middle(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1))
}

/// A length in tenths, written as a number.
struct Tenths(i32);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0.abs() / 10, self.0.abs() % 10);
        let sign = if self.0 < 0 { "-" } else { "" };
        match (whole, rest) {
            (whole, 0) => write!(f, "{sign}{whole}"),
            (0, rest) => write!(f, "{sign}.{rest}"),
            (whole, rest) => write!(f, "{sign}{whole}.{rest}"),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a sheet is under a thousand pixels wide"
)]
fn tenths((x, y): (f64, f64)) -> (i32, i32) {
    ((x * 10.0).round() as i32, (y * 10.0).round() as i32)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sheet has some hundred squares"
)]
fn cells(length: f64, step: f64) -> usize {
    (length / step).ceil() as usize + 1
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a sheet has some hundred squares"
)]
const fn to_f64(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::Circle;

    fn island() -> Island {
        Island {
            category: "genes".to_owned(),
            x: 60.0,
            y: 60.0,
            half_width: 10.0,
            half_height: 10.0,
            circles: vec![Circle {
                register: "ngc".to_owned(),
                x: 60.0,
                y: 60.0,
                r: 10.0,
                persons: None,
            }],
        }
    }

    #[test]
    fn an_island_has_one_closed_line_per_level() {
        for outline in outlines(&[island()], (120.0, 120.0), 1.0) {
            assert_eq!(outline.matches('M').count(), 1, "{outline}");
            assert_eq!(outline.matches('z').count(), 1);
        }
    }

    #[test]
    fn lengths_are_written_short() {
        let written = [0, 5, -5, 10, -23].map(|n| Tenths(n).to_string());
        assert_eq!(written, ["0", ".5", "-.5", "1", "-2.3"]);
    }
}
