//! Regions and their municipalities over time, as `content/regions.toml`.

use base::Date;
use serde::Deserialize;

use crate::Text;

/// A region while its borders hold.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Code as Danmarks Statistik writes it: `081`.
    pub code: String,
    /// Name.
    pub name: Text,
    /// First date.
    pub valid_from: Date,
    /// Last date, if it has ended or will end.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Municipality codes of three digits.
    pub municipalities: Vec<String>,
}

/// Every region with its dates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionDivision {
    #[serde(rename = "region")]
    regions: Vec<Region>,
}

impl RegionDivision {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let division: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        division.check()?;
        Ok(division)
    }

    /// Every region, in the order of the file.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The region of a municipality on a date. The code may have three digits or four (`0101`).
    /// Dates before the first division are answered by the first one.
    pub fn region_of(&self, municipality: &str, on: Date) -> Option<&Region> {
        let code = three_digits(municipality)?;
        let first = self.regions.iter().map(|region| region.valid_from).min()?;
        let on = on.max(first);
        self.regions.iter().find(|region| {
            region.holds_on(on) && region.municipalities.iter().any(|held| held == code)
        })
    }

    fn check(&self) -> Result<(), String> {
        for (at, region) in self.regions.iter().enumerate() {
            for code in &region.municipalities {
                if three_digits(code) != Some(code.as_str()) {
                    return Err(format!(
                        "`{code}` is not a municipality code of three digits"
                    ));
                }
                let twice = self.regions.iter().skip(at + 1).find(|other| {
                    other.municipalities.contains(code)
                        && (other.holds_on(region.valid_from) || region.holds_on(other.valid_from))
                });
                if let Some(other) = twice {
                    return Err(format!(
                        "municipality `{code}` is in `{}` and in `{}` at the same time",
                        region.code, other.code
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Region {
    /// Whether its borders hold on a date.
    pub fn holds_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_to.is_none_or(|last| date <= last)
    }
}

fn three_digits(code: &str) -> Option<&str> {
    let code = match code.len() {
        4 => code.strip_prefix('0')?,
        _ => code,
    };
    (code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIVISION: &str = r#"
        [[region]]
        code = "084"
        name = { da = "Region Hovedstaden", en = "Capital Region" }
        valid_from = "2007-01-01"
        valid_to = "2026-12-31"
        municipalities = ["101"]
        [[region]]
        code = "OEST"
        name = { da = "Region Østdanmark", en = "Region of Eastern Denmark" }
        valid_from = "2027-01-01"
        municipalities = ["101"]
    "#;

    fn code_on(municipality: &str, on: &str) -> Option<String> {
        let division = RegionDivision::parse(DIVISION).unwrap();
        let date = on.parse().unwrap();
        division
            .region_of(municipality, date)
            .map(|region| region.code.clone())
    }

    #[test]
    fn a_municipality_changes_region_on_the_day_of_the_reform() {
        assert_eq!(code_on("101", "2026-12-31").as_deref(), Some("084"));
        assert_eq!(code_on("0101", "2027-01-01").as_deref(), Some("OEST"));
        assert_eq!(code_on("101", "1999-05-01").as_deref(), Some("084"));
        assert_eq!(code_on("999", "2020-01-01"), None);
        assert_eq!(code_on("x", "2020-01-01"), None);
    }

    #[test]
    fn a_municipality_cannot_be_in_two_regions_at_once() {
        let overlapping = DIVISION.replace("2027-01-01", "2026-06-01");
        assert!(
            RegionDivision::parse(&overlapping)
                .unwrap_err()
                .contains("at the same time")
        );
    }
}
