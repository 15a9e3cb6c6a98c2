//! Data packages: the list, and one.

use app::metadata::package::Package;
use axum::response::Response;
use serde_json::{Value, json};

use super::apply::selection_view;
use super::visit::{Sheet, Visit};
use crate::http::{Answer, PathOf, Problem};

pub(super) async fn list(visit: Visit) -> Answer<Response> {
    let packages = visit.app().content().interchange.packages.all();
    let packages: Vec<Value> = packages
        .map(|package| {
            let registers: Vec<String> = package
                .registers()
                .map(|id| short_name(&visit, id))
                .collect();
            json!({
                "id": package.id,
                "name": visit.say(&package.name),
                "description": visit.say(&package.description),
                "registers": registers,
                "variables": variables(package),
            })
        })
        .collect();
    let view = json!({ "packages": packages });
    visit.show(Sheet::new("packages.html", view)).await
}

pub(super) async fn show(visit: Visit, PathOf(id): PathOf<String>) -> Answer<Response> {
    let packages = &visit.app().content().interchange.packages;
    let package = packages.get(&id).ok_or_else(Problem::not_found)?;
    let authorities = visit.app().authorities_of(&package.selection);
    let also: Vec<Value> = package
        .also
        .iter()
        .map(|id| json!({ "id": id, "name": visit.register(id) }))
        .collect();
    let say_all = |texts: &[app::catalogue::Text]| -> Vec<String> {
        texts.iter().map(|text| visit.say(text)).collect()
    };
    let view = json!({
        "id": package.id,
        "name": visit.say(&package.name),
        "description": visit.say(&package.description),
        "assessed": package.assessed,
        "questions": say_all(&package.questions),
        "conditions": say_all(&package.conditions),
        "price_ore": package.price_ore,
        "version": package.version,
        "updated": package.updated,
        "authorities": visit.organisations(&authorities),
        "also": also,
        "selection": selection_view(&visit, &package.selection),
        "python": python(&visit, package),
        "r": r(&visit, package),
    });
    visit.show(Sheet::new("package.html", view)).await
}

fn variables(package: &Package) -> usize {
    let tables = package.selection.tables.iter();
    tables.map(|table| table.variables.len()).sum()
}

fn short_name(visit: &Visit, id: &str) -> String {
    let register = visit.app().content().catalogue.register(id);
    register
        .and_then(|register| register.abbreviation.clone())
        .unwrap_or_else(|| visit.register(id))
}

fn sample_address(visit: &Visit, package: &Package) -> String {
    let base = visit.state.door.public_url.clone().unwrap_or_default();
    let language = visit.language.code();
    format!(
        "{base}/api/v1/packages/{}/sample?lang={language}",
        package.id
    )
}

fn first_table(package: &Package) -> String {
    package
        .selection
        .tables
        .first()
        .map_or_else(String::new, |table| format!("{}.csv", table.extract_name()))
}

fn python(visit: &Visit, package: &Package) -> String {
    format!(
        "import io, urllib.request, zipfile\nimport pandas as pd\n\n\
data = urllib.request.urlopen(\"{}\").read()\n\
with zipfile.ZipFile(io.BytesIO(data)) as archive:\n    \
table = pd.read_csv(archive.open(\"{}\"), sep=\";\", dtype=str)\nprint(table.head())",
        sample_address(visit, package),
        first_table(package)
    )
}

fn r(visit: &Visit, package: &Package) -> String {
    format!(
        "file <- tempfile(fileext = \".zip\")\n\
download.file(\"{}\", file, mode = \"wb\")\n\
table <- read.csv2(unz(file, \"{}\"), colClasses = \"character\")\nhead(table)",
        sample_address(visit, package),
        first_table(package)
    )
}
