//! Kin: marriages, mothers and fathers, found among the persons of the same block.
//!
//! A block is a random sample of the country, so there is always somebody of the right
//! age; relatives never cross a block, which keeps blocks independent.

use crate::calendar::age_on;
use crate::figures::{CivilCounts, figures};
use crate::number::{at, index, round};
use crate::person::{Fate, Parting, Person, Sex, Union};
use crate::random::{Draws, Topic};

/// Years a wife is younger than her husband, on average.
const AGE_GAP_DAYS: i32 = 900;

/// Mean and spread of a mother's age at birth. Source: mean 30.9 in 2011 and 27 around
/// 1977 (Statistics Denmark, sourced for 2011).
const MOTHER_AGE: (f64, f64) = (29.3, 4.9);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Single,
    Married,
    Widowed,
    Divorced,
}

/// Gives every person marriages and parents.
pub(crate) fn bind(seed: u64, people: &mut [Person]) {
    let standings: Vec<Standing> = people.iter().map(|p| standing(seed, p)).collect();
    marry(seed, people, &standings);
    find_parents(seed, people);
}

/// Civil status at the end of the person's residence, by the pyramid's shares.
fn standing(seed: u64, person: &Person) -> Standing {
    let mut draws = Draws::new(seed, person.key, Topic::Family, 0);
    let age = index(age_on(person.born, person.until - 1)).min(104);
    let counts = figures()
        .civil
        .get(person.sex.index())
        .map_or(CivilCounts::default(), |c| at(c, age));
    let shares = [
        counts.never,
        counts.married,
        counts.widowed,
        counts.divorced,
    ];
    let cumulative = crate::figures::cumulate(shares.into_iter());
    match draws.pick(&cumulative) {
        1 => Standing::Married,
        2 => Standing::Widowed,
        3 => Standing::Divorced,
        _ => Standing::Single,
    }
}

/// Pairs the married with the married, the widowed with the dead; the rest of the dead
/// with each other.
fn marry(seed: u64, people: &mut [Person], standings: &[Standing]) {
    let of = |people: &[Person], sex: Sex, wanted: &dyn Fn(&Person, Standing) -> bool| {
        let mut places: Vec<usize> = people
            .iter()
            .zip(standings)
            .enumerate()
            .filter(|(_, (p, s))| p.sex == sex && wanted(p, **s))
            .map(|(place, _)| place)
            .collect();
        let shift = if sex == Sex::Woman { AGE_GAP_DAYS } else { 0 };
        places.sort_by_key(|&place| {
            let Some(person) = people.get(place) else {
                return 0;
            };
            let mut draws = Draws::new(seed, person.key, Topic::Family, 1);
            person.born - shift + round(draws.normal() * 900.0)
        });
        places
    };
    let married = |p: &Person, s: Standing| s == Standing::Married && p.fate == Fate::Resident;
    let pairs: Vec<(usize, usize)> = of(people, Sex::Man, &married)
        .into_iter()
        .zip(of(people, Sex::Woman, &married))
        .collect();
    let widowed = |p: &Person, s: Standing| s == Standing::Widowed && p.fate == Fate::Resident;
    let late = |p: &Person, s: Standing| p.fate == Fate::Dead && s == Standing::Married;
    let widows = of(people, Sex::Woman, &widowed);
    let widowers = of(people, Sex::Man, &widowed);
    let dead_men = of(people, Sex::Man, &late);
    let dead_women = of(people, Sex::Woman, &late);
    let (men_left, women_left) = (
        nearest(people, &widows, &dead_men),
        nearest(people, &widowers, &dead_women),
    );
    for (one, other) in pairs.into_iter().chain(men_left).chain(women_left) {
        wed(seed, people, one, other);
    }
    for (place, standing) in standings.iter().enumerate() {
        settle(seed, people, place, *standing);
    }
}

/// Each of `seekers` with the dead spouse whose age fits best, walking both by birth.
fn nearest(people: &[Person], seekers: &[usize], dead: &[usize]) -> Vec<(usize, usize)> {
    let born = |place: usize| people.get(place).map_or(0, |p| p.born);
    let mut free: Vec<usize> = dead.to_vec();
    free.sort_by_key(|&place| born(place));
    let mut pairs = Vec::new();
    for &seeker in seekers {
        let Some(person) = people.get(seeker) else {
            continue;
        };
        let gap = if person.sex == Sex::Woman {
            -AGE_GAP_DAYS
        } else {
            AGE_GAP_DAYS
        };
        let wanted = person.born + gap;
        let above = free.partition_point(|&place| born(place) < wanted);
        let found = if above < free.len() {
            above
        } else {
            free.len().saturating_sub(1)
        };
        if free
            .get(found)
            .is_some_and(|&place| (born(place) - wanted).abs() < 4500)
        {
            pairs.push((seeker, free.remove(found)));
        }
    }
    pairs
}

/// The day a marriage could begin: both are grown, alive and here.
fn wed(seed: u64, people: &mut [Person], one: usize, other: usize) {
    let (Some(a), Some(b)) = (people.get(one), people.get(other)) else {
        return;
    };
    let mut draws = Draws::new(seed, a.key.min(b.key), Topic::Family, 2);
    let younger = a.born.max(b.born);
    let wanted = younger + round(365.25 * (22.0 + draws.waiting(7.0)));
    let last = a.until.min(b.until) - 1;
    let earliest = (younger + 18 * 366).max(a.from).max(b.from);
    if earliest >= last {
        return;
    }
    let from = wanted.clamp(earliest, last);
    let end_of = |p: &Person| p.died().map(|died| died + 1);
    let ended = match (end_of(a), end_of(b)) {
        (Some(x), Some(y)) => Some((x.min(y), Parting::Death)),
        (x, y) => x.or(y).map(|day| (day, Parting::Death)),
    };
    for (place, spouse) in [(one, other), (other, one)] {
        if let Some(person) = people.get_mut(place) {
            person.union = Some(Union {
                spouse: Some(spouse),
                from,
                ended,
            });
        }
    }
}

/// Those without a partner in the block: divorces, and spouses who live elsewhere.
fn settle(seed: u64, people: &mut [Person], place: usize, standing: Standing) {
    let Some(person) = people.get_mut(place) else {
        return;
    };
    if person.union.is_some() || standing == Standing::Single {
        return;
    }
    let mut draws = Draws::new(seed, person.key, Topic::Family, 3);
    let grown = person.born + 18 * 366;
    let from = (person.born + round(365.25 * (21.0 + draws.waiting(8.0))))
        .clamp(grown, person.until.max(grown));
    let length = round(365.25 * (1.0 + draws.waiting(11.0)));
    let ended = match standing {
        Standing::Divorced => Some((from + length, Parting::Divorce)),
        Standing::Widowed => {
            let years_alone = round(365.25 * draws.waiting(7.0));
            Some((
                (person.until - 1 - years_alone).max(from + 1),
                Parting::Death,
            ))
        }
        _ => None,
    };
    // A divorce after the end of the person's story has not happened yet.
    let ended = ended.filter(|(day, _)| *day < person.until);
    if from < person.until - 1 {
        person.union = Some(Union {
            spouse: None,
            from,
            ended,
        });
    }
}

fn find_parents(seed: u64, people: &mut [Person]) {
    let mut women: Vec<(i32, usize)> = by_birth(people, Sex::Woman);
    let mut men: Vec<(i32, usize)> = by_birth(people, Sex::Man);
    women.sort_unstable();
    men.sort_unstable();
    let mut births: Vec<Vec<i32>> = vec![Vec::new(); people.len()];
    let found: Vec<(Option<usize>, Option<usize>)> = people
        .iter()
        .map(|child| {
            // Parents of immigrants live abroad, and old CPR entries name no parents.
            if child.origin == "2" || child.born < crate::calendar::day(1953, 1, 1) {
                return (None, None);
            }
            let mut draws = Draws::new(seed, child.key, Topic::Family, 4);
            let gap = (MOTHER_AGE.0 + MOTHER_AGE.1 * draws.normal()).clamp(16.0, 46.0);
            let start = child.born - round(gap * 365.25) - draws.below(120);
            let spaced = |place: usize| {
                let earlier = births.get(place).map_or(&[][..], Vec::as_slice);
                earlier.len() < 5 && earlier.iter().all(|b| (b - child.born).abs() > 330)
            };
            let mother = parent(people, &women, child.born, start, &spaced);
            if let Some(days) = mother.and_then(|m| births.get_mut(m)) {
                days.push(child.born);
            }
            let father = mother
                .and_then(|m| people.get(m))
                .and_then(|m| husband(people, m, child.born));
            let father = father.or_else(|| {
                let gap = (gap + 2.4 + 3.0 * draws.normal()).clamp(17.0, 62.0);
                let start = child.born - round(gap * 365.25) - draws.below(200);
                parent(people, &men, child.born, start, &|_| true)
            });
            (mother, father)
        })
        .collect();
    for (person, (mother, father)) in people.iter_mut().zip(found) {
        person.mother = mother;
        person.father = father;
    }
}

fn by_birth(people: &[Person], sex: Sex) -> Vec<(i32, usize)> {
    let of_sex = people.iter().enumerate().filter(|(_, p)| p.sex == sex);
    of_sex.map(|(place, p)| (p.born, place)).collect()
}

/// The first one born after `start` who lives here at the birth, is grown and fits.
fn parent(
    people: &[Person],
    candidates: &[(i32, usize)],
    born: i32,
    start: i32,
    fits: &dyn Fn(usize) -> bool,
) -> Option<usize> {
    let first = candidates.partition_point(|&(b, _)| b < start);
    candidates
        .iter()
        .skip(first)
        .take(24)
        .find(|&&(b, place)| {
            let here = people.get(place).is_some_and(|p| p.resident_on(born));
            here && born - b > 15 * 365 && fits(place)
        })
        .map(|&(_, place)| place)
}

/// The mother's spouse, if the marriage is near enough to the birth.
fn husband(people: &[Person], mother: &Person, born: i32) -> Option<usize> {
    let union = mother.union?;
    let spouse = union.spouse?;
    let near = union.from <= born + 6 * 365 && union.ended.is_none_or(|(end, _)| end > born - 270);
    let man = people.get(spouse)?;
    (near && man.born < born - 16 * 365 && man.alive_on(born - 270)).then_some(spouse)
}

/// Families at one reference day: for each person of the block its head (own place when
/// alone), and for each head the numbers of persons and of children.
#[derive(Debug)]
pub(crate) struct Families {
    pub(crate) head: Vec<usize>,
    pub(crate) persons: Vec<i32>,
    pub(crate) children: Vec<i32>,
}

impl Families {
    pub(crate) fn on(people: &[Person], day: i32) -> Self {
        let mut families = Self {
            head: Vec::with_capacity(people.len()),
            persons: vec![0; people.len()],
            children: vec![0; people.len()],
        };
        for (place, person) in people.iter().enumerate() {
            let child = is_child(person, day);
            let head = if child {
                child_head(people, place, person, day)
            } else {
                adult_head(people, place, day)
            };
            families.head.push(head);
            if person.resident_on(day) {
                if let Some(n) = families.persons.get_mut(head) {
                    *n += 1;
                }
                if let (true, Some(n)) = (child && head != place, families.children.get_mut(head)) {
                    *n += 1;
                }
            }
        }
        families
    }
}

/// Children live at home until they are 19 to 23.
fn is_child(person: &Person, day: i32) -> bool {
    let leaves = 19 + i32::try_from(person.key % 5).unwrap_or(0);
    day < person.born + leaves * 365 && person.union.is_none_or(|u| u.from > day)
}

fn adult_head(people: &[Person], place: usize, day: i32) -> usize {
    let spouse = people.get(place).and_then(|p| p.spouse_on(day));
    match spouse {
        Some(spouse) if people.get(spouse).is_some_and(|s| s.resident_on(day)) => place.min(spouse),
        _ => place,
    }
}

fn child_head(people: &[Person], place: usize, person: &Person, day: i32) -> usize {
    let parents = [person.mother, person.father];
    let home = parents
        .into_iter()
        .flatten()
        .find(|&parent| people.get(parent).is_some_and(|p| p.resident_on(day)));
    home.map_or(place, |parent| adult_head(people, parent, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demography::people;
    use crate::plan::Plan;

    #[test]
    fn marriages_are_mutual_and_parents_are_older() {
        let plan = Plan::new(3_000, 3);
        let mut people = people(&plan, 0);
        bind(plan.seed, &mut people);
        let mut with_mother = 0;
        for (place, person) in people.iter().enumerate() {
            if let Some(spouse) = person.union.and_then(|u| u.spouse) {
                assert_eq!(people[spouse].union.and_then(|u| u.spouse), Some(place));
                assert_ne!(people[spouse].sex, person.sex);
            }
            if let Some(mother) = person.mother {
                with_mother += 1;
                assert!(people[mother].born < person.born - 15 * 365);
                assert!(people[mother].resident_on(person.born));
            }
        }
        assert!(with_mother > 1_000);
    }
}
