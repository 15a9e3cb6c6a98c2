//! What a variable's page tells beside its description: its names over time, its breaks, its profile.

use app::catalogue::breaks::{Break, lanes};
use app::catalogue::register::{Register, Table, Variable};
use serde_json::{Value, json};

use super::visit::Visit;
use crate::http::Answer;
use crate::view::{LaneBar, Strip, Title, completeness, history, persons};

const WIDE: f64 = 730.0;
const PHONE: f64 = 335.0;

/// Names over time and breaks; null where there is one name and no break.
pub(super) fn history_view(
    visit: &Visit,
    (register, table, variable): (&Register, &Table, &Variable),
) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let this_year = visit.app().today().year();
    let breaks: Vec<_> = catalogue.breaks().of(&register.id, variable).collect();
    let lanes = lanes(catalogue, register, variable);
    if breaks.is_empty() && lanes.len() < 2 {
        return Value::Null;
    }
    let is_own =
        |r: &str, t: &str, v: &str| r == register.id && t == table.name && v == variable.name;
    let bars: Vec<LaneBar> = lanes
        .iter()
        .filter_map(|lane| {
            Some(LaneBar {
                name: lane.variable.name.clone(),
                place: lane
                    .register
                    .abbreviation
                    .clone()
                    .unwrap_or_else(|| lane.register.id.clone()),
                from: lane.from_year?,
                to: lane.to_year,
                current: is_own(&lane.register.id, &lane.table.name, &lane.variable.name),
            })
        })
        .collect();
    let strips: Vec<Strip> = catalogue
        .breaks()
        .systems_of(&register.id, variable)
        .map(|system| Strip {
            name: visit.say(&system.name),
            from: system.from_year,
            to: system.to_year,
        })
        .collect();
    let years: Vec<i16> = breaks.iter().map(|found| found.on.year()).collect();
    let name = visit.sentence("variable.history.drawing", &[("name", &variable.name)]);
    let sentence = visit.counted("variable.history.sentence", years.len() as u64, &[]);
    let title = Title {
        id: "history",
        name: &name,
        sentence: &sentence,
    };
    let rows: Vec<Value> = lanes
        .iter()
        .map(|lane| {
            json!({
                "register_name": visit.say(&lane.register.name),
                "table": lane.table.name,
                "name": lane.variable.name,
                "path": format!("/datalandkort/{}/{}/{}", lane.register.id, lane.table.name, lane.variable.name),
                "from_year": lane.from_year.map(|year| year.to_string()),
                "to_year": lane.to_year.map(|year| year.to_string()),
                "current": is_own(&lane.register.id, &lane.table.name, &lane.variable.name),
            })
        })
        .collect();
    json!({
        "lanes": rows,
        "systems": strips.iter().map(|strip| &strip.name).collect::<Vec<_>>(),
        "breaks": breaks.iter().map(|found| break_view(visit, found)).collect::<Vec<_>>(),
        "svg": (!bars.is_empty()).then(|| history(title, &bars, (&strips, &years), this_year)),
    })
}

fn break_view(visit: &Visit, found: &Break) -> Value {
    json!({
        "on": found.on,
        "change": visit.say(&found.change),
        "advice": visit.say(&found.advice),
        "source": found.source,
    })
}

/// What was measured of a variable; null before it was.
pub(super) async fn profile_view(
    visit: &Visit,
    (register, table, variable): (&Register, &Table, &Variable),
) -> Answer<Value> {
    let measured = visit.app().table_profile(&register.id, &table.name).await?;
    let Some((measured, profile)) = measured.as_ref().and_then(|found| {
        let profile = found.variables.get(&variable.name)?;
        Some((found, profile))
    }) else {
        return Ok(Value::Null);
    };
    let catalogue = &visit.app().content().catalogue;
    let breaks: Vec<i16> = catalogue
        .breaks()
        .of(&register.id, variable)
        .map(|found| found.on.year())
        .collect();
    let codes = variable
        .code_list
        .as_deref()
        .and_then(|id| catalogue.code_list(id));
    let values: Vec<Value> = profile
        .values
        .iter()
        .map(|(code, persons)| {
            let label = codes
                .and_then(|codes| codes.find(code))
                .map(|code| visit.say(&code.label));
            json!({ "code": code, "label": label, "persons": persons })
        })
        .collect();
    let years: Vec<Value> = profile
        .years
        .iter()
        .map(|year| {
            json!({
                "year": year.year.to_string(),
                "persons": year.persons,
                "filled_percent": year.filled_percent,
            })
        })
        .collect();
    Ok(json!({
        "measured_at": base::format_instant(measured.measured_at),
        "synthetic": visit.app().is_demo(),
        "persons": profile.persons,
        "filled_percent": profile.filled_percent,
        "range": profile.range.map(|(low, high)| json!({ "low": low, "high": high })),
        "values": values,
        "values_held": profile.values_held,
        "years": years,
        "charts": charts(visit, variable, profile, &breaks),
    }))
}

type Profile = app::disclosure::profile::VariableProfile;

/// Completeness and persons by year, each for wide windows and for phones; null where there is
/// nothing to draw.
fn charts(visit: &Visit, variable: &Variable, profile: &Profile, breaks: &[i16]) -> Value {
    let filled: Vec<(i16, Option<u8>)> = profile
        .years
        .iter()
        .map(|year| (year.year, year.filled_percent))
        .collect();
    let known: Vec<(i16, Option<u64>)> = profile
        .years
        .iter()
        .map(|year| (year.year, year.persons))
        .collect();
    let lowest = filled
        .iter()
        .filter_map(|(year, percent)| Some(((*percent)?, *year)))
        .min();
    let highest = known
        .iter()
        .filter_map(|(year, n)| Some(((*n)?, *year)))
        .max();
    let filled_name = visit.sentence(
        "variable.profile.filled_drawing",
        &[("name", &variable.name)],
    );
    let filled_sentence = lowest.map(|(percent, year)| {
        let (percent, year) = (percent.to_string(), year.to_string());
        let values = [("percent", percent.as_str()), ("year", year.as_str())];
        visit.sentence("variable.profile.filled_sentence", &values)
    });
    let persons_name = visit.sentence(
        "variable.profile.persons_drawing",
        &[("name", &variable.name)],
    );
    let persons_sentence = highest.map(|(n, year)| {
        visit.counted(
            "variable.profile.persons_sentence",
            n,
            &[("year", &year.to_string())],
        )
    });
    let most = highest.map(|(n, _)| crate::view::number_in_words(visit.language, n));
    let filled_at = |id, width| {
        let title = Title {
            id,
            name: &filled_name,
            sentence: filled_sentence.as_deref()?,
        };
        completeness(title, &filled, breaks, width)
    };
    let persons_at = |id, width| {
        let title = Title {
            id,
            name: &persons_name,
            sentence: persons_sentence.as_deref()?,
        };
        persons(title, &known, (breaks, most.as_deref()?), width)
    };
    json!({
        "filled": { "sentence": filled_sentence, "wide": filled_at("fw", WIDE), "phone": filled_at("fp", PHONE) },
        "persons": { "sentence": persons_sentence, "wide": persons_at("pw", WIDE), "phone": persons_at("pp", PHONE) },
    })
}
