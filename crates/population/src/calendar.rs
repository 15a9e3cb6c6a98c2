//! Civil dates as days since 1 January 1970, without a clock and without time zones.

/// The day number of a date of the proleptic Gregorian calendar.
pub(crate) const fn day(year: i32, month: i32, day: i32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day number.
pub(crate) const fn civil(number: i32) -> (i32, i32, i32) {
    let z = number + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z - era * 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The calendar year of a day number.
pub(crate) const fn year_of(number: i32) -> i32 {
    civil(number).0
}

/// Completed years from `born` to `on`.
pub(crate) const fn age_on(born: i32, on: i32) -> i32 {
    let (birth_year, birth_month, birth_day) = civil(born);
    let (year, month, day) = civil(on);
    let had_birthday = month > birth_month || (month == birth_month && day >= birth_day);
    year - birth_year - if had_birthday { 0 } else { 1 }
}

/// Days in a month.
pub(crate) const fn month_length(year: i32, month: i32) -> i32 {
    if month == 12 {
        31
    } else {
        day(year, month + 1, 1) - day(year, month, 1)
    }
}

/// 0 for Monday, 6 for Sunday.
pub(crate) const fn weekday(number: i32) -> i32 {
    (number + 3).rem_euclid(7)
}

/// ISO year, ISO week and the Monday of that week.
pub(crate) const fn iso_week(number: i32) -> (i32, i32, i32) {
    let monday = number - weekday(number);
    let year = year_of(monday + 3);
    let first = day(year, 1, 4);
    let first_monday = first - weekday(first);
    (year, (monday - first_monday) / 7 + 1, monday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_travel_both_ways() {
        assert_eq!(day(1970, 1, 1), 0);
        assert_eq!(day(2000, 3, 1), 11_017);
        for number in (-40_000..30_000).step_by(17) {
            let (y, m, d) = civil(number);
            assert_eq!(day(y, m, d), number);
        }
    }

    #[test]
    fn age_counts_completed_years() {
        assert_eq!(age_on(day(1980, 5, 10), day(2025, 5, 9)), 44);
        assert_eq!(age_on(day(1980, 5, 10), day(2025, 5, 10)), 45);
    }

    #[test]
    fn weeks_follow_iso() {
        assert_eq!(iso_week(day(2021, 1, 1)), (2020, 53, day(2020, 12, 28)));
        assert_eq!(iso_week(day(2024, 12, 30)), (2025, 1, day(2024, 12, 30)));
        assert_eq!(weekday(day(2025, 11, 17)), 0);
    }
}
