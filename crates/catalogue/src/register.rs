//! A register as its file under `content/registers` describes it.

use base::{Date, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::Text;

/// A register: one source of data with one controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Short name, equal to the file's name: `lpr3`.
    pub id: String,
    /// Full name.
    pub name: Text,
    /// The abbreviation that users know: `LPR3`.
    #[serde(default)]
    pub abbreviation: Option<String>,
    /// Data controller: an organisation under `content/authorities`, or `other`.
    pub controller: OrganisationId,
    /// The controller's name where it has no file of its own.
    #[serde(default)]
    pub controller_name: Option<String>,
    /// Category of the data map (an island): a key of `content/categories.toml`.
    pub category: String,
    /// Categories of Art. 51(1) of Regulation (EU) 2025/327, as letters.
    #[serde(default)]
    pub ehds_categories: Vec<String>,
    /// What it holds.
    pub description: Text,
    /// First year covered, if known.
    #[serde(default)]
    pub from_year: Option<i16>,
    /// Last year covered, if the register is closed.
    #[serde(default)]
    pub to_year: Option<i16>,
    /// How often it is brought up to date: `DAILY`, `MONTHLY`, `ANNUAL`, `NEVER`, …
    #[serde(default)]
    pub update_frequency: Option<String>,
    /// Persons covered, if stated by a source.
    #[serde(default)]
    pub persons: Option<u64>,
    /// Where the facts come from.
    pub source: String,
    /// Whether the controller has confirmed the description.
    #[serde(default)]
    pub confirmed: bool,
    /// Words that people search by and that stand nowhere else in the description.
    #[serde(default)]
    pub lay_words: Vec<String>,
    /// What outputs made from it must hold; the installation's policy where nothing is stated.
    #[serde(default)]
    pub output_policy: Option<OutputPolicy>,
    /// Price and time to get access, as published.
    #[serde(default)]
    pub access: Option<Access>,
    /// Tables, where the variables are public.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
}

/// Access to a register as its controller publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The authority that decides.
    pub authority: OrganisationId,
    /// Lowest price, in øre.
    #[serde(default)]
    pub price_from_ore: Option<i64>,
    /// Highest price, in øre.
    #[serde(default)]
    pub price_to_ore: Option<i64>,
    /// Median days from complete application to decision.
    #[serde(default)]
    pub days_median: Option<u32>,
    /// Where the figures come from.
    pub source: String,
}

/// What every cell of an output must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputPolicy {
    /// Fewest distinct persons behind a cell.
    pub persons_min: u32,
    /// Largest share one person may contribute, in thousandths.
    pub largest_share_max_permille: u32,
}

impl OutputPolicy {
    /// The policy that satisfies both.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        Self {
            persons_min: self.persons_min.max(other.persons_min),
            largest_share_max_permille: self
                .largest_share_max_permille
                .min(other.largest_share_max_permille),
        }
    }
}

/// A table of a register, as delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name in files: `kontakter`. Extract tables are named `<register>_<table>`.
    pub name: String,
    /// What a row is.
    pub label: Text,
    /// The variable that dates a row (type date or a year as integer); rows are sorted by person and this.
    #[serde(default)]
    pub date_variable: Option<String>,
    /// Pairs of date variables that must stand in order: the first never after the second.
    #[serde(default)]
    pub date_order: Vec<[String; 2]>,
    /// Whether the synthetic Denmark delivers it and reception takes it. Others are described only.
    #[serde(default)]
    pub deliverable: bool,
    /// Variables, in delivery order.
    #[serde(rename = "variable")]
    pub variables: Vec<Variable>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Name in files: `diag_kode`.
    pub name: String,
    /// What it says.
    pub label: Text,
    /// Type of its values.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// What the column does to people: see [`ColumnRole`]. Without a role a description does not load.
    pub role: ColumnRole,
    /// Code list its values are from: a file under `content/codelists`.
    #[serde(default)]
    pub code_list: Option<String>,
    /// Codes are checked at reception against the list; otherwise only its pattern is.
    #[serde(default)]
    pub strict_codes: bool,
    /// Pattern its values match (only `[..]`, digits, letters and `{m,n}`), shown on the page and checked at reception.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Unit of a number.
    #[serde(default)]
    pub unit: Option<String>,
    /// Smallest value that can be.
    #[serde(default)]
    pub minimum: Option<i64>,
    /// Largest value that can be.
    #[serde(default)]
    pub maximum: Option<i64>,
    /// Whether a row may lack it.
    #[serde(default)]
    pub nullable: bool,
    /// What it means across registers: `birth_date`, `death_date`, `sex`, `municipality`, `diagnosis`, `drug`, …
    #[serde(default)]
    pub concept: Option<String>,
    /// Ways to give less detail, the finest first.
    #[serde(default)]
    pub coarsenings: Vec<Coarsening>,
    /// First date with this meaning.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// Last date with this meaning.
    #[serde(default)]
    pub valid_to: Option<Date>,
}

/// Type of a variable's values, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// UTF-8 text.
    Text,
    /// 64-bit signed integer.
    Integer,
    /// Double precision number.
    Decimal,
    /// Calendar date.
    Date,
}

/// What a column does to people; decides how it is stored and what an extract shows of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ColumnRole {
    /// The person a row is about: becomes a person number, then the permit's pseudonym. One per table.
    Person,
    /// Another person: mother, father, spouse.
    PersonReference,
    /// Key of a record (contact, requisition): a dense internal number, permuted per permit and domain.
    RecordKey(String),
    /// Key of a family or household.
    FamilyKey,
    /// Key of a hospital department, clinic or doctor.
    ProviderKey,
    /// Free text: scanned for identifiers and given only by its own line in the permit.
    FreeText,
    /// A value that identifies nobody by itself.
    Plain,
}

impl ColumnRole {
    /// The domain of keys that are permuted together, or none for values.
    pub fn key_domain(&self) -> Option<String> {
        match self {
            Self::Person | Self::PersonReference => Some("person".to_owned()),
            Self::RecordKey(domain) => Some(format!("record:{domain}")),
            Self::FamilyKey => Some("family".to_owned()),
            Self::ProviderKey => Some("provider".to_owned()),
            Self::FreeText | Self::Plain => None,
        }
    }
}

impl TryFrom<String> for ColumnRole {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "person" => Self::Person,
            "person-reference" => Self::PersonReference,
            "family" => Self::FamilyKey,
            "provider" => Self::ProviderKey,
            "free-text" => Self::FreeText,
            "plain" => Self::Plain,
            other => match other.strip_prefix("record:") {
                Some(domain) if !domain.is_empty() => Self::RecordKey(domain.to_owned()),
                _ => {
                    return Err(format!(
                        "unknown role `{other}`: use person, person-reference, record:<domain>, family, provider, free-text or plain"
                    ));
                }
            },
        })
    }
}

impl From<ColumnRole> for String {
    fn from(role: ColumnRole) -> Self {
        match role {
            ColumnRole::Person => "person".to_owned(),
            ColumnRole::PersonReference => "person-reference".to_owned(),
            ColumnRole::RecordKey(domain) => format!("record:{domain}"),
            ColumnRole::FamilyKey => "family".to_owned(),
            ColumnRole::ProviderKey => "provider".to_owned(),
            ColumnRole::FreeText => "free-text".to_owned(),
            ColumnRole::Plain => "plain".to_owned(),
        }
    }
}

/// A way to give less detail of a variable. Written `none`, `month`, `year`, `band:5`, `prefix:3`, `region`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Coarsening {
    /// As stored.
    #[default]
    None,
    /// A date becomes the first of its month.
    Month,
    /// A date becomes the first of January of its year.
    Year,
    /// A number becomes the lower end of its band of this width.
    Band(u32),
    /// A code keeps this many leading characters.
    Prefix(u32),
    /// A municipality becomes its region, by the division valid on the row's date.
    Region,
}

impl TryFrom<String> for Coarsening {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "unknown coarsening `{text}`: use none, month, year, band:<width>, prefix:<characters> or region"
            )
        };
        let number = |digits: &str| {
            digits
                .parse::<u32>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(wrong)
        };
        Ok(match text.as_str() {
            "none" => Self::None,
            "month" => Self::Month,
            "year" => Self::Year,
            "region" => Self::Region,
            other => match other.split_once(':') {
                Some(("band", width)) => Self::Band(number(width)?),
                Some(("prefix", length)) => Self::Prefix(number(length)?),
                _ => return Err(wrong()),
            },
        })
    }
}

impl From<Coarsening> for String {
    fn from(coarsening: Coarsening) -> Self {
        match coarsening {
            Coarsening::None => "none".to_owned(),
            Coarsening::Month => "month".to_owned(),
            Coarsening::Year => "year".to_owned(),
            Coarsening::Band(width) => format!("band:{width}"),
            Coarsening::Prefix(length) => format!("prefix:{length}"),
            Coarsening::Region => "region".to_owned(),
        }
    }
}

impl Register {
    /// The table of a name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The variable of a name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The variable that says whom a row is about.
    pub fn person_variable(&self) -> Option<&Variable> {
        self.variables
            .iter()
            .find(|variable| variable.role == ColumnRole::Person)
    }
}
