//! The rules of case handling as data, checked together.

use catalogue::{ContentError, ContentFile};
use serde::Deserialize;

use crate::authority::Authorities;
use crate::clock::{ClockRule, ClockRules};
use crate::criteria::{CriterionRule, RequirementRule, StandardCondition};
use crate::form::Form;

/// Form that applications are written in.
const FORM: &str = "forms/application.toml";
/// Rules of case handling.
const RULE_FILES: [&str; 4] = [
    "rules/clocks.toml",
    "rules/conditions.toml",
    "rules/criteria.toml",
    "rules/requirements.toml",
];

/// Authorities, form, criteria, conditions, requirements and clocks.
#[derive(Debug, Clone)]
pub struct Rulebook {
    authorities: Authorities,
    form: Form,
    criteria: Vec<CriterionRule>,
    conditions: Vec<StandardCondition>,
    requirements: Vec<RequirementRule>,
    clocks: ClockRules,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default, rename = "criterion")]
    criteria: Vec<CriterionRule>,
    #[serde(default, rename = "condition")]
    conditions: Vec<StandardCondition>,
    #[serde(default, rename = "requirement")]
    requirements: Vec<RequirementRule>,
    #[serde(default, rename = "clock")]
    clocks: Vec<ClockRule>,
}

impl Rulebook {
    /// Reads `authorities/*.toml`, `forms/application.toml` and the four files of case handling under
    /// `rules/` among the files. Other files are left alone.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
    ) -> Result<Self, ContentError> {
        let files: Vec<ContentFile<'a>> = files.into_iter().collect();
        let mut all = RuleFile::default();
        for file in files.iter().filter(|file| RULE_FILES.contains(&file.path)) {
            let read: RuleFile = parse(file)?;
            all.criteria.extend(read.criteria);
            all.conditions.extend(read.conditions);
            all.requirements.extend(read.requirements);
            all.clocks.extend(read.clocks);
        }
        let form = files
            .iter()
            .find(|file| file.path == FORM)
            .ok_or_else(|| ContentError::new(FORM, "the file is missing"))?;
        let form = Form::from_file(form)?;
        let rulebook = Self {
            authorities: Authorities::from_files(files.iter().cloned())?,
            form,
            criteria: all.criteria,
            conditions: all.conditions,
            requirements: all.requirements,
            clocks: ClockRules::new(all.clocks)?,
        };
        rulebook.check()?;
        Ok(rulebook)
    }

    /// All organisations.
    pub const fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// The form.
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// The criteria of a decision, in order.
    pub fn criteria(&self) -> &[CriterionRule] {
        &self.criteria
    }

    /// The criterion of an id.
    pub fn criterion(&self, id: &str) -> Option<&CriterionRule> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }

    /// The standard conditions.
    pub fn conditions(&self) -> &[StandardCondition] {
        &self.conditions
    }

    /// The standard condition of an id.
    pub fn condition(&self, id: &str) -> Option<&StandardCondition> {
        self.conditions.iter().find(|condition| condition.id == id)
    }

    /// What the applicant's institution must meet in every case.
    pub fn requirements(&self) -> &[RequirementRule] {
        &self.requirements
    }

    /// The requirement of an id.
    pub fn requirement(&self, id: &str) -> Option<&RequirementRule> {
        self.requirements.iter().find(|rule| rule.id == id)
    }

    /// The clocks.
    pub const fn clocks(&self) -> &ClockRules {
        &self.clocks
    }

    fn check(&self) -> Result<(), ContentError> {
        for criterion in &self.criteria {
            if let Some(field) = criterion
                .fields
                .iter()
                .find(|f| self.form.field(f).is_none())
            {
                return Err(ContentError::new(
                    "rules/criteria.toml",
                    format!(
                        "criterion `{}` names the field `{field}`, which the form does not have",
                        criterion.id
                    ),
                ));
            }
        }
        for authority in self.authorities.iter() {
            let unknown = authority
                .usual_conditions
                .iter()
                .find(|id| self.condition(id).is_none());
            if let Some(id) = unknown {
                return Err(ContentError::new(
                    &format!("authorities/{}.toml", authority.id),
                    format!("`{id}` is no condition of rules/conditions.toml"),
                ));
            }
        }
        Ok(())
    }
}

pub(crate) fn parse<T: serde::de::DeserializeOwned>(
    file: &ContentFile<'_>,
) -> Result<T, ContentError> {
    toml::from_str(file.text)
        .map_err(|error| ContentError::new(file.path, error.to_string().trim_end()))
}
