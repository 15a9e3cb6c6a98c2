//! What is refused before a parser sees it: files that are harmless to read and deadly to expand.

use base::limits::{RDF_BYTES_MAX, RDF_DEPTH_MAX, RDF_ENTITY_CHARS_MAX};

use super::{ReadError, Syntax};

/// Whether a file may be parsed: its size, its encoding, how deep it nests and which entities it declares.
pub fn check_text(bytes: &[u8], syntax: Syntax) -> Result<&str, ReadError> {
    if bytes.len() > RDF_BYTES_MAX {
        return Err(ReadError::whole(
            syntax,
            format!(
                "the file is {} bytes; at most {RDF_BYTES_MAX} are read. Split it into pages",
                bytes.len()
            ),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        ReadError::at_offset(syntax, before, "the file is not UTF-8".to_owned())
    })?;
    match syntax {
        Syntax::JsonLd => check_depth(text, syntax, Brackets::Json)?,
        Syntax::Turtle => check_depth(text, syntax, Brackets::Turtle)?,
        Syntax::RdfXml => check_entities(text)?,
    }
    Ok(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Brackets {
    Json,
    Turtle,
}

/// Counts brackets outside strings. A long string of Turtle (`"""`) opens and closes an odd number of times, so the
/// count stays right without knowing it.
fn check_depth(text: &str, syntax: Syntax, brackets: Brackets) -> Result<(), ReadError> {
    let mut depth = 0_usize;
    let mut quote: Option<u8> = None;
    let mut escaped = false;
    for (offset, byte) in text.bytes().enumerate() {
        if let Some(open) = quote {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
            } else if byte == open {
                quote = None;
            }
            continue;
        }
        match byte {
            b'"' => quote = Some(b'"'),
            b'[' | b'{' => depth += 1,
            b'(' if brackets == Brackets::Turtle => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b')' if brackets == Brackets::Turtle => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > RDF_DEPTH_MAX {
            let before = text.as_bytes().get(..offset).unwrap_or_default();
            return Err(ReadError::at_offset(
                syntax,
                before,
                format!("the file nests more than {RDF_DEPTH_MAX} brackets"),
            ));
        }
    }
    Ok(())
}

/// Entities that stand for short plain text are fine; those that name other entities grow without end.
fn check_entities(text: &str) -> Result<(), ReadError> {
    for (offset, _) in text.match_indices("<!ENTITY") {
        let declaration = text.get(offset..).unwrap_or_default();
        let value = declaration.split(['"', '\'']).nth(1).unwrap_or_default();
        let problem = if value.contains('&') {
            "an entity that names another entity is not read"
        } else if value.len() > RDF_ENTITY_CHARS_MAX {
            "an entity this long is not read"
        } else {
            continue;
        };
        let before = text.as_bytes().get(..offset).unwrap_or_default();
        return Err(ReadError::at_offset(
            Syntax::RdfXml,
            before,
            problem.to_owned(),
        ));
    }
    Ok(())
}
