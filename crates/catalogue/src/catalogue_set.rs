//! All content of the catalogue, checked together.

use std::collections::BTreeMap;

use crate::breaks::Breaks;
use crate::category::{self, Category};
use crate::codelist::CodeList;
use crate::lay_words::LayWords;
use crate::links::Links;
use crate::pattern::Pattern;
use crate::regions::RegionDivision;
use crate::register::{ColumnRole, Register, Table, Variable};

/// A file of content: its path below `content/` and its text.
#[derive(Debug, Clone)]
pub struct ContentFile<'a> {
    /// Path with `/`, as `registers/lpr3.toml`.
    pub path: &'a str,
    /// UTF-8 text.
    pub text: &'a str,
}

/// A content file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("content/{path}: {problem}")]
pub struct ContentError {
    /// Path below `content/`.
    pub path: String,
    /// What is wrong and where, in words.
    pub problem: String,
}

impl ContentError {
    /// An error at a file.
    pub fn new(path: &str, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Registers and code lists, with what orders and explains them.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    registers: BTreeMap<String, Register>,
    code_lists: BTreeMap<String, CodeList>,
    categories: Vec<Category>,
    regions: RegionDivision,
    lay_words: LayWords,
    links: Links,
    breaks: Breaks,
}

impl Catalogue {
    /// Reads every `registers/*.toml` and `codelists/*.csv`, `breaks.toml`,
    /// `categories.toml`, `links.toml`, `regions.toml` and `search/lay-words.toml` among the files and checks them together. Other files are passed over.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
    ) -> Result<Self, ContentError> {
        let mut catalogue = Self::default();
        for file in files {
            if let Some(name) = stem(file.path, "registers/", ".toml") {
                let register = parse_register(&file, name)?;
                catalogue.registers.insert(register.id.clone(), register);
            } else if let Some(name) = stem(file.path, "codelists/", ".csv") {
                let list = CodeList::parse(name, file.text)
                    .map_err(|problem| ContentError::new(file.path, problem.to_string()))?;
                catalogue.code_lists.insert(list.id.clone(), list);
            } else {
                let wrong = |problem| ContentError::new(file.path, problem);
                match file.path {
                    "categories.toml" => {
                        catalogue.categories = category::parse(file.text).map_err(wrong)?;
                    }
                    "breaks.toml" => {
                        catalogue.breaks = Breaks::parse(file.text).map_err(wrong)?;
                    }
                    "links.toml" => {
                        catalogue.links = Links::parse(file.text).map_err(wrong)?;
                    }
                    "regions.toml" => {
                        catalogue.regions = RegionDivision::parse(file.text).map_err(wrong)?;
                    }
                    "search/lay-words.toml" => {
                        catalogue.lay_words = LayWords::parse(file.text).map_err(wrong)?;
                    }
                    _ => {}
                }
            }
        }
        catalogue.check()?;
        Ok(catalogue)
    }

    /// Every register, by id.
    pub fn registers(&self) -> impl Iterator<Item = &Register> {
        self.registers.values()
    }

    /// The register of an id.
    pub fn register(&self, id: &str) -> Option<&Register> {
        self.registers.get(id)
    }

    /// The table of a register.
    pub fn table(&self, register: &str, table: &str) -> Option<&Table> {
        self.register(register)?.table(table)
    }

    /// The variable of a table.
    pub fn variable(&self, register: &str, table: &str, name: &str) -> Option<&Variable> {
        self.table(register, table)?.variable(name)
    }

    /// Every code list, by id.
    pub fn code_lists(&self) -> impl Iterator<Item = &CodeList> {
        self.code_lists.values()
    }

    /// The code list of an id.
    pub fn code_list(&self, id: &str) -> Option<&CodeList> {
        self.code_lists.get(id)
    }

    /// The islands of the data map, in the order of the page.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category of an id.
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// Regions and their municipalities over time.
    pub const fn regions(&self) -> &RegionDivision {
        &self.regions
    }

    /// Words that people use for diseases, medicine and events.
    pub const fn lay_words(&self) -> &LayWords {
        &self.lay_words
    }

    /// How registers hang together.
    pub const fn links(&self) -> &Links {
        &self.links
    }

    /// Breaks in series.
    pub const fn breaks(&self) -> &Breaks {
        &self.breaks
    }

    /// The deliverable table and variable that state a concept of persons (`birth_date`, `sex`, …).
    /// The first by register id counts.
    pub fn find_concept(&self, concept: &str) -> Option<(&Register, &Table, &Variable)> {
        self.registers.values().find_map(|register| {
            register
                .tables
                .iter()
                .filter(|table| table.deliverable)
                .find_map(|table| {
                    table
                        .variables
                        .iter()
                        .find(|variable| variable.concept.as_deref() == Some(concept))
                        .map(|variable| (register, table, variable))
                })
        })
    }

    fn check(&self) -> Result<(), ContentError> {
        for register in self.registers.values() {
            self.check_register(register).map_err(|problem| {
                ContentError::new(&format!("registers/{}.toml", register.id), problem)
            })?;
        }
        self.links
            .check(self)
            .map_err(|problem| ContentError::new("links.toml", problem))?;
        self.breaks
            .check(self)
            .map_err(|problem| ContentError::new("breaks.toml", problem))?;
        self.lay_words
            .check(self)
            .map_err(|problem| ContentError::new("search/lay-words.toml", problem))
    }

    fn check_register(&self, register: &Register) -> Result<(), String> {
        if !self.categories.is_empty() && self.category(&register.category).is_none() {
            return Err(format!(
                "category `{}` is not in content/categories.toml",
                register.category
            ));
        }
        let mut names: Vec<&str> = register.tables.iter().map(|t| t.name.as_str()).collect();
        if let Some(name) = first_repeated(&mut names) {
            return Err(format!("table `{name}` stands twice"));
        }
        for table in &register.tables {
            let of_table = |problem: String| format!("table `{}`: {problem}", table.name);
            check_table(table).map_err(of_table)?;
            for variable in &table.variables {
                self.check_variable(variable).map_err(|problem| {
                    of_table(format!("variable `{}`: {problem}", variable.name))
                })?;
            }
        }
        Ok(())
    }

    fn check_variable(&self, variable: &Variable) -> Result<(), String> {
        if variable.strict_codes {
            match &variable.code_list {
                None => return Err("strict codes need a code list".to_owned()),
                Some(list) if !self.code_lists.contains_key(list) => {
                    return Err(format!(
                        "names the code list `{list}`, which is not under content/codelists"
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(pattern) = &variable.pattern {
            Pattern::parse(pattern).map_err(|error| error.to_string())?;
        }
        match (variable.minimum, variable.maximum) {
            (Some(low), Some(high)) if high < low => {
                Err(format!("the minimum {low} is above the maximum {high}"))
            }
            _ => Ok(()),
        }
    }
}

fn stem<'a>(path: &'a str, folder: &str, ending: &str) -> Option<&'a str> {
    path.strip_prefix(folder)?
        .strip_suffix(ending)
        .filter(|name| !name.contains('/'))
}

fn parse_register(file: &ContentFile<'_>, name: &str) -> Result<Register, ContentError> {
    let register: Register = toml::from_str(file.text)
        .map_err(|error| ContentError::new(file.path, error.to_string().trim_end().to_owned()))?;
    if register.id != name {
        return Err(ContentError::new(
            file.path,
            format!("`id` is `{}`, but the file is named `{name}`", register.id),
        ));
    }
    Ok(register)
}

fn check_table(table: &Table) -> Result<(), String> {
    let mut names: Vec<&str> = table.variables.iter().map(|v| v.name.as_str()).collect();
    if let Some(name) = first_repeated(&mut names) {
        return Err(format!("variable `{name}` stands twice"));
    }
    let persons = table
        .variables
        .iter()
        .filter(|v| v.role == ColumnRole::Person)
        .count();
    if persons > 1 {
        return Err("more than one variable has the role person; use person-reference".to_owned());
    }
    if table.deliverable && persons == 0 {
        return Err("a deliverable table needs one variable with the role person".to_owned());
    }
    let dated = table
        .date_variable
        .iter()
        .chain(table.date_order.iter().flatten());
    for name in dated {
        if table.variable(name).is_none() {
            return Err(format!(
                "`{name}` is named as a date but is no variable of the table"
            ));
        }
    }
    Ok(())
}

fn first_repeated<'a>(names: &mut [&'a str]) -> Option<&'a str> {
    names.sort_unstable();
    let pair = names.windows(2).find(|pair| pair.first() == pair.last())?;
    pair.first().copied()
}
