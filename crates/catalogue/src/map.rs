//! The data map: every register placed by category and controller, sized by persons. The same
//! catalogue and the same numbers give the same map to the byte; nothing is placed in a browser.
//!
//! Only `+`, `-`, `*`, `/` and square roots are used, which every machine computes alike.

mod coast;
mod pack;

use std::collections::BTreeMap;

use crate::Catalogue;
use crate::category::Category;
use crate::register::Register;
use pack::Stone;

/// Rounds in which islands that lie too close push each other away.
const PUSHES: usize = 240;
/// Water between two islands, at scale one: their coasts, and a name between them.
const STRAIT: f64 = 40.0;
/// Water between an island and the edge.
const MARGIN: f64 = 24.0;
/// Radius of a circle whose number is not stated, at scale one.
const UNSTATED_RADIUS: f64 = 8.4;
/// Smallest and largest radius of a circle whose number is stated, at scale one.
const RADII: (f64, f64) = (6.5, 22.0);
/// Directions from the middle of an island that controllers lie in, in the order of their names.
const ANCHORS: [(f64, f64); 6] = [
    (0.0, -1.0),
    (0.866, 0.5),
    (-0.866, 0.5),
    (0.866, -0.5),
    (-0.866, -0.5),
    (0.0, 1.0),
];

/// A size of paper that the map is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// For windows of 700 px and more.
    Wide,
    /// For phones.
    Phone,
}

impl Sheet {
    /// Width and height.
    #[must_use]
    pub const fn size(self) -> (f64, f64) {
        match self {
            Self::Wide => (790.0, 664.0),
            Self::Phone => (350.0, 516.0),
        }
    }

    const fn scale(self) -> f64 {
        match self {
            Self::Wide => 1.06,
            Self::Phone => 0.62,
        }
    }

    fn place(self, category: &Category) -> (f64, f64) {
        let (width, height) = self.size();
        // A new category gets water to stand in: the islands that are there make room.
        let middle = [width / 2.0, height / 2.0];
        let [x, y] = category.place.map_or(middle, |place| match self {
            Self::Wide => place.wide,
            Self::Phone => place.phone,
        });
        (x, y)
    }
}

/// A register on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Circle {
    /// Register.
    pub register: String,
    /// Middle.
    pub x: f64,
    /// Middle.
    pub y: f64,
    /// Radius.
    pub r: f64,
    /// Persons, where they are stated.
    pub persons: Option<u64>,
}

/// A category on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Island {
    /// Category.
    pub category: String,
    /// Middle.
    pub x: f64,
    /// Middle.
    pub y: f64,
    /// Half the width of what lies on it.
    pub half_width: f64,
    /// Half the height of what lies on it.
    pub half_height: f64,
    /// Registers, the largest first.
    pub circles: Vec<Circle>,
}

/// The whole map on one sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct DataMap {
    /// Width of the sheet.
    pub width: f64,
    /// Height of the sheet.
    pub height: f64,
    /// Islands, in the order of the categories.
    pub islands: Vec<Island>,
    /// Outlines as paths: deep shallows, shallows, coast.
    pub outlines: [String; 3],
}

impl DataMap {
    /// Lays out every register of a catalogue. `persons` says how many stand in a register where
    /// its description does not.
    #[must_use]
    pub fn lay_out(catalogue: &Catalogue, persons: &BTreeMap<String, u64>, sheet: Sheet) -> Self {
        let (width, height) = sheet.size();
        let sizes = Sizes::new(catalogue, persons, sheet.scale());
        let mut islands: Vec<Island> = catalogue
            .categories()
            .iter()
            .map(|category| lay_out_island(catalogue, category, &sizes, sheet))
            .filter(|island| !island.circles.is_empty())
            .collect();
        push_apart(&mut islands, (width, height), sheet.scale());
        for island in &mut islands {
            for circle in &mut island.circles {
                circle.x += island.x;
                circle.y += island.y;
            }
        }
        let outlines = coast::outlines(&islands, (width, height), sheet.scale());
        Self {
            width,
            height,
            islands,
            outlines,
        }
    }

    /// The circle of a register.
    pub fn circle(&self, register: &str) -> Option<&Circle> {
        let mut circles = self.islands.iter().flat_map(|island| &island.circles);
        circles.find(|circle| circle.register == register)
    }

    /// The island of a category.
    pub fn island(&self, category: &str) -> Option<&Island> {
        let mut islands = self.islands.iter();
        islands.find(|island| island.category == category)
    }
}

/// How large circles are.
struct Sizes<'a> {
    persons: &'a BTreeMap<String, u64>,
    largest: u64,
    scale: f64,
}

impl<'a> Sizes<'a> {
    fn new(catalogue: &Catalogue, persons: &'a BTreeMap<String, u64>, scale: f64) -> Self {
        let described = catalogue
            .registers()
            .filter_map(|register| register.persons);
        let known = described.chain(persons.values().copied());
        Self {
            persons,
            largest: known.fold(1, u64::max),
            scale,
        }
    }

    fn persons(&self, register: &Register) -> Option<u64> {
        let counted = || self.persons.get(&register.id).copied();
        register.persons.or_else(counted)
    }

    fn radius(&self, register: &Register) -> f64 {
        let Some(persons) = self.persons(register) else {
            return UNSTATED_RADIUS * self.scale;
        };
        #[expect(clippy::cast_precision_loss, reason = "a radius is a few pixels")]
        let share = (persons as f64 / self.largest as f64).sqrt();
        let (least, most) = RADII;
        (least + (most - least) * share) * self.scale
    }
}

/// An island with its circles around its middle, and the middle where the category wants it.
fn lay_out_island(
    catalogue: &Catalogue,
    category: &Category,
    sizes: &Sizes<'_>,
    sheet: Sheet,
) -> Island {
    let on_it = |register: &&Register| register.category == category.id;
    let mut registers: Vec<&Register> = catalogue.registers().filter(on_it).collect();
    registers.sort_by(|a, b| {
        let larger = sizes.radius(b).total_cmp(&sizes.radius(a));
        larger
            .then_with(|| a.controller.cmp(&b.controller))
            .then_with(|| a.id.cmp(&b.id))
    });
    let mut controllers: Vec<_> = registers.iter().map(|r| &r.controller).collect();
    controllers.sort();
    controllers.dedup();
    let stones: Vec<Stone> = registers
        .iter()
        .map(|register| {
            let at = controllers.iter().position(|c| **c == register.controller);
            let anchors = ANCHORS.iter().copied().cycle();
            let anchor = anchors.into_iter().nth(at.unwrap_or(0)).unwrap_or_default();
            Stone {
                r: sizes.radius(register),
                // One controller alone lies around the middle.
                anchor: if controllers.len() > 1 {
                    anchor
                } else {
                    (0.0, 0.0)
                },
            }
        })
        .collect();
    let mut places = pack::pack(&stones, 2.4 * sizes.scale, category.tall.unwrap_or(1.0));
    let (half_width, half_height) = pack::centre(&mut places, &stones);
    let (x, y) = sheet.place(category);
    let circles = registers.iter().zip(&stones).zip(&places);
    Island {
        category: category.id.clone(),
        x,
        y,
        half_width,
        half_height,
        circles: circles
            .map(|((register, stone), (x, y))| Circle {
                register: register.id.clone(),
                x: *x,
                y: *y,
                r: stone.r,
                persons: sizes.persons(register),
            })
            .collect(),
    }
}

/// Moves islands that lie too close away from each other, and onto the sheet.
fn push_apart(islands: &mut [Island], (width, height): (f64, f64), scale: f64) {
    for _ in 0..PUSHES {
        let places: Vec<(f64, f64)> = islands.iter().map(|i| (i.x, i.y)).collect();
        let reaches: Vec<(f64, f64)> = islands
            .iter()
            .map(|i| (i.half_width, i.half_height))
            .collect();
        for (at, island) in islands.iter_mut().enumerate() {
            for (other, place) in places.iter().enumerate().filter(|(other, _)| *other != at) {
                let Some((own, their)) = reaches.get(at).zip(reaches.get(other)) else {
                    continue;
                };
                let (dx, dy) = (island.x - place.0, island.y - place.1);
                let far = (dx * dx + dy * dy).sqrt();
                // Two on one spot part along the first axis, each to its own side.
                let (ux, uy) = if far < 0.5 {
                    (if at < other { -1.0 } else { 1.0 }, 0.0)
                } else {
                    (dx / far, dy / far)
                };
                let wanted = reach(*own, ux, uy) + reach(*their, ux, uy) + STRAIT * scale;
                let missing = wanted - far;
                if missing > 0.0 {
                    island.x += ux * missing * 0.3;
                    island.y += uy * missing * 0.3;
                }
            }
            let (mx, my) = (
                island.half_width + MARGIN * scale,
                island.half_height + MARGIN * scale,
            );
            // Above an island stands its name.
            island.x = island.x.min(width - mx).max(mx);
            island.y = island.y.min(height - my).max(my + 14.0);
        }
    }
}

/// How far an ellipse reaches in a direction.
fn reach((half_width, half_height): (f64, f64), ux: f64, uy: f64) -> f64 {
    let (a, b) = (half_height * ux, half_width * uy);
    half_width * half_height / (a * a + b * b).sqrt().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContentFile;

    fn catalogue() -> Catalogue {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../content");
        let mut files = Vec::new();
        for folder in ["registers", "codelists", "search", ""] {
            let read = std::fs::read_dir(format!("{root}/{folder}")).unwrap();
            for entry in read.map(Result::unwrap).filter(|e| e.path().is_file()) {
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{folder}/{name}")
                    .trim_start_matches('/')
                    .to_owned();
                files.push((path, std::fs::read_to_string(entry.path()).unwrap()));
            }
        }
        files.sort();
        Catalogue::from_files(files.iter().map(|(path, text)| ContentFile { path, text })).unwrap()
    }

    fn some_persons() -> BTreeMap<String, u64> {
        let known = [
            ("dst_bef", 5_900_000),
            ("lpr3", 3_000_000),
            ("lmdb", 4_000_000),
        ];
        known.map(|(id, n)| (id.to_owned(), n)).into()
    }

    #[test]
    fn every_register_lies_on_the_map_once_and_no_two_lie_on_each_other() {
        let catalogue = catalogue();
        for sheet in [Sheet::Wide, Sheet::Phone] {
            let map = DataMap::lay_out(&catalogue, &some_persons(), sheet);
            let circles: Vec<&Circle> = map.islands.iter().flat_map(|i| &i.circles).collect();
            assert_eq!(circles.len(), catalogue.registers().count());
            for (at, a) in circles.iter().enumerate() {
                assert!(a.x > a.r && a.y > a.r && a.x + a.r < map.width && a.y + a.r < map.height);
                for b in circles.iter().skip(at + 1) {
                    let far = ((a.x - b.x).powi(2) + (a.y - b.y).powi(2)).sqrt();
                    assert!(far >= a.r + b.r - 1e-6, "{} on {}", a.register, b.register);
                }
            }
        }
    }

    #[test]
    fn islands_keep_water_between_them() {
        let map = DataMap::lay_out(&catalogue(), &some_persons(), Sheet::Wide);
        for (at, a) in map.islands.iter().enumerate() {
            for b in map.islands.iter().skip(at + 1) {
                let pairs = a
                    .circles
                    .iter()
                    .flat_map(|p| b.circles.iter().map(move |q| (p, q)));
                let nearest = pairs
                    .map(|(p, q)| ((p.x - q.x).powi(2) + (p.y - q.y).powi(2)).sqrt() - p.r - q.r)
                    .fold(f64::INFINITY, f64::min);
                // Two coasts at eight pixels, and water.
                assert!(
                    nearest > 18.0,
                    "{} and {}: {nearest}",
                    a.category,
                    b.category
                );
            }
        }
    }

    #[test]
    fn the_same_numbers_give_the_same_map_and_more_persons_a_larger_circle() {
        let catalogue = catalogue();
        let map = DataMap::lay_out(&catalogue, &some_persons(), Sheet::Wide);
        assert_eq!(
            map,
            DataMap::lay_out(&catalogue, &some_persons(), Sheet::Wide)
        );
        let radius = |id: &str| map.circle(id).unwrap().r;
        assert!(radius("dst_bef") > radius("lmdb") && radius("lmdb") > radius("lpr3"));
        assert_eq!(map.circle("lpr2").unwrap().persons, None);
        for outline in &map.outlines {
            assert!(outline.starts_with('M') && outline.ends_with('z') && outline.len() < 60_000);
        }
    }
}
