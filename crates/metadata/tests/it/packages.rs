//! The packages of the repository.

use catalogue::Language;
use metadata::cite::{citation, schema_org};
use metadata::package::Packages;

use crate::our_catalogue::Fixture;
use crate::support;

#[test]
fn every_package_is_made_of_variables_that_exist_and_describes_each_table_once() {
    let fixture = Fixture::new();
    let files = support::content();
    let packages = Packages::from_files(
        files
            .iter()
            .map(|(path, text)| catalogue::ContentFile { path, text }),
        &fixture.catalogue,
    )
    .unwrap();
    assert!(packages.all().count() >= 8);
    for package in packages.all() {
        for language in [Language::Da, Language::En] {
            let descriptor = package.descriptor(&fixture.catalogue, language, "");
            let resources = descriptor["resources"].as_array().unwrap();
            assert_eq!(
                resources.len(),
                package.selection.tables.len(),
                "{}",
                package.id
            );
            let mut names: Vec<&str> = resources
                .iter()
                .map(|resource| resource["name"].as_str().unwrap())
                .collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), resources.len(), "{}", package.id);
        }
        assert!(
            package.price_ore.is_none(),
            "{}: no price is published",
            package.id
        );
    }
}

#[test]
fn a_source_is_cited_by_holder_name_years_and_address() {
    let fixture = Fixture::new();
    let register = fixture.catalogue.register("lpr2").unwrap();
    let cited = citation(
        register,
        "Sundhedsdatastyrelsen",
        "https://sund.example/id/register/lpr2",
        Language::Da,
    );
    assert_eq!(
        cited,
        "Sundhedsdatastyrelsen. Landspatientregisteret (LPR2) (1977-2019). https://sund.example/id/register/lpr2"
    );
}

#[test]
fn a_hostile_name_cannot_end_the_element_it_stands_in() {
    let fixture = Fixture::new();
    let mut register = fixture.catalogue.register("lmdb").unwrap().clone();
    register.name.en = "</script><script>alert(1)</script>".to_owned();
    let controller = catalogue::Text::new("a", "a");
    let text = schema_org(
        &register,
        &controller,
        ("https://a.example/id", "https://a.example"),
        Language::En,
    );
    assert!(!text.contains('<'));
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["name"], register.name.en);
    assert!(read["variableMeasured"].as_array().unwrap().len() > 5);
}
