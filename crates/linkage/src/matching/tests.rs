use super::*;
use crate::draw::Draw;
use crate::pseudonym::PseudonymKey;
use proptest::prelude::*;

fn terms(per_case: usize) -> Terms {
    let key = PseudonymKey::from_bytes(&[7; 32]);
    Terms {
        per_case,
        reused: false,
        alive: false,
        residence: false,
        cases: Lots::new(&key, Draw::Cases, 1),
        controls: Lots::new(&key, Draw::Controls, 1),
    }
}

fn facts(number: u32, stratum: u32) -> Facts {
    Facts {
        number: PersonNumber::new(number),
        stratum,
        born: Some(0),
        died: None,
        index: Some(100),
    }
}

fn people(all: &[(Facts, Vec<Home>)]) -> People {
    let mut people = People::default();
    for (facts, homes) in all {
        people.push(*facts, homes);
    }
    people
}

fn draw(terms: Terms, cases: &[(Facts, Vec<Home>)], pool: &[(Facts, Vec<Home>)]) -> Vec<Control> {
    let matching = Matching::new(terms, people(cases), people(pool));
    (0..matching.n_strata())
        .flat_map(|at| matching.draw(at))
        .collect()
}

fn home(from: i32, to: i32, municipality: u32) -> Home {
    Home {
        from,
        to,
        municipality,
    }
}

#[test]
fn controls_stand_in_the_stratum_of_their_case_and_are_used_once() {
    let cases: Vec<_> = (0..4).map(|n| (facts(n, n % 2), Vec::new())).collect();
    let pool: Vec<_> = (10..20).map(|n| (facts(n, n % 2), Vec::new())).collect();
    let found = draw(terms(2), &cases, &pool);
    assert_eq!(found.len(), 8);
    let mut controls: Vec<u32> = found.iter().map(|pair| pair.control.value()).collect();
    controls.sort_unstable();
    controls.dedup();
    assert_eq!(controls.len(), 8, "nobody is taken twice");
    assert!(
        found
            .iter()
            .all(|pair| pair.case.value() % 2 == pair.control.value() % 2)
    );
}

#[test]
fn who_is_too_few_is_shared_only_where_that_is_allowed() {
    let cases: Vec<_> = (0..4).map(|n| (facts(n, 0), Vec::new())).collect();
    let pool: Vec<_> = (10..15).map(|n| (facts(n, 0), Vec::new())).collect();
    assert_eq!(draw(terms(2), &cases, &pool).len(), 5);
    let reused = Terms {
        reused: true,
        ..terms(2)
    };
    let found = draw(reused, &cases, &pool);
    assert_eq!(found.len(), 8);
    let mut pairs = found;
    pairs.sort();
    pairs.dedup();
    assert_eq!(pairs.len(), 8, "but never twice by the same case");
}

#[test]
fn a_control_is_alive_and_lives_where_the_case_lives_on_its_index_date() {
    let alive = Terms {
        alive: true,
        residence: true,
        ..terms(9)
    };
    let dead = Facts {
        died: Some(99),
        ..facts(11, 0)
    };
    let dies_that_day = Facts {
        died: Some(100),
        ..facts(12, 0)
    };
    let unborn = Facts {
        born: Some(101),
        ..facts(13, 0)
    };
    let unknown = Facts {
        born: None,
        ..facts(14, 0)
    };
    let there = || vec![home(0, 50, 2), home(51, i32::MAX, 1)];
    let pool = [
        (dead, there()),
        (dies_that_day, there()),
        (unborn, there()),
        (unknown, there()),
        (facts(15, 0), vec![home(0, 99, 1), home(100, 200, 2)]),
        (facts(16, 0), vec![home(0, 100, 1)]),
        (facts(17, 0), Vec::new()),
    ];
    let case = [(facts(1, 0), vec![home(90, 110, 1)])];
    let mut found: Vec<u32> = draw(alive, &case, &pool)
        .iter()
        .map(|pair| pair.control.value())
        .collect();
    found.sort_unstable();
    assert_eq!(found, [12, 16]);
    let without_index = [(
        Facts {
            index: None,
            ..facts(1, 0)
        },
        vec![home(90, 110, 1)],
    )];
    assert_eq!(draw(alive, &without_index, &pool), []);
}

/// The same by its definition: a circle that is turned, and looked through from the beginning.
fn naive(terms: Terms, cases: &[Facts], pool: &[Facts]) -> Vec<Control> {
    let mut used: Vec<PersonNumber> = Vec::new();
    let mut order: Vec<&Facts> = cases.iter().collect();
    order.sort_by_key(|case| terms.cases.of(case.number));
    let mut found = Vec::new();
    for case in order {
        let mut circle: Vec<&Facts> = pool.iter().filter(|c| c.stratum == case.stratum).collect();
        circle.sort_by_key(|candidate| terms.controls.of(candidate.number));
        let lot = terms.cases.of(case.number);
        let before = circle
            .iter()
            .filter(|candidate| terms.controls.of(candidate.number) < lot)
            .count();
        circle.rotate_left(before);
        let suits = |candidate: &&&Facts| {
            let alive = candidate.born.is_some_and(|born| {
                let day = case.index.unwrap_or(i32::MIN);
                born <= day && candidate.died.is_none_or(|died| day <= died)
            });
            (!terms.alive || alive) && (terms.reused || !used.contains(&candidate.number))
        };
        let taken: Vec<PersonNumber> = circle
            .iter()
            .filter(suits)
            .take(terms.per_case)
            .map(|candidate| candidate.number)
            .collect();
        used.extend(&taken);
        found.extend(taken.into_iter().map(|control| Control {
            case: case.number,
            control,
        }));
    }
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_draw_is_the_one_that_is_defined(
        strata in proptest::collection::vec((0..3_u32, 0..200_i32, proptest::option::of(0..200_i32)), 2..60),
        n_cases in 1..20_usize,
        per_case in 1..5_usize,
        reused in any::<bool>(),
        alive in any::<bool>(),
    ) {
        let everybody: Vec<Facts> = strata
            .iter()
            .zip(0..)
            .map(|((stratum, born, died), n)| Facts {
                born: Some(*born),
                died: *died,
                ..facts(n * 3, *stratum)
            })
            .collect();
        let (cases, pool) = everybody.split_at(n_cases.min(everybody.len()));
        let terms = Terms { reused, alive, ..terms(per_case) };
        let with = |facts: &[Facts]| -> Vec<(Facts, Vec<Home>)> {
            facts.iter().map(|facts| (*facts, Vec::new())).collect()
        };
        let mut found = draw(terms, &with(cases), &with(pool));
        found.sort();
        prop_assert_eq!(found, naive(terms, cases, pool));
    }
}
