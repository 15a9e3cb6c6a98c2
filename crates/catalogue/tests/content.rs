//! Everything under `content/` that the catalogue reads, as shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use catalogue::register::ColumnRole;

mod shipped;

#[test]
fn there_are_208_registers_on_twelve_islands() {
    let catalogue = shipped::catalogue();
    assert_eq!(catalogue.registers().count(), 208);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for register in catalogue.registers() {
        *counts.entry(register.category.as_str()).or_default() += 1;
    }
    let islands: Vec<(&str, &str, usize)> = catalogue
        .categories()
        .iter()
        .map(|c| {
            (
                c.name.da.as_str(),
                c.name.en.as_str(),
                counts[c.id.as_str()],
            )
        })
        .collect();
    assert_eq!(
        islands,
        [
            (
                "Kliniske kvalitetsdatabaser",
                "Clinical quality databases",
                87
            ),
            ("Liv, arbejde og uddannelse", "Life, work and education", 24),
            ("Journaler og laboratorier", "Records and laboratories", 20),
            ("Sygehus og recepter", "Hospital and prescriptions", 16),
            (
                "Folkesundhed og vaccination",
                "Public health and vaccination",
                14
            ),
            ("Sygdomme og fødsler", "Diseases and births", 13),
            ("Kohorter og undersøgelser", "Cohorts and surveys", 12),
            ("Biobanker", "Biobanks", 9),
            ("Sygehuse og ydere", "Providers", 4),
            ("Gener", "Genes", 3),
            ("Smitte", "Infections", 3),
            ("Udstyr og bivirkninger", "Devices and side effects", 3),
        ]
    );
}

#[test]
fn the_registers_of_the_synthetic_denmark_can_be_delivered() {
    let catalogue = shipped::catalogue();
    let deliverable: Vec<String> = catalogue
        .registers()
        .flat_map(|register| {
            let tables = register.tables.iter().filter(|table| table.deliverable);
            tables.map(|table| format!("{}.{}", register.id, table.name))
        })
        .collect();
    assert_eq!(
        deliverable,
        [
            "cpr.person",
            "cpr.adresse",
            "cpr.vandring",
            "dar.t_dodsaarsag_2",
            "dst_bef.bef",
            "dst_ind.ind",
            "dst_udda.udda",
            "lab.lab_forsker",
            "lmdb.epikur",
            "lpr2.lpr_adm",
            "lpr2.lpr_diag",
            "lpr2.lpr_sksopr",
            "lpr3.kontakter",
            "lpr3.diagnoser",
            "lpr3.procedurer",
            "rkkp_dvdd.status",
            "ssr.sysi",
            "ssr.sssy",
        ]
    );
    for register in catalogue.registers() {
        for table in register.tables.iter().filter(|table| table.deliverable) {
            assert_eq!(
                table.variables[0].role,
                ColumnRole::Person,
                "{}",
                table.name
            );
            assert!(table.date_variable.is_some(), "{}", table.name);
            assert!(register.access.is_some(), "{}", register.id);
            for variable in &table.variables {
                assert_ne!(variable.label.da, "", "{}", variable.name);
                assert_ne!(variable.label.en, "", "{}", variable.name);
                let list = variable.code_list.as_deref();
                assert!(
                    list.is_none_or(|list| catalogue.code_list(list).is_some()),
                    "{}.{} names the code list {list:?}",
                    table.name,
                    variable.name
                );
            }
        }
    }
}

#[test]
fn columns_that_name_people_or_places_have_roles_that_hide_them() {
    let catalogue = shipped::catalogue();
    let role = |register, table, name| &catalogue.variable(register, table, name).unwrap().role;
    for (register, table, name) in [
        ("cpr", "person", "mor_pnr"),
        ("cpr", "person", "far_pnr"),
        ("cpr", "person", "aegtefaelle_pnr"),
        ("dst_bef", "bef", "aegte_id"),
        ("dst_bef", "bef", "mor_id"),
        ("dst_bef", "bef", "far_id"),
    ] {
        assert_eq!(
            *role(register, table, name),
            ColumnRole::PersonReference,
            "{name}"
        );
    }
    assert_eq!(*role("dst_bef", "bef", "familie_id"), ColumnRole::FamilyKey);
    assert_eq!(
        *role("lpr3", "kontakter", "sorenhed_ans"),
        ColumnRole::ProviderKey
    );
    assert_eq!(
        role("lpr3", "kontakter", "dw_ek_kontakt"),
        role("lpr3", "diagnoser", "dw_ek_kontakt"),
        "one domain, so that tables join in an extract"
    );
    for register in catalogue.registers() {
        for table in &register.tables {
            for variable in &table.variables {
                let name = variable.name.to_lowercase();
                let plain = variable.role == ColumnRole::Plain;
                assert!(
                    !(plain && (name == "pnr" || name == "patientid" || name.starts_with("cpr-"))),
                    "{}.{}.{} is plain",
                    register.id,
                    table.name,
                    variable.name
                );
            }
        }
    }
}

#[test]
fn concepts_that_populations_need_are_found() {
    let catalogue = shipped::catalogue();
    for (concept, place) in [
        ("birth_date", "cpr.person.foedselsdato"),
        ("death_date", "cpr.person.doedsdato"),
        ("sex", "cpr.person.koen"),
        ("municipality", "cpr.adresse.kommunekode"),
        ("residence_from", "cpr.adresse.dato_fra"),
        ("residence_to", "cpr.adresse.dato_til"),
        ("drug", "lmdb.epikur.atc"),
        ("lab_code", "lab.lab_forsker.analysiscode"),
        ("lab_value", "lab.lab_forsker.value"),
    ] {
        let (register, table, variable) = catalogue.find_concept(concept).unwrap();
        assert_eq!(
            format!("{}.{}.{}", register.id, table.name, variable.name),
            place
        );
    }
}

#[test]
fn code_lists_state_source_and_licence_and_are_small_enough_to_carry() {
    let mut bytes = 0;
    for entry in fs::read_dir(shipped::folder().join("codelists")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        bytes += text.len();
        let head: String = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        assert!(head.contains("Licence:"), "{}", path.display());
    }
    assert!(bytes < 2_000_000, "{bytes}");
}

#[test]
fn parents_of_codes_exist_or_belong_to_another_list() {
    let catalogue = shipped::catalogue();
    for list in catalogue.code_lists() {
        for code in list.codes() {
            let Some(parent) = &code.parent else { continue };
            let elsewhere = catalogue.code_list("region");
            assert!(
                list.find(parent)
                    .or_else(|| elsewhere?.find(parent))
                    .is_some(),
                "{} {} names {parent}",
                list.id,
                code.code
            );
        }
    }
}

#[test]
fn every_municipality_is_in_one_region_before_and_after_the_reform() {
    let catalogue = shipped::catalogue();
    let regions = catalogue.regions();
    let names = |on: &str| -> BTreeSet<String> {
        let date = on.parse().unwrap();
        let list = catalogue.code_list("kommune").unwrap();
        list.codes()
            .map(|code| regions.region_of(&code.code, date).unwrap().name.da.clone())
            .collect()
    };
    assert_eq!(names("2026-12-31").len(), 5);
    assert_eq!(names("2027-01-01").len(), 4);
    assert!(names("2027-01-01").contains("Region Østdanmark"));
}

#[test]
fn there_are_lay_words_enough() {
    assert!(shipped::catalogue().lay_words().entries().len() >= 60);
}

#[test]
fn every_controller_and_deciding_authority_has_a_file() {
    for register in shipped::catalogue().registers() {
        let deciding = register.access.as_ref().map(|access| &access.authority);
        for organisation in deciding.into_iter().chain([&register.controller]) {
            let file = shipped::folder().join(format!("authorities/{organisation}.toml"));
            assert!(file.is_file(), "{} names `{organisation}`", register.id);
        }
    }
}
