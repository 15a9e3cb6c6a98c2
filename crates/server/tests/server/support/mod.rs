//! A demo of its own for each test program, driven over HTTP as any client would.

pub(crate) mod application;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Method, Request};

/// The program under test, without the environment's settings.
pub(crate) fn sund(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sund"));
    command.args(arguments);
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    sund(arguments).output().unwrap()
}

/// The one JSON object that a command printed.
pub(crate) fn object(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("not one JSON object ({error}): {text}"))
}

/// A running server, killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// What it printed when it was ready.
    pub(crate) ready: Value,
    /// Its address.
    pub(crate) url: String,
}

impl Server {
    /// Starts `sund` with these arguments and `--json`, and waits until it answers.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = sund(arguments)
            .arg("--json")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the server did not start ({error}): {line}"));
        let url = ready["url"].as_str().unwrap_or_default().to_owned();
        Self { child, ready, url }
    }

    /// A small demo in a folder.
    pub(crate) fn demo(dir: &Path, persons: u32) -> Self {
        let (dir, persons) = (dir.to_str().unwrap(), persons.to_string());
        Self::start(&["demo", "--dir", dir, "--persons", &persons, "--port", "0"])
    }

    /// Its process, for signals.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A client that signs in as the demo's people.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
    tokens: BTreeMap<String, String>,
}

/// Status, JSON body, headers.
#[derive(Debug)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// Body.
    pub(crate) body: Value,
    /// Headers, by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    /// Body as it came.
    pub(crate) text: String,
}

impl Client {
    /// A client of a server.
    pub(crate) fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A connection that the server closes after a refusal cannot be used again.
            .max_idle_connections(0)
            .proxy(None)
            .build();
        Self {
            agent: config.new_agent(),
            url: url.to_owned(),
            tokens: BTreeMap::new(),
        }
    }

    /// Sends as one of the demo's people; `""` is nobody.
    pub(crate) fn send(&mut self, who: &str, method: &str, path: &str, body: &Value) -> Reply {
        self.send_with(who, method, path, body, &[])
    }

    /// The same with headers.
    pub(crate) fn send_with(
        &mut self,
        who: &str,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let request = self.request(who, method, path, headers);
        let sent = if body.is_null() {
            self.agent.run(request.body(()).unwrap())
        } else {
            let request = request.header("content-type", "application/json");
            self.agent.run(request.body(body.to_string()).unwrap())
        };
        Self::reply_of(sent.unwrap())
    }

    /// Sends files as a form does: field name, file name, content.
    pub(crate) fn upload(&mut self, who: &str, path: &str, files: &[(&str, &str, &[u8])]) -> Reply {
        let mut body = Vec::new();
        for (field, name, content) in files {
            let head = format!(
                "--sund-test\r\nContent-Disposition: form-data; name=\"{field}\"; \
                 filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--sund-test--\r\n");
        self.send_form(who, path, body)
    }

    /// Sends a body that says of itself that it is a form with files.
    pub(crate) fn send_form(&mut self, who: &str, path: &str, body: Vec<u8>) -> Reply {
        let kind = [("content-type", "multipart/form-data; boundary=sund-test")];
        let request = self.request(who, "POST", path, &kind);
        Self::reply_of(self.agent.run(request.body(body).unwrap()).unwrap())
    }

    fn request(
        &mut self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> ureq::http::request::Builder {
        if !who.is_empty() && !self.tokens.contains_key(who) {
            let reply = self.send("", "POST", "/api/v1/demo/sign-in", &json!({ "role": who }));
            let token = reply.body["token"].as_str().unwrap().to_owned();
            self.tokens.insert(who.to_owned(), token);
        }
        let mut request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(format!("{}{path}", self.url));
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }

    fn reply_of(mut response: ureq::http::Response<ureq::Body>) -> Reply {
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = value.to_str().unwrap_or_default();
                (name.as_str().to_owned(), value.to_owned())
            })
            .collect();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap_or_default();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply {
            status,
            body,
            headers,
            text,
        }
    }
}
