//! What everybody may know of variables: measured while nobody waits, taken back with the version.

use std::collections::BTreeSet;

use crate::support::{Home, actor};

/// Fewest persons that may stand anywhere: ten, and twice what the strictest register asks for.
const LEAST: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn every_register_in_use_is_measured_once_and_small_counts_never_show() {
    let home = Home::sqlite();
    let app = home.denmark().await;
    assert!(
        app.table_profile("lpr3", "diagnoser")
            .await
            .unwrap()
            .is_none()
    );
    let mut n_measured = 0;
    while app.measure_next().await.unwrap() {
        n_measured += 1;
        assert!(n_measured < 100, "measuring does not end");
    }
    let registers: BTreeSet<String> = app
        .versions(&app.operator(), None)
        .await
        .unwrap()
        .into_iter()
        .map(|version| version.register)
        .collect();
    assert_eq!(n_measured, registers.len());
    let mut n_figures = 0;
    for register in &registers {
        let described = app.content().catalogue.register(register).unwrap();
        let least = described
            .output_policy
            .map_or(LEAST, |p| LEAST.max(2 * u64::from(p.persons_min)));
        for table in described.tables.iter().filter(|table| table.deliverable) {
            let Some(measured) = app.table_profile(register, &table.name).await.unwrap() else {
                continue;
            };
            for profile in measured.variables.values() {
                let years = profile.years.iter().filter_map(|year| year.persons);
                let values = profile.values.iter().map(|(_, persons)| *persons);
                for persons in profile.persons.into_iter().chain(years).chain(values) {
                    assert!(persons >= least, "{register}.{}: {persons}", table.name);
                    n_figures += 1;
                }
                let years = profile.years.iter().filter_map(|year| year.filled_percent);
                assert!(
                    years
                        .chain(profile.filled_percent)
                        .all(|percent| (1..=99).contains(&percent))
                );
            }
        }
    }
    assert!(
        n_figures > 100,
        "{n_figures} figures are told of 300 persons"
    );
    assert!(app.register_sizes().await.unwrap()["cpr"] >= 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_out_of_use_is_not_told_of() {
    let home = Home::sqlite();
    let app = home.denmark().await;
    while app.measure_next().await.unwrap() {}
    assert!(app.held("lmdb").await.unwrap().is_some());
    let holder = actor(&app, "holder-sds").await;
    let versions = app.versions(&holder, Some("lmdb")).await.unwrap();
    let version = versions.first().unwrap().version;
    app.settle_version(&holder, "lmdb", version, Some("Fejl i leverancen"))
        .await
        .unwrap();
    assert!(app.held("lmdb").await.unwrap().is_none());
    assert!(app.table_profile("lmdb", "epikur").await.unwrap().is_none());
    assert!(!app.register_sizes().await.unwrap().contains_key("lmdb"));
    assert!(!app.measure_next().await.unwrap());
}
