use super::*;
use crate::register::Coarsening;
use crate::selection::{
    AgeCriterion, AliveCriterion, Controls, Criterion, EventCriterion, FORMAT, IndexDate, Kinship,
    MatchOn, Moment, Period, ResidenceCriterion, RowCondition, Sample, SampleSize, SelectedTable,
    SelectedVariable, Sex, Span, WashoutCriterion, Window,
};
use base::Date;
use proptest::prelude::*;

const STORY: &str = "\
sund-selection/1
population
  all
    event lpr3.diagnoser where diag_kode in DE11* from 2013-01-01 to 2024-12-31 at least 2 times
    event lab.lab_forsker where analysiscode in NPU27300 and value between 48 and 150.5
    age from 18 at index
    residence in Denmark at index
    any
      sex female
      residence in 101, 147 at 2020-01-01
    not
      event lpr3.diagnoser where diag_kode in DN184, DN185
    alive at 90 days from index
    washout 5 years without lmdb.epikur where atc in A10B*
    event lab.lab_forsker where dato since 2011-01-01 within -1 years to any of index at most 3 times
index first event lmdb.epikur where atc in A10BK*
sample 1000 persons seed 7
controls 5 per case matched on sex, birth_year, residence, alive reused seed 3
  not
    event lpr3.diagnoser where diag_kode in DE1*
relatives parents, siblings, children
period 2010-01-01 to 2024-12-31
table lmdb.epikur from 2012-01-01 to 2024-12-31 within -365 days to 2 years of index
  variable eksd as month because \"time to \\\"first\\\" prescription\"
  variable atc as prefix 5
  variable \"sælsomt navn\"
";

#[test]
fn the_story_prints_back_as_written() {
    let selection = parse(STORY).unwrap();
    assert_eq!(print(&selection), STORY);
    assert_eq!(
        selection.tables[0].variables[0].coarsening,
        Coarsening::Month
    );
}

#[test]
fn remarks_empty_lines_and_the_format_line_may_be_left_out_or_in() {
    let text = "# whom\npopulation\n\n    everyone\nperiod 2010-01-01 to 2024-12-31\n";
    let selection = parse(text).unwrap();
    assert_eq!(selection.population, Criterion::All(Vec::new()));
    assert_eq!(selection.format, FORMAT);
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn an_error_names_line_column_and_what_was_expected() {
    let head = "population\n  everyone\nperiod 2010-01-01 to 2024-12-31\n";
    for (text, message) in [
        (
            "",
            "line 1, column 1: expected `population`, found the end of the text",
        ),
        (
            "people\n",
            "line 1, column 1: expected `population`, found `people`",
        ),
        (
            "population\nperiod x\n",
            "line 2, column 1: expected a criterion after more than 0 spaces, found 0 spaces",
        ),
        (
            "population\n  wizard\n",
            "line 2, column 3: expected `all`, `any`, `not`, `everyone`, `event`, `age`, `sex`, `residence`, `alive` or `washout`, found `wizard`",
        ),
        (
            "population\n  event lpr3 where\n",
            "line 2, column 14: expected `.`, found `where`",
        ),
        (
            "population\n  age from 18 at yesterday\n",
            "line 2, column 18: expected `index`, a date as 2024-12-31, or a time from index as 5 years, found `yesterday`",
        ),
        (
            "population\n  event a.b where c in\n",
            "line 2, column 23: expected a code, or a prefix followed by `*`, found the end of the line",
        ),
        (
            "population\n  event a.b where c between 1.2345 and 2\n",
            "line 2, column 29: expected a number with at most three decimals, found `1`",
        ),
        (
            "population\n  all\n    sex male\n   sex male\n",
            "line 4, column 4: expected a criterion after 4 spaces, found 3 spaces",
        ),
        (
            "population\n\tsex male\n",
            "line 2, column 1: expected a word or a text in double quotes, found a tab",
        ),
        (
            "sund-selection/2\n",
            "line 1, column 16: expected `1`, found `2`",
        ),
        (
            "population\n  everyone\nperiod 2010-13-01 to 2024-12-31\n",
            "line 3, column 8: expected a date as 2024-12-31, found `2010-13-01`",
        ),
    ] {
        assert_eq!(error(text), message);
    }
    assert_eq!(
        error(&format!(
            "{head}table a.b from 2010-01-01 to 2011-01-01\n  variable c because \"x\n"
        )),
        "line 5, column 24: expected a closing double quote, found the end of the line"
    );
    assert_eq!(
        error(&format!(
            "{head}table a.b from 2010-01-01 to 2011-01-01\n  variable c as band 0\n"
        )),
        "line 5, column 22: expected the width of a band, found `0`"
    );
}

#[test]
fn nesting_has_an_end() {
    let mut text = String::from("population\n");
    for depth in 1..200 {
        text.push_str(&" ".repeat(depth));
        text.push_str("not\n");
    }
    assert!(error(&text).contains("expected at most 48 levels"));
}

fn date() -> impl Strategy<Value = Date> {
    (1900..2100i16, 1..=12i8, 1..=28i8)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}").parse().unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    (date(), date()).prop_map(|(from, to)| Period { from, to })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_0-9]{1,8}",
        "[A-Z]{1,2}[0-9]{1,3}[*]?",
        ".{0,8}",
        Just("Denmark".to_owned())
    ]
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        Just(Moment::Index),
        date().prop_map(Moment::On),
        span().prop_map(Moment::FromIndex)
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        any::<i32>().prop_map(Span::Days),
        any::<i32>().prop_map(Span::Months),
        any::<i32>().prop_map(Span::Years)
    ]
}

fn window() -> impl Strategy<Value = Option<Window>> {
    let window = (prop::option::of(span()), prop::option::of(span()));
    prop::option::of(window.prop_map(|(from, to)| Window { from, to }))
}

fn sample() -> impl Strategy<Value = Sample> {
    let size = prop_oneof![
        any::<u64>().prop_map(SampleSize::Persons),
        any::<u16>().prop_map(SampleSize::Permille)
    ];
    (size, any::<u32>()).prop_map(|(size, seed)| Sample { size, seed })
}

fn controls() -> impl Strategy<Value = Controls> {
    (
        any::<u16>(),
        prop::sample::subsequence(MatchOn::ALL.to_vec(), 0..=4),
        criterion(),
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(|(per_case, matched_on, among, reused, seed)| Controls {
            per_case,
            matched_on,
            among,
            reused,
            seed,
        })
}

fn condition() -> impl Strategy<Value = RowCondition> {
    prop_oneof![
        (name(), prop::collection::vec(name(), 0..4))
            .prop_map(|(variable, codes)| RowCondition::Codes { variable, codes }),
        (name(), any::<Option<i64>>(), any::<Option<i64>>()).prop_map(
            |(variable, min_thousandths, max_thousandths)| RowCondition::Number {
                variable,
                min_thousandths,
                max_thousandths
            }
        ),
        (name(), prop::option::of(date()), prop::option::of(date()))
            .prop_map(|(variable, from, to)| RowCondition::Date { variable, from, to }),
    ]
}

fn event() -> impl Strategy<Value = EventCriterion> {
    (
        name(),
        name(),
        prop::collection::vec(condition(), 0..3),
        prop::option::of(period()),
        window(),
        prop_oneof![Just(1), any::<u32>()],
        prop::option::of(any::<u32>()),
    )
        .prop_map(
            |(register, table, conditions, period, window, count_min, count_max)| EventCriterion {
                register,
                table,
                conditions,
                period,
                window,
                count_min,
                count_max,
            },
        )
}

fn criterion() -> impl Strategy<Value = Criterion> {
    let leaf = prop_oneof![
        event().prop_map(Criterion::Event),
        (moment(), any::<Option<u16>>(), any::<Option<u16>>())
            .prop_map(|(at, min, max)| Criterion::Age(AgeCriterion { at, min, max })),
        prop_oneof![Just(Sex::Male), Just(Sex::Female)].prop_map(Criterion::Sex),
        (moment(), prop::collection::vec(name(), 0..3)).prop_map(|(at, municipalities)| {
            Criterion::Residence(ResidenceCriterion { at, municipalities })
        }),
        moment().prop_map(|at| Criterion::Alive(AliveCriterion { at })),
        (
            name(),
            name(),
            prop::collection::vec(condition(), 0..3),
            span()
        )
            .prop_map(|(register, table, conditions, clear)| {
                Criterion::Washout(WashoutCriterion {
                    register,
                    table,
                    conditions,
                    clear,
                })
            }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Criterion::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Criterion::Any),
            inner.prop_map(|part| Criterion::Not(Box::new(part))),
        ]
    })
}

fn coarsening() -> impl Strategy<Value = Coarsening> {
    prop_oneof![
        Just(Coarsening::None),
        Just(Coarsening::Month),
        Just(Coarsening::Year),
        Just(Coarsening::Region),
        (1..u32::MAX).prop_map(Coarsening::Band),
        (1..u32::MAX).prop_map(Coarsening::Prefix),
    ]
}

fn table() -> impl Strategy<Value = SelectedTable> {
    let variable = (name(), coarsening(), "(?s).{0,12}").prop_map(|(name, coarsening, reason)| {
        SelectedVariable {
            name,
            coarsening,
            reason,
        }
    });
    (
        name(),
        name(),
        period(),
        window(),
        prop::collection::vec(variable, 0..4),
    )
        .prop_map(
            |(register, table, period, window, variables)| SelectedTable {
                register,
                table,
                period,
                window,
                variables,
            },
        )
}

prop_compose! {
    fn selection()(
        population in criterion(),
        index in prop::option::of(event().prop_map(IndexDate::FirstEvent)),
        sample in prop::option::of(sample()),
        controls in prop::option::of(controls()),
        relatives in prop::sample::subsequence(Kinship::ALL.to_vec(), 0..=3),
        period in period(),
        tables in prop::collection::vec(table(), 0..3),
    ) -> Selection {
        Selection {
            format: FORMAT.to_owned(),
            population,
            index,
            sample,
            controls,
            relatives,
            period,
            tables,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_selection_reads_back_as_it_was_printed(selection in selection()) {
        let text = print(&selection);
        prop_assert_eq!(parse(&text), Ok(selection), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_cut_or_changed_line_never_makes_the_reader_panic(selection in selection(), at in 0..200usize) {
        let text = print(&selection);
        let cut: String = text.chars().take(at).collect();
        let _ = parse(&cut);
        let _ = parse(&text.replace("  ", " \t"));
    }
}
