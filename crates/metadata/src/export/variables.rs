//! Tables and variables of a source, as CSVW has them.

use catalogue::Text;
use catalogue::register::{Register, Table, ValueType, Variable};

use super::Exporter;
use super::build::{Builder, segment};
use crate::mapping::filled;

impl Exporter<'_> {
    pub(super) fn add_variables(&self, builder: &mut Builder, register: &Register, dataset: &str) {
        let tables: Vec<&Table> = register
            .tables
            .iter()
            .filter(|table| !table.variables.is_empty())
            .collect();
        let known = !tables.is_empty();
        builder.node(dataset).typed(
            "healthdcatap:hasStructuredData",
            if known { "true" } else { "false" },
            "xsd:boolean",
        );
        if !known {
            builder
                .node(dataset)
                .text("adms:versionNotes", &self.mapping.sentences.no_variables);
            return;
        }
        let group = format!("{dataset}/variables");
        let title = filled(&self.mapping.sentences.variables, "name", &register.name);
        builder
            .node(dataset)
            .link("healthdcatap:hasVariables", &group);
        builder
            .node(&group)
            .is("csvw:TableGroup")
            .text("dct:title", &title);
        for table in tables {
            let address = format!("{dataset}/table/{}", segment(&table.name));
            builder.node(&group).link("csvw:table", &address);
            builder
                .node(&address)
                .is("csvw:Table")
                .plain("dct:title", &table.name)
                .text("dct:description", &table.label);
            for variable in &table.variables {
                self.add_variable(builder, &address, variable);
            }
        }
    }

    fn add_variable(&self, builder: &mut Builder, table: &str, variable: &Variable) {
        let address = format!("{table}/variable/{}", segment(&variable.name));
        builder.node(table).link("csvw:column", &address);
        let mut node = builder
            .node(&address)
            .is("csvw:Column")
            .plain("csvw:name", &variable.name)
            .text("csvw:title", &variable.label)
            .text("dct:description", &self.described(variable))
            .plain("csvw:datatype", datatype(variable.value_type));
        let system = variable
            .code_list
            .as_ref()
            .and_then(|list| self.mapping.coding_systems.get(list)?.first());
        if let Some(system) = system {
            node = node.link(
                "csvw:propertyUrl",
                &self.mapping.code("coding-system", system),
            );
        }
        if let Some(date) = variable.valid_from {
            node = node.typed("dcat:startDate", &date.to_string(), "xsd:date");
        }
        if let Some(date) = variable.valid_to {
            node.typed("dcat:endDate", &date.to_string(), "xsd:date");
        }
    }

    /// The label, with the unit where there is one: the profile has no field for it.
    fn described(&self, variable: &Variable) -> Text {
        let Some(unit) = &variable.unit else {
            return variable.label.clone();
        };
        let unit = filled(&self.mapping.sentences.unit, "unit", &Text::new(unit, unit));
        Text::new(
            format!("{}. {}", variable.label.da, unit.da),
            format!("{}. {}", variable.label.en, unit.en),
        )
    }
}

/// The type's name in CSVW.
pub(crate) const fn datatype(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Text => "string",
        ValueType::Integer => "integer",
        ValueType::Decimal => "decimal",
        ValueType::Date => "date",
    }
}
