//! A source as a dataset.

use catalogue::Text;
use catalogue::register::{ColumnRole, Register};

use super::build::Builder;
use super::{AccessLevel, Exporter};
use crate::mapping::filled;

const FREQUENCY: &str = "http://publications.europa.eu/resource/authority/frequency/";
const DANISH: &str = "http://publications.europa.eu/resource/authority/language/DAN";

impl Exporter<'_> {
    pub(super) fn add_register(
        &self,
        builder: &mut Builder,
        register: &Register,
        level: AccessLevel,
    ) {
        let dataset = self.register_address(&register.id);
        self.state_what_it_is(builder, register, &dataset);
        self.state_who(builder, register, &dataset);
        self.state_access(builder, register, level, &dataset);
        self.state_times(builder, register, &dataset);
        self.state_codes(builder, register, &dataset);
        self.add_variables(builder, register, &dataset);
    }

    fn state_what_it_is(&self, builder: &mut Builder, register: &Register, dataset: &str) {
        let mapping = self.mapping;
        let page = builder.page(&format!("en/datalandkort/{}", register.id));
        let provenance = format!("{dataset}/provenance");
        let mut node = builder
            .node(dataset)
            .is("dcat:Dataset")
            .text("dct:title", &register.name)
            .text("dct:description", &register.description)
            .plain("dct:identifier", &register.id)
            .link("dct:type", &mapping.dataset_type)
            .link("dcat:theme", &mapping.theme)
            .link("dct:spatial", &mapping.country)
            .link("dct:language", DANISH)
            .link("dcat:landingPage", &page)
            .link("dct:provenance", &provenance);
        if let Some(abbreviation) = &register.abbreviation {
            node = node.plain("dct:alternative", abbreviation);
        }
        if let Some(category) = self.catalogue.category(&register.category) {
            node = node.text("dcat:keyword", &category.name);
        }
        for word in register.abbreviation.iter().chain(&register.lay_words) {
            node = node.plain("dcat:keyword", word);
        }
        if register.lay_words.is_empty() && register.abbreviation.is_none() {
            node = node.text("dcat:keyword", &register.name);
        }
        for letter in &register.ehds_categories {
            if let Some(code) = mapping.ehds_categories.get(letter) {
                let category = mapping.code("healthcategories", code);
                node = node.link("healthdcatap:healthCategory", &category);
            }
        }
        for theme in mapping
            .health_themes
            .get(&register.id)
            .into_iter()
            .flatten()
        {
            node = node.link(
                "healthdcatap:healthTheme",
                &mapping.code("health-theme", theme),
            );
        }
        if let Some(persons) = register.persons {
            node.typed(
                "healthdcatap:numberOfUniqueIndividuals",
                &persons.to_string(),
                "xsd:nonNegativeInteger",
            );
        }
        builder.node(&page).is("foaf:Document");
        self.state_provenance(builder, register, &provenance);
    }

    fn state_provenance(&self, builder: &mut Builder, register: &Register, provenance: &str) {
        let sentences = &self.mapping.sentences;
        let source = Text::new(&register.source, &register.source);
        let mut built_on = filled(&sentences.provenance, "source", &source);
        if !register.confirmed {
            built_on.da = format!("{}. {}", built_on.da, sentences.unconfirmed.da);
            built_on.en = format!("{}. {}", built_on.en, sentences.unconfirmed.en);
        }
        builder
            .node(provenance)
            .is("dct:ProvenanceStatement")
            .text("rdfs:label", &built_on);
    }

    fn state_who(&self, builder: &mut Builder, register: &Register, dataset: &str) {
        let name = register.controller_name.as_deref();
        let controller = self
            .agents
            .controller_address(self.base, &register.controller, name);
        let access_body = &self.mapping.hdab;
        let hdab = self.agents.address(self.base, &access_body.authority);
        let contact = format!("{dataset}/contact");
        builder
            .node(dataset)
            .link("dct:publisher", &controller)
            .link("geodcatap:custodian", &controller)
            .link("healthdcatap:hdab", &hdab)
            .link("dcat:contactPoint", &contact);
        self.agents
            .add(builder, self.mapping, &register.controller, name);
        self.agents
            .add(builder, self.mapping, &access_body.authority, None);
        builder.node(&hdab).text("rdfs:comment", &access_body.note);
        let page = self
            .agents
            .contact_page(builder, &register.controller, name);
        builder
            .node(&contact)
            .is("vcard:Kind")
            .link("vcard:hasURL", &page);
    }

    fn state_access(
        &self,
        builder: &mut Builder,
        register: &Register,
        level: AccessLevel,
        dataset: &str,
    ) {
        let mapping = self.mapping;
        let distribution = format!("{dataset}/access");
        let page = builder.page(&format!("en/datalandkort/{}", register.id));
        builder
            .node(dataset)
            .link("dct:accessRights", level.address())
            .link("dcatap:applicableLegislation", &mapping.legislation)
            .link("dcat:distribution", &distribution);
        let how = match level {
            AccessLevel::Public => &mapping.sentences.open_access,
            AccessLevel::Restricted | AccessLevel::NonPublic => &mapping.sentences.access,
        };
        builder
            .node(&distribution)
            .is("dcat:Distribution")
            .text("dct:title", how)
            .link("dcatap:applicableLegislation", &mapping.legislation)
            .link("dcat:accessURL", &page);
        let persons = register
            .tables
            .iter()
            .any(|table| table.person_variable().is_some());
        if persons {
            for kind in ["Identifying", "MedicalHealth"] {
                let kind = format!("https://w3id.org/dpv/dpv-pd#{kind}");
                builder.node(dataset).link("dpv:hasPersonalData", &kind);
                builder.node(&kind).is("dpv:PersonalData");
            }
        }
    }

    fn state_times(&self, builder: &mut Builder, register: &Register, dataset: &str) {
        if let Some(frequency) = &register.update_frequency {
            builder
                .node(dataset)
                .link("dct:accrualPeriodicity", &format!("{FREQUENCY}{frequency}"));
        }
        if register.from_year.is_none() && register.to_year.is_none() {
            return;
        }
        let period = format!("{dataset}/period");
        builder.node(dataset).link("dct:temporal", &period);
        let mut node = builder.node(&period).is("dct:PeriodOfTime");
        if let Some(year) = register.from_year {
            node = node.typed("dcat:startDate", &format!("{year:04}-01-01"), "xsd:date");
        }
        if let Some(year) = register.to_year {
            node.typed("dcat:endDate", &format!("{year:04}-12-31"), "xsd:date");
        }
    }

    fn state_codes(&self, builder: &mut Builder, register: &Register, dataset: &str) {
        let mut lists: Vec<&str> = register
            .tables
            .iter()
            .flat_map(|table| &table.variables)
            .filter(|variable| variable.role == ColumnRole::Plain)
            .filter_map(|variable| variable.code_list.as_deref())
            .collect();
        lists.sort_unstable();
        lists.dedup();
        for list in lists {
            let Some(systems) = self.mapping.coding_systems.get(list) else {
                continue;
            };
            for system in systems {
                builder.node(dataset).link(
                    "healthdcatap:hasCodingSystem",
                    &self.mapping.code("coding-system", system),
                );
            }
            builder
                .node(dataset)
                .plain("healthdcatap:hasCodeValues", list);
        }
    }
}
