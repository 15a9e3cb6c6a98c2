//! Breaks in series: what changed in a variable, when, and what to do about it. `content/breaks.toml`.

use std::collections::BTreeSet;

use base::Date;
use serde::{Deserialize, Serialize};

use crate::register::{Register, Table, Variable};
use crate::{Catalogue, Text};

/// A break in a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// What the variables mean.
    pub concept: String,
    /// Registers whose variables of that meaning it breaks.
    pub registers: BTreeSet<String>,
    /// First day of what came after.
    pub on: Date,
    /// What changed.
    pub change: Text,
    /// What to do about it.
    pub advice: Text,
    /// Where it is said.
    pub source: String,
}

/// A code system and the years in which the variables use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// What the variables mean.
    pub concept: String,
    /// Registers.
    pub registers: BTreeSet<String>,
    /// Name.
    pub name: Text,
    /// First year, where there was another before.
    #[serde(default)]
    pub from_year: Option<i16>,
    /// Last year, where another came after.
    #[serde(default)]
    pub to_year: Option<i16>,
}

/// Every break and code system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breaks {
    #[serde(default, rename = "system")]
    systems: Vec<System>,
    #[serde(default, rename = "break")]
    breaks: Vec<Break>,
}

/// A variable that carries a meaning for some years.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane<'a> {
    /// Register.
    pub register: &'a Register,
    /// Table.
    pub table: &'a Table,
    /// Variable.
    pub variable: &'a Variable,
    /// First year, where it is known.
    pub from_year: Option<i16>,
    /// Last year, if it ended.
    pub to_year: Option<i16>,
}

impl Breaks {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut breaks: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        breaks.breaks.sort_by_key(|found| found.on);
        breaks.systems.sort_by_key(|system| system.from_year);
        Ok(breaks)
    }

    /// Refuses registers that do not exist, or that have no such variable.
    pub(crate) fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        let of_breaks = self
            .breaks
            .iter()
            .map(|found| (&found.concept, &found.registers));
        let of_systems = self
            .systems
            .iter()
            .map(|system| (&system.concept, &system.registers));
        for (concept, registers) in of_breaks.chain(of_systems) {
            for id in registers {
                let Some(register) = catalogue.register(id) else {
                    return Err(format!("there is no register `{id}`"));
                };
                if lanes_of(register, concept).next().is_none() {
                    return Err(format!("no variable of `{id}` has the concept `{concept}`"));
                }
            }
        }
        Ok(())
    }

    /// Breaks of a variable, the first first.
    pub fn of<'a>(
        &'a self,
        register: &'a str,
        variable: &'a Variable,
    ) -> impl Iterator<Item = &'a Break> {
        self.breaks.iter().filter(move |found| {
            variable.concept.as_ref() == Some(&found.concept) && found.registers.contains(register)
        })
    }

    /// Code systems of a variable, the first first.
    pub fn systems_of<'a>(
        &'a self,
        register: &'a str,
        variable: &'a Variable,
    ) -> impl Iterator<Item = &'a System> {
        self.systems.iter().filter(move |system| {
            variable.concept.as_ref() == Some(&system.concept)
                && system.registers.contains(register)
        })
    }
}

/// The variables that carry a variable's meaning in its register, in those that it continues and in
/// those that continue it, the earliest first. The variable itself is among them.
pub fn lanes<'a>(
    catalogue: &'a Catalogue,
    register: &'a Register,
    variable: &Variable,
) -> Vec<Lane<'a>> {
    let Some(concept) = &variable.concept else {
        return Vec::new();
    };
    let links = catalogue.links();
    let mut chain = vec![register];
    let mut at = register;
    while let Some(before) = links
        .predecessor(&at.id)
        .and_then(|id| catalogue.register(id))
    {
        if chain.iter().any(|known| known.id == before.id) {
            break;
        }
        chain.insert(0, before);
        at = before;
    }
    let mut at = register;
    while let Some(after) = links
        .successor(&at.id)
        .and_then(|id| catalogue.register(id))
    {
        if chain.iter().any(|known| known.id == after.id) {
            break;
        }
        chain.push(after);
        at = after;
    }
    let of_chain = chain.into_iter();
    of_chain
        .flat_map(|register| lanes_of(register, concept))
        .collect()
}

fn lanes_of<'a>(register: &'a Register, concept: &str) -> impl Iterator<Item = Lane<'a>> {
    register.tables.iter().flat_map(move |table| {
        let variables = table.variables.iter();
        variables
            .filter(move |variable| variable.concept.as_deref() == Some(concept))
            .map(move |variable| Lane {
                register,
                table,
                variable,
                from_year: variable
                    .valid_from
                    .map(|on| on.year())
                    .or(register.from_year),
                to_year: variable.valid_to.map(|on| on.year()).or(register.to_year),
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContentFile;

    const REGISTER: &str = "id = \"ID\"\nname = { da = \"R\", en = \"R\" }\ncontroller = \"sds\"\ncategory = \"hospital\"\ndescription = { da = \"\", en = \"\" }\nsource = \"s\"\nfrom_year = 1977\n[[table]]\nname = \"t\"\nlabel = { da = \"\", en = \"\" }\n[[table.variable]]\nname = \"NAME\"\nlabel = { da = \"\", en = \"\" }\ntype = \"text\"\nrole = \"plain\"\nconcept = \"diagnosis\"\n";

    fn catalogue(breaks: &str) -> Result<Catalogue, String> {
        let old = REGISTER.replace("ID", "lpr2").replace("NAME", "c_diag");
        let new = REGISTER
            .replace("ID", "lpr3")
            .replace("NAME", "diag_kode")
            .replace("1977", "2019");
        let links = "[person_key]\nsource = \"s\"\npseudonymised = []\nnone = []\n[[link]]\nfrom = \"lpr2\"\nto = \"lpr3\"\nkind = \"succeeds\"\nsource = \"s\"\n";
        let files = [
            ("registers/lpr2.toml", old.as_str()),
            ("registers/lpr3.toml", &new),
            ("links.toml", links),
            ("breaks.toml", breaks),
        ];
        Catalogue::from_files(files.map(|(path, text)| ContentFile { path, text }))
            .map_err(|e| e.to_string())
    }

    fn one(concept: &str, on: &str) -> String {
        format!(
            "[[break]]\nconcept = \"{concept}\"\nregisters = [\"lpr2\"]\non = \"{on}\"\nchange = {{ da = \"a\", en = \"a\" }}\nadvice = {{ da = \"b\", en = \"b\" }}\nsource = \"s\"\n"
        )
    }

    #[test]
    fn a_series_runs_through_the_registers_that_continue_each_other() {
        let catalogue = catalogue("").unwrap();
        let register = catalogue.register("lpr3").unwrap();
        let variable = catalogue.variable("lpr3", "t", "diag_kode").unwrap();
        let names: Vec<&str> = lanes(&catalogue, register, variable)
            .iter()
            .map(|lane| lane.variable.name.as_str())
            .collect();
        assert_eq!(names, ["c_diag", "diag_kode"]);
    }

    #[test]
    fn breaks_come_in_the_order_of_time() {
        let text = one("diagnosis", "2019-03-01") + &one("diagnosis", "1994-01-01");
        let catalogue = catalogue(&text).unwrap();
        let variable = catalogue.variable("lpr2", "t", "c_diag").unwrap();
        let years: Vec<i16> = catalogue
            .breaks()
            .of("lpr2", variable)
            .map(|found| found.on.year())
            .collect();
        assert_eq!(years, [1994, 2019]);
    }

    #[test]
    fn a_break_needs_a_variable_that_it_breaks() {
        let problem = catalogue(&one("drug", "1994-01-01")).unwrap_err();
        assert_eq!(
            problem,
            "content/breaks.toml: no variable of `lpr2` has the concept `drug`"
        );
    }
}
