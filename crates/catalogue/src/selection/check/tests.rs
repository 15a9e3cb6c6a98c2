use super::*;
use crate::ContentFile;
use crate::selection::{
    AgeCriterion, Controls, EventCriterion, Kinship, MatchOn, Moment, ResidenceCriterion,
    RowCondition, Sample, SampleSize, Span, WashoutCriterion, Window,
};

const REGISTER: &str = r#"
id = "lpr3"
name = { da = "Landspatientregisteret", en = "Patient register" }
controller = "sds"
category = "hospital"
description = { da = "Kontakter", en = "Contacts" }
source = "made up"

[[table]]
name = "diagnoser"
label = { da = "Diagnoser", en = "Diagnoses" }
date_variable = "dato"
deliverable = true

[[table.variable]]
name = "pnr"
label = { da = "Person", en = "Person" }
type = "text"
role = "person"

[[table.variable]]
name = "dato"
label = { da = "Dato", en = "Date" }
type = "date"
role = "plain"
coarsenings = ["month"]

[[table.variable]]
name = "diag_kode"
label = { da = "Diagnose", en = "Diagnosis" }
type = "text"
role = "plain"
code_list = "sks"
strict_codes = true

[[table.variable]]
name = "alder"
label = { da = "Alder", en = "Age" }
type = "integer"
role = "plain"

[[table.variable]]
name = "notat"
label = { da = "Notat", en = "Note" }
type = "text"
role = "free-text"

[[table]]
name = "resultater"
label = { da = "Resultater", en = "Results" }

[[table.variable]]
name = "value"
label = { da = "Resultat", en = "Result" }
type = "decimal"
role = "plain"
"#;

fn catalogue() -> Catalogue {
    Catalogue::from_files([
        ContentFile {
            path: "registers/lpr3.toml",
            text: REGISTER,
        },
        ContentFile {
            path: "codelists/sks.csv",
            text: "code;da;en;parent\nDE11;Type 2-diabetes;;\nDE119;uden komplikationer;;DE11\n",
        },
        ContentFile {
            path: "codelists/kommune.csv",
            text: "code;da;en;parent\n101;København;;\n",
        },
    ])
    .unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    }
}

fn event(conditions: Vec<RowCondition>) -> EventCriterion {
    EventCriterion {
        register: "lpr3".to_owned(),
        table: "diagnoser".to_owned(),
        conditions,
        period: Some(period("2012-01-01", "2020-12-31")),
        window: None,
        count_min: 1,
        count_max: None,
    }
}

fn codes(variable: &str, codes: &[&str]) -> RowCondition {
    RowCondition::Codes {
        variable: variable.to_owned(),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
    }
}

fn variable(name: &str) -> SelectedVariable {
    SelectedVariable {
        name: name.to_owned(),
        coarsening: Coarsening::None,
        reason: "outcome".to_owned(),
    }
}

fn selection() -> Selection {
    Selection {
        format: FORMAT.to_owned(),
        population: Criterion::All(vec![
            Criterion::Event(event(vec![codes("diag_kode", &["DE11*", "DE119"])])),
            Criterion::Age(AgeCriterion {
                at: Moment::Index,
                min: Some(18),
                max: None,
            }),
        ]),
        index: Some(IndexDate::FirstEvent(event(Vec::new()))),
        sample: None,
        controls: None,
        relatives: Vec::new(),
        period: period("2012-01-01", "2024-12-31"),
        tables: vec![SelectedTable {
            register: "lpr3".to_owned(),
            table: "diagnoser".to_owned(),
            period: period("2012-01-01", "2024-12-31"),
            window: None,
            variables: vec![variable("diag_kode"), variable("dato")],
        }],
    }
}

/// What is found, as `path code`.
fn found(selection: &Selection) -> Vec<String> {
    match check(selection, &catalogue()) {
        Ok(()) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| format!("{} {}", problem.path, problem.code))
            .collect(),
    }
}

fn with(change: impl FnOnce(&mut Selection)) -> Vec<String> {
    let mut changed = selection();
    change(&mut changed);
    found(&changed)
}

fn population(criterion: Criterion) -> Vec<String> {
    with(|selection| selection.population = criterion)
}

fn condition(condition: RowCondition) -> Vec<String> {
    population(Criterion::Event(event(vec![condition])))
}

#[test]
fn a_sound_selection_has_no_problem() {
    assert_eq!(found(&selection()), Vec::<String>::new());
}

#[test]
fn names_registers_tables_and_variables_that_do_not_exist() {
    assert_eq!(
        with(|s| s.tables[0].register = "x".to_owned()),
        ["/tables/0/register unknown_register"]
    );
    assert_eq!(
        with(|s| s.tables[0].table = "x".to_owned()),
        ["/tables/0/table unknown_table"]
    );
    assert_eq!(
        with(|s| s.tables[0].variables[1].name = "x".to_owned()),
        ["/tables/0/variables/1/name unknown_variable"]
    );
    assert_eq!(
        with(|s| {
            s.tables[0].table = "resultater".to_owned();
            s.tables[0].variables = vec![variable("value")];
        }),
        ["/tables/0/table not_deliverable"]
    );
}

#[test]
fn refuses_other_formats_and_selections_without_tables() {
    assert_eq!(with(|s| s.format = "x".to_owned()), ["/format format"]);
    assert_eq!(with(|s| s.tables.clear()), ["/tables no_tables"]);
}

#[test]
fn a_coarsening_must_be_offered_by_the_variable() {
    assert_eq!(
        with(|s| s.tables[0].variables[1].coarsening = Coarsening::Month),
        Vec::<String>::new()
    );
    assert_eq!(
        with(|s| s.tables[0].variables[1].coarsening = Coarsening::Year),
        ["/tables/0/variables/1/coarsening coarsening_not_offered"]
    );
}

#[test]
fn periods_stand_in_order_and_within_the_selection() {
    assert_eq!(
        with(|s| s.tables[0].period = period("2011-12-31", "2024-12-31")),
        ["/tables/0/period period_outside"]
    );
    assert_eq!(
        with(|s| s.tables[0].period = period("2020-01-01", "2019-01-01")),
        ["/tables/0/period period_inverted"]
    );
    assert!(
        with(|s| s.period = period("2024-12-31", "2012-01-01"))
            .contains(&"/period period_inverted".to_owned())
    );
}

#[test]
fn tables_and_variables_stand_once_and_the_person_column_is_not_listed() {
    assert_eq!(
        with(|s| s.tables.push(s.tables[0].clone())),
        ["/tables/1 table_repeated"]
    );
    assert_eq!(
        with(|s| s.tables[0].variables.push(variable("dato"))),
        ["/tables/0/variables/2 variable_repeated"]
    );
    assert_eq!(
        with(|s| s.tables[0].variables.push(variable("pnr"))),
        ["/tables/0/variables/2/name person_listed"]
    );
}

#[test]
fn free_text_needs_a_reason() {
    assert_eq!(
        with(|s| {
            s.tables[0].variables.push(SelectedVariable {
                reason: "  ".to_owned(),
                ..variable("notat")
            });
        }),
        ["/tables/0/variables/2/reason free_text_needs_reason"]
    );
    assert_eq!(
        with(|s| s.tables[0].variables.push(variable("notat"))),
        Vec::<String>::new()
    );
}

#[test]
fn a_condition_fits_the_type_of_its_variable() {
    assert_eq!(
        condition(codes("alder", &["1"])),
        ["/population/event/conditions/0/codes type_mismatch"]
    );
    assert_eq!(
        condition(RowCondition::Number {
            variable: "diag_kode".to_owned(),
            min_thousandths: Some(1),
            max_thousandths: None
        }),
        ["/population/event/conditions/0/number type_mismatch"]
    );
    assert_eq!(
        condition(codes("pnr", &["x"])),
        ["/population/event/conditions/0/codes/variable condition_on_key"]
    );
}

#[test]
fn codes_are_codes_or_prefixes_that_the_list_knows() {
    for (code, problem) in [
        ("*", "code_malformed"),
        ("D*E", "code_malformed"),
        ("", "code_malformed"),
        ("DX99", "unknown_code"),
        ("DX*", "unknown_code"),
    ] {
        assert_eq!(
            condition(codes("diag_kode", &[code])),
            [format!(
                "/population/event/conditions/0/codes/codes/0 {problem}"
            )]
        );
    }
    assert_eq!(
        condition(codes("diag_kode", &[])),
        ["/population/event/conditions/0/codes/codes no_codes"]
    );
}

#[test]
fn bounds_are_stated_and_in_order() {
    let number = |low, high| {
        condition(RowCondition::Number {
            variable: "alder".to_owned(),
            min_thousandths: low,
            max_thousandths: high,
        })
    };
    assert_eq!(
        number(None, None),
        ["/population/event/conditions/0/number no_bounds"]
    );
    assert_eq!(
        number(Some(2), Some(1)),
        ["/population/event/conditions/0/number bounds_inverted"]
    );
}

#[test]
fn an_index_date_is_there_when_something_refers_to_it() {
    assert_eq!(
        with(|s| s.index = None),
        ["/population/all/1/age/at no_index_date"]
    );
}

#[test]
fn times_around_the_index_date_need_one_and_stand_in_order() {
    let windowed = |from, to| {
        let window = Some(Window { from, to });
        Criterion::Event(EventCriterion {
            window,
            ..event(Vec::new())
        })
    };
    let sound = windowed(Some(Span::Years(-1)), Some(Span::Days(-1)));
    assert_eq!(population(sound.clone()), Vec::<String>::new());
    assert_eq!(
        with(|s| {
            s.population = sound;
            s.index = None;
        }),
        ["/population/event/window no_index_date"]
    );
    assert_eq!(
        population(windowed(Some(Span::Days(31)), Some(Span::Months(1)))),
        ["/population/event/window window_inverted"]
    );
    assert_eq!(
        population(windowed(Some(Span::Years(-151)), None)),
        ["/population/event/window/from span_too_long"]
    );
    assert_eq!(
        with(|s| {
            let Some(IndexDate::FirstEvent(event)) = &mut s.index else {
                panic!("an index date");
            };
            event.window = Some(Window {
                from: None,
                to: None,
            });
        }),
        ["/index/first_event/window index_by_index"]
    );
    assert_eq!(
        with(|s| {
            s.tables[0].window = Some(Window {
                from: None,
                to: Some(Span::Days(1)),
            });
            s.index = None;
            s.population = Criterion::All(Vec::new());
        }),
        ["/tables/0/window no_index_date"]
    );
}

#[test]
fn a_washout_is_a_time_before_the_index_date() {
    let washout = |clear| {
        population(Criterion::Washout(WashoutCriterion {
            register: "lpr3".to_owned(),
            table: "diagnoser".to_owned(),
            conditions: Vec::new(),
            clear,
        }))
    };
    assert_eq!(washout(Span::Years(5)), Vec::<String>::new());
    assert_eq!(
        washout(Span::Days(0)),
        ["/population/washout/clear washout_of_nothing"]
    );
}

#[test]
fn samples_controls_and_relatives_can_be_carried_out() {
    let sample = |size| with(|s| s.sample = Some(Sample { size, seed: 1 }));
    assert_eq!(sample(SampleSize::Persons(7)), Vec::<String>::new());
    assert_eq!(
        sample(SampleSize::Permille(0)),
        ["/sample/size sample_of_nobody"]
    );
    assert_eq!(
        sample(SampleSize::Permille(1001)),
        ["/sample/size/permille share_too_large"]
    );
    let controls = |per_case, matched_on: &[MatchOn]| Controls {
        per_case,
        matched_on: matched_on.to_vec(),
        among: Criterion::All(Vec::new()),
        reused: false,
        seed: 0,
    };
    let with_controls = |found: Controls| with(|s| s.controls = Some(found));
    assert_eq!(
        with_controls(controls(5, &MatchOn::ALL)),
        Vec::<String>::new()
    );
    assert_eq!(
        with_controls(controls(0, &[])),
        ["/controls/per_case controls_out_of_range"]
    );
    assert_eq!(
        with_controls(controls(1, &[MatchOn::Sex, MatchOn::Sex])),
        ["/controls/matched_on match_repeated"]
    );
    assert_eq!(
        with(|s| {
            s.controls = Some(controls(1, &[MatchOn::Alive]));
            s.index = None;
            s.population = Criterion::All(Vec::new());
        }),
        ["/controls/matched_on no_index_date"]
    );
    assert_eq!(
        with(|s| s.relatives = vec![Kinship::Parents, Kinship::Parents]),
        ["/relatives relatives_repeated"]
    );
}

#[test]
fn counts_and_dates_of_rows_stand_in_order() {
    let mut twice = event(Vec::new());
    twice.count_min = 2;
    twice.count_max = Some(1);
    assert_eq!(
        population(Criterion::Event(twice)),
        ["/population/event/count_max counts_inverted"]
    );
    let dated = |variable: &str, from, to| {
        let date = |text: &str| text.parse().unwrap();
        condition(RowCondition::Date {
            variable: variable.to_owned(),
            from: Some(date(from)),
            to: Some(date(to)),
        })
    };
    assert_eq!(
        dated("dato", "2012-01-01", "2012-01-01"),
        Vec::<String>::new()
    );
    assert_eq!(
        dated("dato", "2012-01-02", "2012-01-01"),
        ["/population/event/conditions/0/date bounds_inverted"]
    );
    assert_eq!(
        dated("diag_kode", "2012-01-01", "2012-01-01"),
        ["/population/event/conditions/0/date type_mismatch"]
    );
}

#[test]
fn residence_names_municipalities_that_exist() {
    let residence = |code: &str| {
        population(Criterion::Residence(ResidenceCriterion {
            at: Moment::Index,
            municipalities: vec![code.to_owned()],
        }))
    };
    assert_eq!(residence("101"), Vec::<String>::new());
    assert_eq!(
        residence("0101"),
        ["/population/residence/municipalities/0 unknown_municipality"]
    );
}

#[test]
fn criteria_have_a_greatest_depth_and_number() {
    let mut deep = Criterion::All(Vec::new());
    for _ in 0..CRITERIA_DEPTH_MAX {
        deep = Criterion::Not(Box::new(deep));
    }
    assert!(population(deep)[0].ends_with(" too_deep"));
    let many = vec![Criterion::Any(vec![Criterion::All(Vec::new())]); CRITERIA_MAX];
    assert_eq!(
        population(Criterion::All(many)),
        ["/population too_many_criteria"]
    );
    assert_eq!(
        population(Criterion::Any(Vec::new())),
        ["/population any_of_nothing"]
    );
}

#[test]
fn events_count_something() {
    let mut nothing = event(Vec::new());
    nothing.count_min = 0;
    assert_eq!(
        population(Criterion::Event(nothing)),
        ["/population/event/count_min count_of_nothing"]
    );
}
