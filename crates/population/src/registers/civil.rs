//! The civil registration system: persons, addresses, migrations.

use crate::calendar::day;
use crate::demography::DENMARK;
use crate::figures::figures;
use crate::person::{Fate, Person};
use crate::tables::place;
use crate::writer::Tables;

/// Writes one person; `people` gives the numbers of kin.
pub(crate) fn record(tables: &mut Tables, people: &[Person], person: &Person, last_year: i32) {
    let end = day(last_year + 1, 1, 1) - 1;
    write_person(tables, people, person, end);
    write_homes(tables, person);
    write_migrations(tables, person);
}

/// The number of a relative.
pub(crate) fn number_of(people: &[Person], place: Option<usize>) -> Option<&str> {
    place.and_then(|p| people.get(p)).map(|p| p.cpr.as_str())
}

fn write_person(tables: &mut Tables, people: &[Person], person: &Person, end: i32) {
    let (status, since) = match person.fate {
        Fate::Resident => (
            "01",
            person.homes.last().map_or(person.from, |home| home.from),
        ),
        Fate::Emigrated => ("80", person.until - 1),
        Fate::Dead => ("90", person.until - 1),
    };
    let on = end.min(person.until - 1);
    let (civil, civil_since) = person.civil_on(on);
    let spouse = person.spouse_on(on);
    let home = figures().municipalities.get(person.municipality_on(on));
    tables
        .rows(place::CPR_PERSON)
        .text(&person.cpr)
        .date(person.born)
        .text(person.sex.letter())
        .text(status)
        .date(since)
        .text(home.map_or("0101", |m| &m.code4))
        .text(civil.letter())
        .date_or_none(civil_since)
        .date_or_none(person.died())
        .text_or_none(number_of(people, person.mother))
        .text_or_none(number_of(people, person.father))
        .text_or_none(number_of(people, spouse));
}

fn write_homes(tables: &mut Tables, person: &Person) {
    let ends = person.homes.iter().skip(1).map(|next| Some(next.from - 1));
    let last = (person.fate != Fate::Resident).then_some(person.until - 1);
    for (home, end) in person.homes.iter().zip(ends.chain([last])) {
        let municipality = figures().municipalities.get(home.municipality);
        tables
            .rows(place::CPR_ADRESSE)
            .text(&person.cpr)
            .text(municipality.map_or("0101", |m| &m.code4))
            .date(home.from)
            .date_or_none(end);
    }
}

fn write_migrations(tables: &mut Tables, person: &Person) {
    let abroad = if person.country == DENMARK {
        "5110"
    } else {
        person.country
    };
    let moved_in = (person.from > person.born).then_some((person.from, "I"));
    let moved_out = (person.fate == Fate::Emigrated).then_some((person.until - 1, "U"));
    for (on, direction) in moved_in.into_iter().chain(moved_out) {
        tables
            .rows(place::CPR_VANDRING)
            .text(&person.cpr)
            .date(on)
            .text(direction)
            .text(abroad);
    }
}
