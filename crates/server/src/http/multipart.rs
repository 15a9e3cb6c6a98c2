//! Forms with files (`multipart/form-data`, RFC 7578), read as they arrive: whatever their size, a few
//! pieces of the connection are held at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

use super::Problem;

/// A connection that sends nothing for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const BOUNDARY_CHARS_MAX: usize = 70;
const HEAD_BYTES_MAX: usize = 8 * 1024;
const PARTS_MAX: usize = 200;
const PASSED_OVER_MAX: usize = 64 << 20;

/// A form that is being read.
#[derive(Debug)]
pub(crate) struct Multipart {
    body: Body,
    /// Line break, two hyphens, boundary.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    within_part: bool,
    n_parts: usize,
}

/// What a part is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field's name.
    pub(crate) name: String,
    /// The file's name, if it is a file; empty where none was chosen.
    pub(crate) file_name: Option<String>,
}

impl Multipart {
    /// The form that a request holds.
    pub(crate) fn of(request: Request) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or("");
        let boundary = boundary_of(kind).map(str::to_owned).ok_or_else(|| {
            Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_a_form",
                "send `multipart/form-data` with one file per field, named as its table",
            )
        })?;
        Ok(Self {
            body: request.into_body(),
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            // The first boundary has no line break before it.
            buffer: b"\r\n".to_vec(),
            within_part: false,
            n_parts: 0,
        })
    }

    /// The next part; none after the last. What was not read of the one before is passed over.
    pub(crate) async fn next_part(&mut self) -> Result<Option<Part>, Problem> {
        if self.n_parts == 0 {
            self.within_part = true;
        }
        while self.next_piece().await?.is_some() {}
        while self.buffer.len() < 2 {
            self.fill().await?;
        }
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        self.n_parts += 1;
        if !self.buffer.starts_with(b"\r\n") || self.n_parts > PARTS_MAX {
            return Err(malformed());
        }
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                break head;
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(malformed());
            }
            self.fill().await?;
        };
        self.within_part = true;
        let part = part_of(&String::from_utf8_lossy(&head));
        part.map(Some).ok_or_else(malformed)
    }

    /// Some more of the part; none at its end.
    pub(crate) async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        while self.within_part {
            if let Some(end) = find(&self.buffer, &self.delimiter) {
                let piece: Vec<u8> = self.buffer.drain(..end).collect();
                if piece.is_empty() {
                    self.buffer.drain(..self.delimiter.len());
                    self.within_part = false;
                    return Ok(None);
                }
                return Ok(Some(piece));
            }
            // The delimiter may have begun at the end of what is here.
            let safe = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
            if safe > 0 {
                return Ok(Some(self.buffer.drain(..safe).collect()));
            }
            self.fill().await?;
        }
        Ok(None)
    }

    /// Reads some of what was not looked at: a client that is still sending hears no answer.
    pub(crate) async fn pass_over(&mut self) {
        let mut passed = 0;
        while passed < PASSED_OVER_MAX && self.fill().await.is_ok() {
            passed += self.buffer.len();
            self.buffer.clear();
        }
    }

    async fn fill(&mut self) -> Result<(), Problem> {
        let body = &mut self.body;
        let next = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        let frame = tokio::time::timeout(SILENCE_MAX, next)
            .await
            .map_err(|_| cut_off("nothing came for a minute"))?
            .ok_or_else(|| cut_off("the form has no end"))?
            .map_err(|_| cut_off("the connection broke off"))?;
        if let Ok(bytes) = frame.into_data() {
            self.buffer.extend_from_slice(&bytes);
        }
        Ok(())
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    while let Some(step) = text.get(from..)?.iter().position(|byte| byte == first) {
        let at = from + step;
        if text.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn boundary_of(kind: &str) -> Option<&str> {
    let mut parts = kind.split(';');
    let is_form = parts
        .next()?
        .trim()
        .eq_ignore_ascii_case("multipart/form-data");
    let boundary = parts
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim_matches('"'));
    boundary.filter(|text| is_form && (1..=BOUNDARY_CHARS_MAX).contains(&text.len()))
}

fn part_of(head: &str) -> Option<Part> {
    let line = head.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    Some(Part {
        name: attribute(line, "name")?,
        file_name: attribute(line, "filename"),
    })
}

/// A quoted attribute of a header. Browsers write a quotation mark within it as `%22`.
fn attribute(line: &str, name: &str) -> Option<String> {
    let mut rest = line;
    loop {
        let at = rest.find(&format!("{name}=\""))?;
        let before = rest.get(..at)?;
        rest = rest.get(at + name.len() + 2..)?;
        // `name="…"` also ends `filename="…"`.
        if before.ends_with([' ', ';', '\t']) {
            let end = rest.find('"')?;
            return Some(rest.get(..end)?.replace("%22", "\""));
        }
    }
}

fn malformed() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad_form",
        "the form cannot be read: send `multipart/form-data` as RFC 7578 says",
    )
}

fn cut_off(why: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "upload_cut_off",
        format!("{why}; nothing of the delivery remains"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        Request::builder()
            .header(CONTENT_TYPE, "multipart/form-data; boundary=\"xYz\"")
            .body(Body::from(text.to_owned()))
            .unwrap()
    }

    async fn read(text: &str) -> Result<Vec<(Part, String)>, Problem> {
        let mut form = Multipart::of(request(text))?;
        let mut parts = Vec::new();
        while let Some(part) = form.next_part().await? {
            let mut content = Vec::new();
            while let Some(piece) = form.next_piece().await? {
                content.extend(piece);
            }
            parts.push((part, String::from_utf8(content).unwrap()));
        }
        Ok(parts)
    }

    const HEAD: &str = "--xYz\r\nContent-Disposition: form-data; name=\"kontakter\"; \
                        filename=\"k %22a%22.csv\"\r\nContent-Type: text/csv\r\n\r\n";

    #[tokio::test]
    async fn files_come_out_as_they_went_in() {
        let text = format!(
            "{HEAD}a;b\r\n--xY\r\n1;2\r\n\r\n--xYz\r\nContent-Disposition: form-data; \
             name=\"empty\"; filename=\"\"\r\n\r\n\r\n--xYz--\r\n"
        );
        let parts = read(&text).await.unwrap();
        let (part, content) = &parts[0];
        assert_eq!(part.name, "kontakter");
        assert_eq!(part.file_name.as_deref(), Some("k \"a\".csv"));
        assert_eq!(content, "a;b\r\n--xY\r\n1;2\r\n");
        assert_eq!(parts[1].0.file_name.as_deref(), Some(""));
        assert_eq!(parts[1].1, "");
        assert_eq!(parts.len(), 2);
    }

    #[tokio::test]
    async fn a_form_without_end_or_boundary_is_refused() {
        let code = |problem: Problem| format!("{problem:?}");
        let cut = read(&format!("{HEAD}a;b\r\n1")).await.unwrap_err();
        assert!(code(cut).contains("upload_cut_off"));
        let none = read("name=value").await.unwrap_err();
        assert!(code(none).contains("upload_cut_off"));
        let long = format!("--xYz\r\n{}", "x".repeat(3 * HEAD_BYTES_MAX));
        let long = read(&long).await.unwrap_err();
        assert!(code(long).contains("bad_form"));
        let other = Request::builder().body(Body::empty()).unwrap();
        assert!(code(Multipart::of(other).unwrap_err()).contains("not_a_form"));
    }
}
