//! Circles laid close together: each at the free place that is nearest the middle of its island and
//! its controller's side.

/// A circle to be laid.
pub(super) struct Stone {
    /// Radius.
    pub(super) r: f64,
    /// The side of the island that it belongs to.
    pub(super) anchor: (f64, f64),
}

/// How strongly the side counts against the middle; below one, so that no circle drifts away.
const SIDE: f64 = 0.45;
/// Directions that a circle is tried in around another one: twelve of a clock.
const CLOCK: [(f64, f64); 12] = [
    (1.0, 0.0),
    (0.866_025_403_784_438_6, 0.5),
    (0.5, 0.866_025_403_784_438_6),
    (0.0, 1.0),
    (-0.5, 0.866_025_403_784_438_6),
    (-0.866_025_403_784_438_6, 0.5),
    (-1.0, 0.0),
    (-0.866_025_403_784_438_6, -0.5),
    (-0.5, -0.866_025_403_784_438_6),
    (0.0, -1.0),
    (0.5, -0.866_025_403_784_438_6),
    (0.866_025_403_784_438_6, -0.5),
];

struct Laid {
    x: f64,
    y: f64,
    r: f64,
}

/// Middles of the stones, in their order, around (0, 0). `tall` is the island's height over its width.
pub(super) fn pack(stones: &[Stone], gap: f64, tall: f64) -> Vec<(f64, f64)> {
    let mut laid: Vec<Laid> = Vec::with_capacity(stones.len());
    for stone in stones {
        let (x, y) = best_place(&laid, stone, gap, tall);
        laid.push(Laid { x, y, r: stone.r });
    }
    laid.iter().map(|at| (at.x, at.y)).collect()
}

fn best_place(laid: &[Laid], stone: &Stone, gap: f64, tall: f64) -> (f64, f64) {
    if laid.is_empty() {
        return (0.0, 0.0);
    }
    let mut best: Option<(f64, (f64, f64))> = None;
    for (at, a) in laid.iter().enumerate() {
        let reach = a.r + stone.r + gap;
        let around = CLOCK
            .iter()
            .map(|(ux, uy)| (a.x + ux * reach, a.y + uy * reach));
        let between = laid
            .iter()
            .skip(at + 1)
            .flat_map(|b| touching_both(a, b, stone.r + gap));
        for place in around.chain(between) {
            let cost = cost(place, stone.anchor, tall);
            if best.is_none_or(|(least, _)| cost < least) && is_free(laid, place, stone.r + gap) {
                best = Some((cost, place));
            }
        }
    }
    // A place at the side of the outermost circle is always free.
    best.map_or((0.0, 0.0), |(_, place)| place)
}

fn cost((x, y): (f64, f64), (ax, ay): (f64, f64), tall: f64) -> f64 {
    let flat = y / tall;
    (x * x + flat * flat).sqrt() - SIDE * (x * ax + flat * ay)
}

fn is_free(laid: &[Laid], (x, y): (f64, f64), r: f64) -> bool {
    laid.iter().all(|other| {
        let (dx, dy) = (other.x - x, other.y - y);
        let least = other.r + r - 1e-6;
        dx * dx + dy * dy >= least * least
    })
}

/// The two places at which a circle touches two others.
fn touching_both(a: &Laid, b: &Laid, r: f64) -> impl Iterator<Item = (f64, f64)> {
    let (ra, rb) = (a.r + r, b.r + r);
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let far = (dx * dx + dy * dy).sqrt();
    let along = (ra * ra - rb * rb + far * far) / (2.0 * far);
    let square = ra * ra - along * along;
    let aside = if square >= 0.0 && far > 0.0 {
        Some(square.sqrt())
    } else {
        None
    };
    let (ux, uy) = (dx / far, dy / far);
    let (mx, my) = (a.x + ux * along, a.y + uy * along);
    let sides = aside.map(|aside| {
        [
            (mx - uy * aside, my + ux * aside),
            (mx + uy * aside, my - ux * aside),
        ]
    });
    sides.into_iter().flatten()
}

/// Moves the middle of the bounds to (0, 0); half width and half height.
pub(super) fn centre(places: &mut [(f64, f64)], stones: &[Stone]) -> (f64, f64) {
    let (mut left, mut right, mut top, mut bottom) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for ((x, y), stone) in places.iter().zip(stones) {
        left = left.min(x - stone.r);
        right = right.max(x + stone.r);
        top = top.min(y - stone.r);
        bottom = bottom.max(y + stone.r);
    }
    let (mx, my) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    for place in places {
        place.0 -= mx;
        place.1 -= my;
    }
    ((right - left) / 2.0, (bottom - top) / 2.0)
}
