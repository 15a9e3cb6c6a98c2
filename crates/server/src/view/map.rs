//! The data map as its template draws it: places, colours, words and lines of both sheets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use app::catalogue::Catalogue;
use app::catalogue::links::{Link, LinkKind};
use app::catalogue::map::{Circle, DataMap, Island, Sheet};
use serde_json::{Value, json};

/// Radius above which a circle carries its abbreviation, and the longest that fits.
const SHORT_RADIUS_MIN: f64 = 16.0;
const SHORT_CHARS_MAX: usize = 6;
/// Height of an island's name over its highest circle.
const NAME_ABOVE: f64 = 17.0;

/// Both sheets of the map.
#[derive(Debug, PartialEq)]
pub(crate) struct Sheets {
    /// For windows of 700 px and more.
    pub(crate) wide: DataMap,
    /// For phones.
    pub(crate) phone: DataMap,
}

type Kept = Option<(BTreeMap<String, u64>, Arc<Sheets>)>;

/// Lays out the map when the numbers change, and keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct MapKeeper(Arc<Mutex<Kept>>);

impl MapKeeper {
    /// The map for these numbers of persons.
    pub(crate) fn sheets(
        &self,
        catalogue: &Catalogue,
        persons: &BTreeMap<String, u64>,
    ) -> Arc<Sheets> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sheets)) = kept.as_ref().filter(|(known, _)| known == persons) {
            return Arc::clone(sheets);
        }
        let sheets = Arc::new(Sheets {
            wide: DataMap::lay_out(catalogue, persons, Sheet::Wide),
            phone: DataMap::lay_out(catalogue, persons, Sheet::Phone),
        });
        *kept = Some((persons.clone(), Arc::clone(&sheets)));
        sheets
    }
}

/// What is said of a source.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceWords {
    /// Colour of its controller.
    pub(crate) colour: String,
    /// Abbreviation.
    pub(crate) short: Option<String>,
    /// Name, controller and facts, a line each.
    pub(crate) lines: Vec<String>,
    /// Whether its variables are described.
    pub(crate) described: bool,
}

/// What is said of an island.
#[derive(Debug, Clone, Default)]
pub(crate) struct IslandWords {
    /// Name.
    pub(crate) name: String,
    /// Short name for narrow pages.
    pub(crate) short: String,
    /// Name and number of sources, to be read aloud.
    pub(crate) label: String,
}

/// Words and choices that a drawing shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// Of each source.
    pub(crate) sources: BTreeMap<String, SourceWords>,
    /// Of each island.
    pub(crate) islands: BTreeMap<String, IslandWords>,
    /// Sources that stand out; all, if none is named.
    pub(crate) shown: Option<BTreeSet<String>>,
    /// The source whose links are asked for.
    pub(crate) chosen: Option<String>,
    /// Lines between sources.
    pub(crate) links: Vec<Link>,
}

impl Look {
    fn is_faded(&self, register: &str) -> bool {
        let shown = self.shown.as_ref();
        shown.is_some_and(|shown| !shown.contains(register))
    }
}

/// A sheet as the template draws it.
pub(crate) fn sheet_view(map: &DataMap, look: &Look) -> Value {
    let islands: Vec<Value> = map
        .islands
        .iter()
        .map(|island| island_view(island, look))
        .collect();
    let links: Vec<Value> = look
        .links
        .iter()
        .filter_map(|link| link_view(map, link, look))
        .collect();
    json!({
        "width": map.width,
        "height": map.height,
        "outlines": map.outlines,
        "islands": islands,
        "links": links,
    })
}

fn island_view(island: &Island, look: &Look) -> Value {
    let words = look
        .islands
        .get(&island.category)
        .cloned()
        .unwrap_or_default();
    let circles: Vec<Value> = island
        .circles
        .iter()
        .map(|circle| circle_view(circle, look))
        .collect();
    json!({
        "id": island.category,
        "name": words.name,
        "short": words.short,
        "label": words.label,
        "path": format!("/datalandkort?omraade={}", island.category),
        "n": island.circles.len(),
        "x": tenth(island.x),
        "y": tenth(island.y),
        "rx": tenth(island.half_width + 14.0),
        "ry": tenth(island.half_height + 14.0),
        "label_y": tenth(island.y - island.half_height - NAME_ABOVE),
        "circles": circles,
    })
}

fn circle_view(circle: &Circle, look: &Look) -> Value {
    let words = look
        .sources
        .get(&circle.register)
        .cloned()
        .unwrap_or_default();
    let fits =
        |short: &String| circle.r >= SHORT_RADIUS_MIN && short.chars().count() <= SHORT_CHARS_MAX;
    json!({
        "id": circle.register,
        "path": format!("/datalandkort/{}", circle.register),
        "x": tenth(circle.x),
        "y": tenth(circle.y),
        "r": tenth(circle.r),
        "known": circle.persons.is_some(),
        "described": words.described,
        "colour": words.colour,
        "short": words.short.filter(fits),
        "label": words.lines.join(", "),
        "lines": words.lines,
        "faded": look.is_faded(&circle.register),
        "chosen": look.chosen.as_deref() == Some(circle.register.as_str()),
    })
}

/// A line from the edge of one circle to the edge of another, bent a little so that lines part.
fn link_view(map: &DataMap, link: &Link, look: &Look) -> Option<Value> {
    let from = map.circle(&link.from)?;
    let (x, y, r) = match (&link.to, &link.to_category) {
        (Some(to), _) => {
            let to = map.circle(to)?;
            (to.x, to.y, to.r)
        }
        (None, Some(category)) => {
            let island = map.island(category)?;
            let nearest = island.circles.iter().min_by(|a, b| {
                let far = |c: &Circle| (c.x - from.x).powi(2) + (c.y - from.y).powi(2);
                far(a).total_cmp(&far(b))
            })?;
            (nearest.x, nearest.y, nearest.r + 4.0)
        }
        (None, None) => return None,
    };
    let (dx, dy) = (x - from.x, y - from.y);
    let far = (dx * dx + dy * dy).sqrt().max(1.0);
    let (ux, uy) = (dx / far, dy / far);
    let start = (from.x + ux * from.r, from.y + uy * from.r);
    let end = (x - ux * (r + 2.0), y - uy * (r + 2.0));
    let bend = far.min(60.0) * 0.25;
    let middle = (
        f64::midpoint(start.0, end.0) - uy * bend,
        f64::midpoint(start.1, end.1) + ux * bend,
    );
    let touches = |id: &str| Some(id) == look.chosen.as_deref();
    let touched = touches(&link.from) || link.to.as_deref().is_some_and(touches);
    Some(json!({
        "d": format!(
            "M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}",
            start.0, start.1, middle.0, middle.1, end.0, end.1
        ),
        "kind": match link.kind {
            LinkKind::Derived => "derived",
            LinkKind::Succeeds => "succeeds",
        },
        "faded": look.chosen.is_some() && !touched,
    }))
}

fn tenth(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}
