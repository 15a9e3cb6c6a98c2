//! The generated registers against published Danish figures, with tolerances.
//!
//! The figures and their sources stand in `docs/manual/synthetic-denmark.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::support::{
    Known, Tables, age_on, birthday, dates, decimals, integers, new_year, people, tables, texts,
    year_of,
};
use population::Plan;

const PERSONS: u32 = 32_000;

fn denmark() -> &'static (Tables, BTreeMap<String, Known>) {
    static DENMARK: OnceLock<(Tables, BTreeMap<String, Known>)> = OnceLock::new();
    DENMARK.get_or_init(|| {
        let tables = tables(&Plan::new(PERSONS, 1));
        let people = people(&tables);
        (tables, people)
    })
}

fn rows(table: &str) -> usize {
    denmark().0[table].iter().map(|b| b.num_rows()).sum()
}

/// Person-years of residence from the start of `first` to the end of `last`, for an age band.
fn person_years(first: i32, last: i32, (young, old): (i32, i32), sex: Option<bool>) -> f64 {
    let mut days = 0.0;
    for known in denmark()
        .1
        .values()
        .filter(|k| sex.is_none_or(|woman| k.woman == woman))
    {
        let from = known
            .from
            .max(new_year(first))
            .max(birthday(known.born, young));
        let until = known
            .last
            .min(new_year(last + 1) - 1)
            .min(birthday(known.born, old + 1) - 1);
        days += f64::from((until - from + 1).max(0));
    }
    days / 365.25
}

fn deaths(first: i32, last: i32, (young, old): (i32, i32), sex: Option<bool>) -> f64 {
    let died = denmark()
        .1
        .values()
        .filter(|k| k.died != i32::MAX)
        .filter(|k| {
            let age = age_on(k.born, k.died);
            let year = year_of(k.died);
            (first..=last).contains(&year)
                && (young..=old).contains(&age)
                && sex.is_none_or(|woman| k.woman == woman)
        });
    died.count() as f64
}

/// Observed figures beside published ones; closing it fails if any was too far away.
#[derive(Default)]
struct Book {
    misses: Vec<String>,
}

impl Book {
    /// Notes a pair that must agree within `tolerance` (relative), and prints it.
    fn near(&mut self, what: &str, observed: f64, published: f64, tolerance: f64) {
        let ratio = observed / published;
        let line = format!("{what}: {observed:.4} published {published:.4} ratio {ratio:.3}");
        println!("{line}");
        if (ratio - 1.0).abs() > tolerance {
            self.misses.push(line);
        }
    }

    fn close(self) {
        assert!(self.misses.is_empty(), "{:#?}", self.misses);
    }
}

#[test]
fn residents_follow_the_pyramid_of_2025() {
    let mut book = Book::default();
    let end = new_year(2026) - 1;
    let alive: Vec<&Known> = denmark()
        .1
        .values()
        .filter(|k| k.last == i32::MAX)
        .collect();
    assert_eq!(alive.len(), PERSONS as usize);
    let share = |young: i32, old: i32, woman: bool| {
        let n = alive.iter().filter(|k| {
            let age = age_on(k.born, end);
            k.woman == woman && (young..=old).contains(&age)
        });
        n.count() as f64 / f64::from(PERSONS)
    };
    // Statistics Denmark FOLK1A, 2025Q1, five-year bands joined; total 5,992,734.
    for (young, old, men, women) in [
        (0, 9, 317_282.0, 299_868.0),
        (10, 19, 341_638.0, 324_544.0),
        (20, 29, 399_503.0, 385_435.0),
        (30, 39, 399_099.0, 384_802.0),
        (40, 49, 354_590.0, 353_490.0),
        (50, 59, 400_531.0, 401_582.0),
        (60, 69, 350_238.0, 359_491.0),
        (70, 79, 275_220.0, 306_084.0),
        (80, 120, 140_884.0, 198_453.0),
    ] {
        book.near(
            &format!("men {young}-{old}"),
            share(young, old, false),
            men / 5_992_734.0,
            0.10,
        );
        book.near(
            &format!("women {young}-{old}"),
            share(young, old, true),
            women / 5_992_734.0,
            0.10,
        );
    }
    book.close();
}

#[test]
fn mortality_follows_age_and_sex() {
    let mut book = Book::default();
    // Statistics Denmark, deaths per person-year 2017-2019.
    for (band, men, women) in [
        ((50, 54), 0.003_620_8, 0.002_350_6),
        ((60, 64), 0.010_685_5, 0.006_511_7),
        ((70, 74), 0.024_941_5, 0.016_218_7),
        ((80, 84), 0.074_295_3, 0.052_653),
        ((85, 89), 0.135_888_2, 0.100_322_3),
    ] {
        for (sex, published) in [(false, men), (true, women)] {
            let years = person_years(2013, 2023, band, Some(sex));
            let observed = deaths(2013, 2023, band, Some(sex)) / years;
            let tolerance = (2.6 / (years * published).sqrt()).max(0.10);
            book.near(
                &format!("mortality {band:?} woman {sex}"),
                observed,
                published,
                tolerance,
            );
        }
    }
    book.close();
}

/// Persons with diabetes by the clinical truth: the first day of any diabetes code or drug.
fn diabetics() -> BTreeMap<String, i32> {
    let mut first = BTreeMap::new();
    let mut see = |number: &str, day: i32| {
        let known: &mut i32 = first.entry(number.to_owned()).or_insert(i32::MAX);
        *known = (*known).min(day);
    };
    for batch in &denmark().0["lmdb.epikur"] {
        let codes = texts(batch, "atc");
        for ((number, day), atc) in texts(batch, "pnr")
            .iter()
            .zip(dates(batch, "eksd"))
            .zip(codes)
        {
            if atc.starts_with("A10") {
                see(number, day);
            }
        }
    }
    for (table, code, day) in [
        ("lpr2.lpr_diag", "c_diag", "d_inddto"),
        ("lpr3.diagnoser", "diag_kode", "kont_starttidspunkt"),
    ] {
        for batch in &denmark().0[table] {
            let codes = texts(batch, code);
            for ((number, day), code) in
                texts(batch, "pnr").iter().zip(dates(batch, day)).zip(codes)
            {
                if code.starts_with("DE10")
                    || code.starts_with("DE11")
                    || code.starts_with("249")
                    || code.starts_with("250")
                {
                    see(number, day);
                }
            }
        }
    }
    first
}

#[test]
fn diabetes_prevalence_follows_age() {
    let mut book = Book::default();
    let first = diabetics();
    let on = new_year(2016);
    // Register-based prevalence 2014-2016, five-year bands (men, women).
    for (band, men, women) in [
        ((40, 49), 0.0325, 0.0289),
        ((50, 59), 0.0744, 0.0541),
        ((60, 69), 0.1307, 0.0881),
        ((70, 79), 0.1748, 0.1267),
        ((80, 89), 0.1735, 0.1449),
    ] {
        for (woman, published) in [(false, men), (true, women)] {
            let (mut all, mut with) = (0.0, 0.0);
            for (number, known) in &denmark().1 {
                let age = age_on(known.born, on);
                if known.woman == woman
                    && known.from <= on
                    && on <= known.last
                    && (band.0..=band.1).contains(&age)
                {
                    all += 1.0;
                    with += f64::from(u8::from(first.get(number).is_some_and(|day| *day <= on)));
                }
            }
            book.near(
                &format!("diabetes {band:?} woman {woman}"),
                with / all,
                published,
                0.25,
            );
        }
    }
    book.close();
}

#[test]
fn diabetes_raises_mortality() {
    let mut book = Book::default();
    let first = diabetics();
    let (mut years, mut died) = ([0.0; 2], [0.0; 2]);
    for (number, known) in &denmark().1 {
        let onset = first.get(number).copied().unwrap_or(i32::MAX);
        let from = known.from.max(new_year(2008)).max(known.born + 24_106);
        let until = known.last.min(new_year(2024) - 1).min(known.born + 27_758);
        let with = f64::from((until - from.max(onset.min(until + 1)) + 1).max(0));
        let all = f64::from((until - from + 1).max(0));
        years[1] += with;
        years[0] += (all - with).max(0.0);
        if known.died != i32::MAX && known.died >= from && known.died <= until {
            died[usize::from(onset <= known.died)] += 1.0;
        }
    }
    // Ratio at ages 66-75, both sexes: about 1.95 (2014-2016).
    book.near(
        "mortality ratio of diabetes",
        (died[1] / years[1]) / (died[0] / years[0]),
        1.95,
        0.3,
    );
    book.close();
}

#[test]
fn hospital_contacts_reach_the_published_level() {
    let mut book = Book::default();
    let years = person_years(2020, 2025, (0, 120), None);
    let (mut stays, mut visits) = (0.0, 0.0);
    for batch in &denmark().0["lpr3.kontakter"] {
        let (start, end) = (
            dates(batch, "kont_starttidspunkt"),
            dates(batch, "kont_sluttidspunkt"),
        );
        let acute = texts(batch, "prioritet");
        for ((start, end), acute) in start.iter().zip(end).zip(acute) {
            if year_of(*start) >= 2020 {
                // A stay of one night or of a day is told by its length or its acute start.
                let _ = acute;
                if end > *start {
                    stays += 1.0
                } else {
                    visits += 1.0
                }
            }
        }
    }
    println!("stays with a night {:.4}", stays / years);
    // Statistics Denmark 2022: 0.1348 stays and 2.085 outpatient contacts per person-year.
    book.near(
        "all contacts",
        (stays + visits) / years,
        0.1348 + 2.085,
        0.10,
    );
    book.close();
}

#[test]
fn contact_chapters_follow_statistics() {
    let mut book = Book::default();
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    let mut total = 0.0;
    for batch in &denmark().0["lpr3.kontakter"] {
        for code in texts(batch, "aktionsdiagnose") {
            let group = match (&code[1..2], &code[1..3]) {
                ("R", _) | (_, "Z0" | "Z1") => "symptoms and observation",
                ("Z", _) => "preventive",
                ("G" | "H", _) => "nerves and senses",
                ("F", _) => "mental",
                ("C", _) => "cancer",
                ("S" | "T", _) => "injury",
                _ => "other",
            };
            *counts.entry(group).or_default() += 1.0;
            total += 1.0;
        }
    }
    // Statistics Denmark 2022, outpatient stays.
    for (group, published) in [
        ("symptoms and observation", 0.30),
        ("preventive", 0.11),
        ("nerves and senses", 0.08),
        ("mental", 0.08),
        ("cancer", 0.08),
        ("injury", 0.07),
        ("other", 0.28),
    ] {
        book.near(group, counts[group] / total, published, 0.25);
    }
    book.close();
}

/// Users of each medicine group in 2023 per 1,000 residents.
fn users(prefix: usize) -> BTreeMap<String, f64> {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for batch in &denmark().0["lmdb.epikur"] {
        let codes = texts(batch, "atc");
        for ((number, day), atc) in texts(batch, "pnr")
            .iter()
            .zip(dates(batch, "eksd"))
            .zip(codes)
        {
            if year_of(day) == 2023 {
                users
                    .entry(atc[..prefix].to_owned())
                    .or_default()
                    .insert((*number).to_owned());
            }
        }
    }
    let residents = person_years(2023, 2023, (0, 120), None);
    users
        .into_iter()
        .map(|(atc, people)| (atc, people.len() as f64 / residents * 1000.0))
        .collect()
}

#[test]
fn the_five_most_used_medicine_groups_are_the_right_ones() {
    let users: BTreeMap<String, f64> = users(5);
    // M01A is a fourth-level group of four characters.
    let mut by_group: BTreeMap<String, f64> = BTreeMap::new();
    for (atc, n) in &users {
        let group = if atc.starts_with("M01A") { "M01A" } else { atc };
        *by_group.entry(group.to_owned()).or_default() += n;
    }
    let mut ranked: Vec<(&String, &f64)> = by_group.iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(a.1));
    for (atc, n) in ranked.iter().take(25) {
        println!("{atc} {n:.1}");
    }
    let top: BTreeSet<&str> = ranked.iter().take(5).map(|(atc, _)| atc.as_str()).collect();
    assert_eq!(
        top,
        BTreeSet::from(["N02BE", "C10AA", "J01CE", "M01A", "A02BC"])
    );
}

#[test]
fn antidepressant_users_follow_medstat() {
    let mut book = Book::default();
    let users = users(7);
    // Medstat 2023, users per 1,000 inhabitants.
    for (atc, published) in [
        ("N06AB06", 28.96),
        ("N06AX11", 15.4),
        ("N06AB04", 11.02),
        ("N06AX21", 10.34),
        ("N06AX16", 7.64),
    ] {
        book.near(atc, users[atc], published, 0.3);
    }
    book.close();
}

#[test]
fn general_practice_contacts_reach_the_published_level() {
    let mut book = Book::default();
    let years = person_years(2018, 2024, (0, 120), None);
    let mut contacts = 0.0;
    for batch in &denmark().0["ssr.sssy"] {
        let codes = texts(batch, "speciale");
        for ((code, day), n) in codes
            .iter()
            .zip(dates(batch, "honuge_dato"))
            .zip(integers(batch, "antydel"))
        {
            let contact =
                ["800101", "800105", "800201", "800411", "800120", "800107"].contains(code);
            if contact && (2018..=2024).contains(&year_of(day)) {
                contacts += f64::from(n);
            }
        }
    }
    // One in 28 is kept; 6.1 to 8.6 contacts per person-year in municipalities, 40.5 million in 2012.
    book.near(
        "general practice contacts",
        contacts * 28.0 / years,
        6.9,
        0.15,
    );
    book.close();
}

#[test]
fn glycated_haemoglobin_tells_diabetes() {
    let mut book = Book::default();
    let first = diabetics();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for batch in &denmark().0["lab.lab_forsker"] {
        let (codes, values) = (texts(batch, "analysiscode"), decimals(batch, "value"));
        for (((number, day), code), value) in texts(batch, "pnr")
            .iter()
            .zip(dates(batch, "samplingdate"))
            .zip(codes)
            .zip(values)
        {
            if code == "NPU27300" {
                let diabetic = first.get(*number).is_some_and(|onset| *onset + 400 < day);
                if diabetic {
                    with.push(value)
                } else if !first.contains_key(*number) {
                    without.push(value)
                }
            }
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    book.near("HbA1c, treated diabetes", median(&mut with), 52.0, 0.08);
    book.near("HbA1c, no diabetes", median(&mut without), 36.0, 0.08);
    book.close();
}

#[test]
fn early_sglt2_inhibitors_spare_kidneys() {
    let mut starts: BTreeMap<String, (i32, i32)> = BTreeMap::new();
    for batch in &denmark().0["lmdb.epikur"] {
        let codes = texts(batch, "atc");
        for ((number, day), atc) in texts(batch, "pnr")
            .iter()
            .zip(dates(batch, "eksd"))
            .zip(codes)
        {
            let start = starts
                .entry((*number).to_owned())
                .or_insert((i32::MAX, i32::MAX));
            if atc == "A10BA02" {
                start.0 = start.0.min(day);
            }
            if atc.starts_with("A10BK") {
                start.1 = start.1.min(day);
            }
        }
    }
    let early = starts
        .values()
        .filter(|s| s.0 != i32::MAX && s.1 != i32::MAX && s.1 <= s.0 + 545)
        .count();
    let late = starts
        .values()
        .filter(|s| s.0 != i32::MAX && s.1 != i32::MAX && s.1 > s.0 + 545)
        .count();
    println!("metformin then SGLT2: early {early} late {late}");
    assert!(early > 50 && late > 100);
}

#[test]
fn rows_per_person_stay_moderate() {
    let mut total = 0;
    for spec in Plan::tables() {
        let n = rows(&format!("{}.{}", spec.register, spec.table));
        println!(
            "{}.{} {:.2}",
            spec.register,
            spec.table,
            n as f64 / f64::from(PERSONS)
        );
        total += n;
    }
    let each = total as f64 / f64::from(PERSONS);
    println!("all {each:.1}");
    assert!((100.0..=200.0).contains(&each));
}

#[test]
fn admissions_follow_age() {
    let mut book = Book::default();
    // Statistics Denmark 2018, admissions per person-year (LPR2).
    for (band, published) in [
        ((1, 4), 0.203),
        ((5, 14), 0.0672),
        ((15, 29), 0.111),
        ((30, 44), 0.1413),
        ((45, 59), 0.1645),
        ((60, 69), 0.290),
        ((70, 79), 0.494),
        ((80, 89), 0.87),
    ] {
        let mut admissions = 0.0;
        for batch in &denmark().0["lpr2.lpr_adm"] {
            let kinds = texts(batch, "c_pattype");
            for ((number, day), kind) in texts(batch, "pnr")
                .iter()
                .zip(dates(batch, "d_inddto"))
                .zip(kinds)
            {
                let age = age_on(denmark().1[*number].born, day);
                let counted = kind == "0" && (2014..=2018).contains(&year_of(day));
                admissions += f64::from(u8::from(counted && (band.0..=band.1).contains(&age)));
            }
        }
        let observed = admissions / person_years(2014, 2018, band, None);
        book.near(&format!("admissions {band:?}"), observed, published, 0.25);
    }
    book.close();
}

#[test]
fn causes_of_death_follow_the_register() {
    let mut book = Book::default();
    let mut counts = BTreeMap::new();
    let mut total = 0.0;
    for batch in &denmark().0["dar.t_dodsaarsag_2"] {
        for (group, day) in integers(batch, "c_liste49")
            .iter()
            .zip(dates(batch, "d_dodsdato"))
        {
            if year_of(day) >= 2005 {
                *counts.entry(*group).or_insert(0.0) += 1.0;
                total += 1.0;
            }
        }
    }
    // Statistics Denmark DODA1 2021, share of deaths.
    for (name, group, published) in [
        ("cancer", 1, 0.2779),
        ("cardiovascular", 2, 0.2053),
        ("respiratory", 3, 0.103),
        ("mental", 4, 0.0643),
        ("nervous system", 5, 0.056),
        ("digestive", 6, 0.0411),
        ("diabetes", 7, 0.0347),
    ] {
        book.near(
            &format!("died of {name}"),
            counts[&group] / total,
            published,
            0.25,
        );
    }
    book.close();
}

#[test]
fn kidney_failure_follows_some_treatments() {
    let mut starts: BTreeMap<String, i32> = BTreeMap::new();
    for batch in &denmark().0["lmdb.epikur"] {
        let codes = texts(batch, "atc");
        for ((number, day), atc) in texts(batch, "pnr")
            .iter()
            .zip(dates(batch, "eksd"))
            .zip(codes)
        {
            if atc == "A10BA02" {
                let start = starts.entry((*number).to_owned()).or_insert(i32::MAX);
                *start = (*start).min(day);
            }
        }
    }
    let mut failed = BTreeSet::new();
    for batch in &denmark().0["lpr3.diagnoser"] {
        for (number, code) in texts(batch, "pnr").iter().zip(texts(batch, "diag_kode")) {
            if starts.contains_key(*number) && (code == "DN184" || code == "DN185") {
                failed.insert((*number).to_owned());
            }
        }
    }
    println!(
        "metformin users {} with kidney failure {}",
        starts.len(),
        failed.len()
    );
    assert!(failed.len() > 20);
}
