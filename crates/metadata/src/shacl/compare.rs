//! Literals: whether a text is one of its datatype, and which of two comes first.

use std::borrow::Cow;
use std::cmp::Ordering;

use oxrdf::{Literal, NamedNodeRef, vocab::xsd};

use super::moments;

/// Whether the text has the form of its datatype. Engines differ on derived integers: here, as in the published
/// results, an integer of any sign has their form, and [`departure`] says what it lacks.
pub(super) fn has_form(literal: &Literal) -> bool {
    let text = literal.value().trim();
    let datatype = literal.datatype();
    if is_integer_type(datatype) {
        return is_integer(text);
    }
    match datatype {
        xsd::BOOLEAN => matches!(text, "true" | "false" | "1" | "0"),
        xsd::DECIMAL => is_decimal(text),
        xsd::DOUBLE | xsd::FLOAT => {
            matches!(text, "INF" | "-INF" | "NaN") || text.parse::<f64>().is_ok()
        }
        xsd::DATE => moments::is_date(moments::strip_zone(text)),
        xsd::DATE_TIME => moments::canonical(text).is_some(),
        xsd::G_YEAR => moments::is_digits(moments::strip_zone(text.trim_start_matches('-')), 4),
        xsd::G_YEAR_MONTH => match moments::strip_zone(text).rsplit_once('-') {
            Some((year, month)) => moments::is_digits(year, 4) && moments::is_between(month, 1, 12),
            None => false,
        },
        xsd::TIME => moments::is_time(moments::strip_zone(text)),
        _ => true,
    }
}

/// What a text that has the form of its datatype still does not have; engines differ on it.
pub(super) fn departure(literal: &Literal) -> Option<&'static str> {
    let text = literal.value().trim();
    if literal.datatype() == xsd::DATE_TIME {
        let loosely = moments::canonical(text).is_some() && !moments::is_strict(text);
        return loosely.then_some("is a moment, but not written as its datatype asks");
    }
    let number: i128 = text.parse().ok()?;
    let in_range = match literal.datatype() {
        xsd::NON_NEGATIVE_INTEGER | xsd::UNSIGNED_INT | xsd::UNSIGNED_LONG => number >= 0,
        xsd::POSITIVE_INTEGER => number > 0,
        xsd::NEGATIVE_INTEGER => number < 0,
        xsd::NON_POSITIVE_INTEGER => number <= 0,
        _ => true,
    };
    (!in_range).then_some("lies outside the numbers of its own datatype")
}

/// The text that patterns are held against: moments in one form, as the published results have them.
pub(super) fn pattern_text(literal: &Literal) -> Cow<'_, str> {
    let canonical = (literal.datatype() == xsd::DATE_TIME)
        .then(|| moments::canonical(literal.value().trim()))
        .flatten();
    canonical.map_or(Cow::Borrowed(literal.value()), Cow::Owned)
}

/// Order of two literals, where they can be ordered: numbers by value, other texts of one datatype by their form.
pub(super) fn order(one: &Literal, other: &Literal) -> Option<Ordering> {
    if is_numeric(one.datatype()) && is_numeric(other.datatype()) {
        let value = |literal: &Literal| literal.value().trim().parse::<f64>().ok();
        return value(one)?.partial_cmp(&value(other)?);
    }
    (one.datatype() == other.datatype()).then(|| one.value().cmp(other.value()))
}

fn is_numeric(datatype: NamedNodeRef<'_>) -> bool {
    is_integer_type(datatype) || [xsd::DECIMAL, xsd::DOUBLE, xsd::FLOAT].contains(&datatype)
}

fn is_integer_type(datatype: NamedNodeRef<'_>) -> bool {
    [
        xsd::INTEGER,
        xsd::NON_NEGATIVE_INTEGER,
        xsd::POSITIVE_INTEGER,
        xsd::NEGATIVE_INTEGER,
        xsd::NON_POSITIVE_INTEGER,
        xsd::INT,
        xsd::LONG,
        xsd::SHORT,
        xsd::BYTE,
        xsd::UNSIGNED_INT,
        xsd::UNSIGNED_LONG,
        xsd::UNSIGNED_SHORT,
        xsd::UNSIGNED_BYTE,
    ]
    .contains(&datatype)
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    (!whole.is_empty() || !part.is_empty())
        && whole
            .bytes()
            .chain(part.bytes())
            .all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, datatype: NamedNodeRef<'_>) -> Literal {
        Literal::new_typed_literal(text, datatype)
    }

    #[test]
    fn a_text_is_judged_by_the_form_of_its_datatype() {
        for (text, datatype, is_one) in [
            ("2024-02-29", xsd::DATE, true),
            ("2024-02-29+01:00", xsd::DATE, true),
            ("2024", xsd::DATE, false),
            ("2024-13-01", xsd::DATE, false),
            ("2024-01-01T12:00:00Z", xsd::DATE_TIME, true),
            ("2024-01-01T12:00:00.5+02:00", xsd::DATE_TIME, true),
            ("2024-01-01", xsd::DATE_TIME, true),
            ("20090621T0545Z", xsd::DATE_TIME, true),
            ("yesterday", xsd::DATE_TIME, false),
            ("-1", xsd::NON_NEGATIVE_INTEGER, true),
            ("1.5", xsd::INTEGER, false),
            ("1.5", xsd::DECIMAL, true),
            ("yes", xsd::BOOLEAN, false),
            ("2024", xsd::G_YEAR, true),
        ] {
            assert_eq!(
                has_form(&literal(text, datatype)),
                is_one,
                "{text} {datatype}"
            );
        }
        assert!(departure(&literal("-1", xsd::NON_NEGATIVE_INTEGER)).is_some());
        assert!(departure(&literal("0", xsd::NON_NEGATIVE_INTEGER)).is_none());
        assert!(departure(&literal("20090621T0545Z", xsd::DATE_TIME)).is_some());
        assert!(departure(&literal("2009-06-21T05:45:00Z", xsd::DATE_TIME)).is_none());
    }

    #[test]
    fn numbers_are_ordered_by_value_and_texts_only_within_their_datatype() {
        let small = literal("9", xsd::INTEGER);
        let large = literal("10.0", xsd::DECIMAL);
        assert_eq!(order(&small, &large), Some(Ordering::Less));
        assert_eq!(order(&small, &literal("2024-01-01", xsd::DATE)), None);
    }
}
