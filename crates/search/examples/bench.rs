//! `cargo run -p search --example bench`: how long the index takes, how much memory, and how long
//! an answer takes, over the catalogue as shipped, filled up to 20,000 variables and 100,000 codes.
#![expect(
    clippy::print_stdout,
    reason = "this program speaks to a person at a terminal"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base::Stopwatch;
use catalogue::{Catalogue, ContentFile, Language};
use search::{Query, SearchIndex};

const VARIABLES: usize = 20_000;
const CODES: usize = 100_000;
const ROUNDS: usize = 10;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let files = filled_up(shipped()?);
    let content = files.iter().map(|(path, text)| ContentFile { path, text });
    let catalogue = Catalogue::from_files(content)?;
    drop(files);
    let before = kilobytes("VmRSS:");
    let watch = Stopwatch::start();
    let index = SearchIndex::new(&catalogue, &[])?;
    let build_ms = watch.elapsed().as_millis();
    let (after, peak) = (kilobytes("VmRSS:"), kilobytes("VmHWM:"));
    let registers = catalogue.registers().count();
    let variables: usize = catalogue
        .registers()
        .flat_map(|register| &register.tables)
        .map(|table| table.variables.len())
        .sum();
    let codes: usize = catalogue.code_lists().map(|list| list.len()).sum();
    println!("{registers} registers, {variables} variables, {codes} codes");
    println!(
        "index: {build_ms} ms, {} MB more than before, {} MB at most",
        megabytes(after, before),
        megabytes(peak, before)
    );
    let (all, least) = queries(&index)?;
    let suggested = suggestions(&index)?;
    for (what, mut times) in [
        ("queries", all),
        ("queries, least of ten", least),
        ("suggestions", suggested),
    ] {
        times.sort_unstable();
        let at = |permille: usize| times.get((times.len() * permille / 1000).min(times.len() - 1));
        let micros = |permille| at(permille).copied().unwrap_or(0);
        println!(
            "{} {what}: median {} us, p99 {} us, longest {} us",
            times.len(),
            micros(500),
            micros(990),
            micros(1000)
        );
    }
    Ok(())
}

fn megabytes(more: u64, less: u64) -> u64 {
    more.saturating_sub(less) / 1024
}

/// A line of this process's status.
fn kilobytes(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|l| l.strip_prefix(line));
    let number = found.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn typed() -> Outcome<Vec<String>> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/queries.csv");
    let text = fs::read_to_string(table)?;
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    Ok(rows
        .filter_map(|row| row.split(';').next())
        .map(str::to_owned)
        .collect())
}

/// Every round of every query, and of each query its least: what is left when nobody else computes.
fn queries(index: &SearchIndex) -> Outcome<(Vec<u128>, Vec<u128>)> {
    let (mut all, mut least) = (Vec::new(), Vec::new());
    for text in typed()? {
        let mut best = u128::MAX;
        for _ in 0..ROUNDS {
            let watch = Stopwatch::start();
            std::hint::black_box(index.search(&Query::new(&text, Language::Da)));
            let micros = watch.elapsed().as_micros();
            all.push(micros);
            best = best.min(micros);
        }
        least.push(best);
    }
    Ok((all, least))
}

fn suggestions(index: &SearchIndex) -> Outcome<Vec<u128>> {
    let mut times = Vec::new();
    for text in typed()? {
        let mut beginning = String::new();
        for letter in text.chars().take(8) {
            beginning.push(letter);
            let watch = Stopwatch::start();
            std::hint::black_box(index.suggest(&beginning, Language::Da, 8));
            times.push(watch.elapsed().as_micros());
        }
    }
    Ok(times)
}

/// Everything that the catalogue reads.
fn shipped() -> Outcome<Vec<(String, String)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let mut files = Vec::new();
    for part in ["registers", "codelists", "search", ""] {
        for entry in fs::read_dir(folder.join(part))? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            let name = path.file_name().and_then(|name| name.to_str());
            if let (true, Some("toml" | "csv"), Some(name)) = (path.is_file(), ending, name) {
                let relative = format!("{part}/{name}");
                let relative = relative.trim_start_matches('/').to_owned();
                files.push((relative, fs::read_to_string(&path)?));
            }
        }
    }
    Ok(files)
}

/// The same registers with more variables, and one more code list, in words that occur already.
fn filled_up(mut files: Vec<(String, String)>) -> Vec<(String, String)> {
    let words: Vec<String> = files
        .iter()
        .filter(|(path, _)| path.ends_with("sks_diagnose.csv"))
        .flat_map(|(_, text)| text.split(|c: char| !c.is_alphabetic()))
        .filter(|word| word.chars().count() > 4)
        .map(str::to_lowercase)
        .collect();
    let word = |at: usize| {
        words
            .get(at * 7919 % words.len().max(1))
            .map_or("ord", String::as_str)
    };
    let label = |at: usize| format!("{} {} {}", word(at), word(at + 1), word(at * 3 + 2));
    let count = |files: &[(String, String)], of: fn(&str, &str) -> usize| {
        files
            .iter()
            .map(|(path, text)| of(path, text))
            .sum::<usize>()
    };
    let variables = count(&files, |_, text| text.matches("[[table.variable]]").count());
    let codes = count(&files, |path, text| {
        if path.starts_with("codelists") {
            text.lines().count()
        } else {
            0
        }
    });
    let registers = files
        .iter()
        .filter(|(path, _)| path.starts_with("registers"))
        .count();
    let each = VARIABLES
        .saturating_sub(variables)
        .div_ceil(registers.max(1));
    for (number, (_, text)) in files
        .iter_mut()
        .filter(|(path, _)| path.starts_with("registers"))
        .enumerate()
    {
        text.push_str("\n[[table]]\nname = \"fyld\"\nlabel = { da = \"Fyld\", en = \"Fill\" }\n");
        for at in 0..each {
            let at = number * each + at;
            let (da, en) = (label(at), label(at + 50_000));
            let _ = write!(
                text,
                "\n[[table.variable]]\nname = \"v_{}_{at}\"\nlabel = {{ da = \"{da}\", en = \"{en}\" }}\ntype = \"text\"\nrole = \"plain\"\ncode_list = \"fyld\"\n",
                word(at)
            );
        }
    }
    let mut list = String::from("code;da;en;parent\n");
    for at in 0..CODES.saturating_sub(codes) {
        let parent = if at % 10 == 0 {
            String::new()
        } else {
            format!("Q{:06}", at / 10 * 10)
        };
        let _ = writeln!(list, "Q{at:06};{};;{parent}", label(at * 5));
    }
    files.push(("codelists/fyld.csv".to_owned(), list));
    files
}
