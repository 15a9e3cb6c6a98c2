//! The pages as a browser without JavaScript meets them: addresses, forms, cookies, redirects.

use std::collections::BTreeMap;

use crate::support::Server;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};

const PUBLIC: [&str; 28] = [
    "/",
    "/datakort",
    "/data-map",
    "/datakort?valgt=lpr3",
    "/datakort?omraade=genes&noegle=none&sort=-personer",
    "/datalandkort/lpr3/diagnoser/diag_kode",
    "/datalandkort/lpr2/lpr_diag/c_diag",
    "/datalandkort",
    "/datalandkort?q=sukkersyge",
    "/datalandkort?q=DE11&vis=code_list",
    "/datalandkort?q=xyzzyqwert",
    "/datalandkort/lmdb",
    "/datalandkort/lmdb/epikur/atc",
    "/kurv",
    "/vejledning",
    "/vejledning/kompas/project-type",
    "/vejledning/kompas/resultat",
    "/vejledning/kompas/resultat?project-type=register",
    "/aabenhed",
    "/aabenhed?q=diabetes",
    "/aabenhed/dine-data",
    "/aabenhed/log",
    "/log-paa",
    "/opsaetning?token=none",
    "/tilgaengelighed",
    "/privatliv",
    "/aabne-data",
    "/drift",
];

/// A browser: it keeps cookies and follows a redirect after a form.
struct Browser {
    agent: Agent,
    url: String,
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    path: String,
    headers: BTreeMap<String, String>,
    text: String,
}

impl Browser {
    fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self {
            agent: config.new_agent(),
            url: url.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    fn get(&mut self, path: &str) -> Page {
        let page = self.send("GET", path, None);
        self.follow(page)
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let pairs = form.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let page = self.send("POST", path, Some(&pairs.join("&")));
        self.follow(page)
    }

    fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..5 {
            let Some(to) = page.headers.get("location").cloned() else {
                break;
            };
            assert_eq!(page.status, 303, "{}", page.path);
            let to = to.split('#').next().unwrap().to_owned();
            page = self.send("GET", &to, None);
        }
        page
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> Page {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(format!("{}{path}", self.url))
            .header("accept", "text/html");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let sent = match body {
            None => self.agent.run(request.body(()).unwrap()),
            Some(body) => {
                let kind = "application/x-www-form-urlencoded";
                let request = request.header("content-type", kind);
                let request = request.header("sec-fetch-site", "same-origin");
                self.agent.run(request.body(body.to_owned()).unwrap())
            }
        };
        let mut response = sent.unwrap();
        let mut headers = BTreeMap::new();
        for (name, value) in response.headers() {
            let value = value.to_str().unwrap_or_default();
            if name.as_str() == "set-cookie" {
                let pair = value.split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            headers.insert(name.as_str().to_owned(), value.to_owned());
        }
        Page {
            status: response.status().as_u16(),
            path: path.to_owned(),
            headers,
            text: response.body_mut().read_to_string().unwrap_or_default(),
        }
    }

    fn sign_in(&mut self, role: &str) -> Page {
        self.post("/da/log-paa", &[("role", role), ("back", "/")])
    }
}

impl Page {
    /// The value of a hidden field.
    fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.text.find(&mark).unwrap_or_else(|| {
            panic!(
                "no field `{name}` on {} ({}): {}",
                self.path, self.status, self.text
            )
        });
        let rest = &self.text[at + mark.len()..];
        rest[..rest.find('"').unwrap()].to_owned()
    }

    fn has_one_heading_in(&self, language: &str) -> Result<(), String> {
        let headings = self.text.matches("<h1").count();
        let lang = format!("<html lang=\"{language}\">");
        if headings == 1 && self.text.contains(&lang) {
            return Ok(());
        }
        Err(format!("{}: {headings} h1, {}", self.path, self.status))
    }
}

fn encode(text: &str) -> String {
    let bytes = text.bytes();
    bytes
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn demo() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::demo(&dir.path().join("demo"), 200);
    (dir, server)
}

#[test]
fn people_walk_through_the_portal_without_javascript() {
    let (_dir, server) = demo();
    public_pages_stand_in_both_languages(&server);
    every_source_is_on_the_map_and_in_its_table(&server);
    an_error_is_a_page_for_people_and_a_problem_for_programs(&server);
    a_basket_is_filled_and_emptied(&server);
    the_compass_leads_to_a_result(&server);
    pages_for_the_signed_in_ask_for_a_sign_in(&server);
    let number = an_application_is_written_and_sent(&server);
    officers_and_the_public_see_it(&server, &number);
    every_role_has_its_pages(&server);
}

fn public_pages_stand_in_both_languages(server: &Server) {
    let mut browser = Browser::new(&server.url);
    let mut wrong = Vec::new();
    for language in ["da", "en"] {
        for path in PUBLIC {
            let page = browser.get(&format!("/{language}{path}"));
            if page.status != 200 {
                wrong.push(format!("{} is {}", page.path, page.status));
            }
            wrong.extend(page.has_one_heading_in(language).err());
            assert!(page.headers["content-security-policy"].contains("script-src 'self';"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut english = Browser::new(&server.url);
    assert_eq!(english.get("/").path, "/da/");
    assert_eq!(english.get("/was").path, "/da/tilgaengelighed");
}

fn every_source_is_on_the_map_and_in_its_table(server: &Server) {
    let mut browser = Browser::new(&server.url);
    let page = browser.get("/da/datakort");
    let drawn = page.text.matches("class=\"source").count()
        - page.text.matches("class=\"source-short").count();
    let (_, table) = page.text.split_once("id=\"tabel\"").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    assert_eq!(drawn, table.matches("<th scope=\"row\"").count());
    assert!(drawn > 200);
    // Drawn by the server, the same each time, and nothing that a content policy forbids.
    assert_eq!(browser.get("/da/datakort").text, page.text);
    assert!(!page.text.contains(" style="));
    let genes = browser.get("/da/datakort?omraade=genes");
    assert!(genes.text.contains("source faded"));
}

fn an_error_is_a_page_for_people_and_a_problem_for_programs(server: &Server) {
    let mut browser = Browser::new(&server.url);
    let page = browser.get("/en/nothing/here");
    assert_eq!(page.status, 404);
    page.has_one_heading_in("en").unwrap();
    let page = browser.get("/da/datalandkort/findes-ikke");
    assert_eq!(page.status, 404);
    page.has_one_heading_in("da").unwrap();
    let api = browser.get("/api/v1/nothing");
    assert_eq!(api.headers["content-type"], "application/problem+json");
    let asset = browser.get("/static/css/base.css");
    assert_eq!(asset.status, 200);
    assert!(asset.headers["content-type"].starts_with("text/css"));
}

fn a_basket_is_filled_and_emptied(server: &Server) {
    let mut browser = Browser::new(&server.url);
    let form = [
        ("register", "lmdb"),
        ("variable", "epikur.atc"),
        ("variable", "epikur.eksd"),
        ("back", "/kurv"),
    ];
    let page = browser.post("/da/kurv/laeg-i", &form);
    assert_eq!(page.status, 200);
    assert!(page.text.contains("epikur") && browser.cookies.contains_key("sund-basket"));
    let list = browser.get("/da/kurv/fil/bestilling.csv");
    assert!(list.headers["content-type"].starts_with("text/csv"));
    assert_eq!(list.text.lines().count(), 3);
    assert!(list.text.contains("\"epikur\";\"atc\""));
    let list = browser.get("/en/kurv/fil/bestilling.xlsx");
    assert!(list.headers["content-type"].contains("spreadsheetml"));
    assert!(list.headers["content-disposition"].contains("order-list.xlsx"));
    assert_eq!(browser.get("/da/kurv/fil/bestilling.doc").status, 404);
    let away = [
        ("register", "lmdb"),
        ("variable", "epikur.eksd"),
        ("back", "//evil.example/"),
    ];
    let page = browser.post("/da/kurv/fjern", &away);
    assert!(page.path.starts_with("/da/?besked="), "{}", page.path);
    let nothing = [("register", "lmdb"), ("back", "/datalandkort/lmdb")];
    assert_eq!(browser.post("/da/kurv/laeg-i", &nothing).status, 422);
    let page = browser.post("/da/kurv/toem", &[]);
    assert!(!page.text.contains("epikur.<wbr>atc"));
}

fn the_compass_leads_to_a_result(server: &Server) {
    let mut browser = Browser::new(&server.url);
    let mut page = browser.get("/da/vejledning/kompas");
    for _ in 0..40 {
        let path = page.path.split('?').next().unwrap().to_owned();
        if path.ends_with("/resultat") {
            return page.has_one_heading_in("da").unwrap();
        }
        let id = path.rsplit('/').next().unwrap().to_owned();
        let query = page.path.split_once('?').map(|(_, query)| query.to_owned());
        let query = query.unwrap_or_default();
        let so_far: Vec<(&str, &str)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let mut form = so_far.clone();
        form.push((&id, "dont-know"));
        page = browser.post(&path, &form);
        assert_eq!(page.status, 200);
    }
    panic!("the compass does not end: {}", page.path);
}

fn pages_for_the_signed_in_ask_for_a_sign_in(server: &Server) {
    let mut browser = Browser::new(&server.url);
    let page = browser.get("/en/sager");
    assert_eq!(page.path, "/en/log-paa?back=%2Fsager");
    let page = browser.post("/en/log-paa", &[("role", "researcher"), ("back", "/sager")]);
    assert_eq!((page.path.as_str(), page.status), ("/en/sager", 200));
    assert_eq!(browser.get("/en/sager/S-2020-9999").status, 404);
    assert_eq!(browser.get("/en/leverancer").status, 404);
    let page = browser.post("/en/log-af", &[]);
    assert!(page.path.starts_with("/en/log-paa"));
    assert!(browser.get("/en/sager").path.starts_with("/en/log-paa"));
}

/// The fields of a small project's answers.
fn fields(today: &str) -> Vec<(String, String)> {
    let answers: Value =
        serde_json::from_str(include_str!("../../src/journey/application.json")).unwrap();
    let year: i32 = today[..4].parse().unwrap();
    let mut fields = vec![
        ("access-from".to_owned(), format!("{}-01-01", year + 1)),
        ("access-to".to_owned(), format!("{}-01-01", year + 3)),
    ];
    for (id, answer) in answers.as_object().unwrap() {
        let value = &answer["value"];
        match answer["kind"].as_str().unwrap() {
            "text" | "choice" => fields.push((id.clone(), value.as_str().unwrap().to_owned())),
            "choices" => {
                let choices = value.as_array().unwrap().iter();
                fields.extend(choices.map(|c| (id.clone(), c.as_str().unwrap().to_owned())));
            }
            "tick" => fields.push((id.clone(), "yes".to_owned())),
            _ => {}
        }
    }
    let team = [
        ("member-1", "researcher"),
        ("access-1", "sees_rows"),
        ("principal", "1"),
        ("release-1", "yes"),
    ];
    fields.extend(team.map(|(name, value)| (name.to_owned(), value.to_owned())));
    fields.retain(|(name, _)| name != "title");
    fields.push((
        "title".to_owned(),
        "Metformin <script>alert(1)</script>".to_owned(),
    ));
    fields
}

const SELECTION: &str = "sund-selection/1
population
  event lmdb.epikur where atc in A10B*
period 2019-02-01 to 2025-12-31
table lmdb.epikur from 2019-02-01 to 2025-12-31
  variable atc because \"Analysen handler om medicin\"
";

#[expect(clippy::too_many_lines, reason = "one story, step by step")]
fn an_application_is_written_and_sent(server: &Server) -> String {
    let mut browser = Browser::new(&server.url);
    browser.sign_in("researcher");
    let page = browser.post("/da/ansoeg", &[("from", "empty")]);
    assert_eq!(page.status, 200, "{}", page.text);
    let draft = page.path.split('/').nth(3).unwrap().to_owned();
    let version = page.hidden("version");
    let step = |name: &str| format!("/da/ansoeg/{draft}/{name}");
    // A form that was filled in on an older version is not saved over the newer one.
    let early = [
        ("version", version.as_str()),
        ("title", "Første"),
        ("do", "save"),
    ];
    assert_eq!(browser.post(&step("project"), &early).status, 422);
    let stale = [
        ("version", version.as_str()),
        ("title", "Anden"),
        ("do", "save"),
    ];
    let conflict = browser.post(&step("project"), &stale);
    assert_eq!(conflict.status, 409);
    assert!(conflict.text.contains("Første") && conflict.text.contains("Anden"));
    let version = conflict.hidden("version");
    let chosen = [
        ("version", version.as_str()),
        ("choose-title", "mine"),
        ("title", "Anden"),
        ("do", "resolve"),
    ];
    assert_eq!(browser.post(&step("project"), &chosen).status, 200);
    let page = browser.get("/da/aabne-data");
    assert_eq!(page.status, 200);
    let clock = browser.get("/api/v1/demo/clock");
    let clock: Value = serde_json::from_str(&clock.text).unwrap();
    let fields = fields(clock["today"].as_str().unwrap());
    for name in ["project", "team", "purpose", "data", "workbench"] {
        let version = browser.get(&step(name)).hidden("version");
        let mut form: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form.push(("version", &version));
        if name == "data" {
            form.push(("selection-text", SELECTION));
            form.push(("do", "use-text"));
        } else {
            form.push(("do", "continue"));
        }
        let page = browser.post(&step(name), &form);
        assert_eq!(page.status, 200, "{name}: {}", page.text);
    }
    let check = browser.get(&step("check"));
    check.has_one_heading_in("da").unwrap();
    assert!(
        !check.text.contains("<script>alert"),
        "a title is not escaped"
    );
    let version = browser.get(&step("send")).hidden("version");
    let mut form: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form.extend([("version", version.as_str()), ("do", "send")]);
    let receipt = browser.post(&step("send"), &form);
    assert!(
        receipt.path.ends_with("/kvittering"),
        "{}: {}",
        receipt.path,
        receipt.text
    );
    receipt.has_one_heading_in("da").unwrap();
    let number = receipt.path.split('/').nth(3).unwrap().to_owned();
    for path in [
        format!("/da/sager/{number}"),
        format!("/en/sager/{number}/ansoegning"),
    ] {
        let page = browser.get(&path);
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains("<script>alert"));
    }
    number
}

fn officers_and_the_public_see_it(server: &Server, number: &str) {
    let mut browser = Browser::new(&server.url);
    browser.sign_in("officer-sds");
    assert_eq!(browser.get("/da/desk").status, 200);
    let part = format!("/da/desk/{number}");
    let page = browser.get(&part);
    assert_eq!(page.status, 200, "{}", page.text);
    page.has_one_heading_in("da").unwrap();
    let version = page.hidden("version");
    let old = [("version", "1"), ("field", "aim"), ("text", "Hvorfor?")];
    let page = browser.post(&format!("{part}/fuldstaendig"), &[("version", &version)]);
    assert_eq!(page.status, 200, "{}", page.text);
    let stale = browser.post(&format!("{part}/spoerg"), &old);
    assert_eq!(stale.status, 409);
    assert!(
        stale.text.contains("Hvorfor?"),
        "what was written must not be lost"
    );
    for tab in [
        "?vis=ansoegning",
        "?vis=spoergsmaal",
        "?vis=log",
        "/spoerg",
        "/afgoer?som=afslag",
    ] {
        let page = browser.get(&format!("{part}{tab}"));
        assert_eq!(page.status, 200, "{tab}: {}", page.text);
    }
    let mut public = Browser::new(&server.url);
    for path in [
        format!("/da/aabenhed/{number}"),
        format!("/en/aabenhed/{number}"),
    ] {
        let page = public.get(&path);
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains(number) && !page.text.contains("<script>alert"));
    }
}

fn every_role_has_its_pages(server: &Server) {
    let pages = [
        ("researcher", "/da/analyserum"),
        ("checker-1", "/da/kontrol"),
        ("holder-sds", "/da/leverancer"),
        ("admin", "/da/konti"),
        ("admin", "/en/demo/ur"),
        ("coordinator", "/da/desk"),
    ];
    for (role, path) in pages {
        let mut browser = Browser::new(&server.url);
        let start = browser.sign_in(role);
        assert_eq!(
            start.status, 200,
            "{role} starts at {}: {}",
            start.path, start.text
        );
        let page = browser.get(path);
        assert_eq!(page.status, 200, "{role} {path}: {}", page.text);
        page.has_one_heading_in(&path[1..3]).unwrap();
    }
}
