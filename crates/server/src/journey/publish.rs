//! Openness: what anyone sees without signing in, and what anyone can prove.

use std::path::Path;

use serde_json::Value;

use super::client::NOBODY;
use super::story::{Broken, Story, ensure, list};

/// What the public register must tell about the case, and how often.
const TOLD: [(&str, usize); 4] = [
    ("application.received", 1),
    ("part.decided", 3),
    ("permit.issued", 1),
    ("output.released", 1),
];
/// Hashes or entries in a full tile.
const TILE_WIDTH: u64 = 256;
const LEAVES_PER_OPENINGS_FILE: u64 = 256;

/// The public register tells the whole story, and names no person.
pub(super) fn public_register(story: &mut Story) -> Result<String, Broken> {
    let path = format!("/api/v1/public/projects/{}", story.case);
    let project = story.wait_for((NOBODY, &path), "the release in the public register", |p| {
        TOLD.iter().all(|(kind, n)| count(p, kind) >= *n)
    })?;
    let line = &project["line"];
    ensure(line["permit"] == story.permit.as_str(), || {
        format!("the permit is not shown: {line}")
    })?;
    let registers = list(line, "/registers")?.len();
    // Six that variables come from, and the one that says who was alive.
    ensure(registers == 7, || {
        format!("{registers} registers are shown")
    })?;
    let withheld = project["withheld"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    ensure(withheld > 0, || {
        "it does not say what is withheld, and why".to_owned()
    })?;
    let listed = story
        .client
        .get(NOBODY, "/api/v1/public/projects")?
        .expect(200)?;
    let there = list(&listed, "/items")?
        .iter()
        .any(|project| project["number"] == story.case.as_str());
    ensure(there, || "the project is not in the public list".to_owned())?;
    let events = list(&project, "/events")?.len();
    Ok(format!("{events} public events, {registers} registers"))
}

fn count(project: &Value, kind: &str) -> usize {
    project["events"].as_array().map_or(0, |events| {
        events.iter().filter(|event| event["kind"] == kind).count()
    })
}

/// The log is copied file by file, as any mirror does, and verified without the server.
pub(super) fn log(story: &mut Story) -> Result<String, Broken> {
    let mirror = story.scratch.join("mirror");
    let checkpoint = fetch(story, "checkpoint", &mirror)?;
    fetch(story, "key", &mirror)?;
    let text = String::from_utf8_lossy(&checkpoint).into_owned();
    let size: u64 = text
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok())
        .ok_or_else(|| Broken::new("the checkpoint names no size"))?;
    let files = files_of(size);
    for file in &files {
        fetch(story, file, &mirror)?;
    }
    let key = story.client.get(NOBODY, "/log/key")?.bytes;
    let key = String::from_utf8_lossy(&key).into_owned();
    let check = app::log::verify_folder(&mirror, Some(key.trim()), &[text])
        .map_err(|error| Broken::new(error.to_string()))?;
    ensure(check.ok, || format!("{:?}", check.report.findings))?;
    ensure(check.report.n_leaves == size, || {
        "leaves are missing".to_owned()
    })?;
    Ok(format!("{size} entries, {} files", files.len() + 2))
}

/// The files that a log of this size has beside checkpoint and key.
fn files_of(size: u64) -> Vec<String> {
    let mut files = Vec::new();
    let mut tiles = |level: &str, width: u64| {
        for tile in 0..width / TILE_WIDTH {
            files.push(format!("tile/{level}/{}", tile_name(tile)));
        }
        if !width.is_multiple_of(TILE_WIDTH) {
            let (name, rest) = (tile_name(width / TILE_WIDTH), width % TILE_WIDTH);
            files.push(format!("tile/{level}/{name}.p/{rest}"));
        }
    };
    tiles("entries", size);
    let mut width = size;
    for level in 0..8 {
        tiles(&level.to_string(), width);
        width /= TILE_WIDTH;
    }
    let openings = size.div_ceil(LEAVES_PER_OPENINGS_FILE);
    files.extend((0..openings).map(|file| format!("openings/{file}.json")));
    files
}

/// Three digits each, all but the last group marked: `x001/x234/067`.
fn tile_name(tile: u64) -> String {
    let last = format!("{:03}", tile % 1000);
    match tile / 1000 {
        0 => last,
        before => format!("{}/{last}", marked(before)),
    }
}

fn marked(group: u64) -> String {
    let last = format!("x{:03}", group % 1000);
    match group / 1000 {
        0 => last,
        before => format!("{}/{last}", marked(before)),
    }
}

fn fetch(story: &mut Story, name: &str, mirror: &Path) -> Result<Vec<u8>, Broken> {
    let reply = story.client.get(NOBODY, &format!("/log/{name}"))?;
    ensure(reply.status == 200, || format!("/log/{name}: {reply}"))?;
    let path = mirror.join(name);
    let failed = |error: std::io::Error| Broken::new(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(&path, &reply.bytes).map_err(failed)?;
    Ok(reply.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_files_of_a_log_as_mirrors_do() {
        let files = files_of(300);
        let expected = [
            "tile/entries/000",
            "tile/entries/001.p/44",
            "tile/0/000",
            "tile/0/001.p/44",
            "tile/1/000.p/1",
            "openings/0.json",
            "openings/1.json",
        ];
        assert_eq!(files, expected);
        assert_eq!(tile_name(1_234_067), "x001/x234/067");
    }
}
