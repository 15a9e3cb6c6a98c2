//! CSV as Danish holders write it: `;`, `,` or tab, UTF-8 with or without byte order mark or
//! Latin-1, fields in quotes where needed. The file is cut into chunks of whole records in one
//! pass with bounded memory; the chunks are then split into columns on any thread.

use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use base::limits::{COLUMNS_MAX, CSV_LINE_BYTES_MAX};

/// Bytes of a chunk, about.
const CHUNK_BYTES: usize = 1 << 20;
const READ_BYTES: usize = 1 << 18;
/// What no text holds: where it stands after decoding, the bytes were no text.
const REPLACEMENT: char = '\u{FFFD}';

/// A CSV file cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvFault {
    /// Nothing in it.
    #[error("the file is empty: it needs a heading and rows")]
    Empty,
    /// More bytes without a line break than a line may have.
    #[error("a line is longer than {CSV_LINE_BYTES_MAX} bytes: check line breaks and quotes")]
    LineTooLong,
    /// A byte of value zero.
    #[error("a zero byte stands in the file: write it as UTF-8 text")]
    ZeroByte,
    /// Something stands after a closing quote, or a quote inside a field without quotes.
    #[error(
        "a quote stands where none may be: put the field in quotes and double the quotes in it"
    )]
    Quote,
    /// The file ends within quotes.
    #[error("a quote is never closed: the file is cut off, or a quote is missing")]
    QuoteOpen,
    /// The heading has more columns than a file may have.
    #[error("the heading has more than {COLUMNS_MAX} columns")]
    TooManyColumns,
}

/// Where in a file a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) row: u64,
    pub(super) offset: u64,
}

/// Reading stopped.
#[derive(Debug)]
pub(super) enum ChunkError {
    Fault(CsvFault, Place),
    Read(std::io::Error, Place),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// Only ASCII so far: either could follow.
    Undecided,
    Utf8,
    Latin1,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote within quotes: the end of the field, or a doubled quote.
    QuoteSeen,
}

/// Whole records, as text.
#[derive(Debug)]
pub(super) struct CsvChunk {
    pub(super) text: String,
    /// Number of the first record; the heading is 1.
    pub(super) first_row: u64,
    pub(super) delimiter: u8,
}

/// Cuts a file into chunks.
pub(super) struct ChunkReader<R> {
    input: R,
    buffer: Vec<u8>,
    scanned: usize,
    record_end: usize,
    inside: Inside,
    delimiter: u8,
    /// Records before `buffer`, and those that end in its scanned part.
    rows_before: u64,
    rows_ended: u64,
    offset: u64,
    encoding: Encoding,
    ended: bool,
}

impl<R: Read> ChunkReader<R> {
    /// Reads the heading and answers the names of the columns.
    pub(super) fn open(input: R) -> Result<(Self, Vec<String>), ChunkError> {
        let mut reader = Self {
            input,
            buffer: Vec::with_capacity(CHUNK_BYTES + READ_BYTES),
            scanned: 0,
            record_end: 0,
            inside: Inside::FieldStart,
            delimiter: b';',
            rows_before: 0,
            rows_ended: 0,
            offset: 0,
            encoding: Encoding::Undecided,
            ended: false,
        };
        let heading = reader.read_heading()?;
        let mut names = Vec::new();
        for record in (Records {
            text: &heading,
            delimiter: reader.delimiter,
            row: 1,
        }) {
            record.fields(|_, field| names.push(field.to_owned()));
            if names.len() > COLUMNS_MAX {
                return Err(reader.fault(CsvFault::TooManyColumns));
            }
        }
        Ok((reader, names))
    }

    fn read_heading(&mut self) -> Result<String, ChunkError> {
        loop {
            self.fill()?;
            if self.buffer.starts_with(b"\xEF\xBB\xBF") {
                self.buffer.drain(..3);
                self.offset += 3;
                self.encoding = Encoding::Utf8;
            }
            let line = self.buffer.iter().position(|byte| *byte == b'\n');
            if line.is_some() || self.ended || self.buffer.len() > CSV_LINE_BYTES_MAX {
                break;
            }
        }
        if self.buffer.is_empty() {
            return Err(self.fault(CsvFault::Empty));
        }
        self.delimiter = sniff_delimiter(&self.buffer);
        while self.rows_ended == 0 {
            if !self.scan(1)? {
                self.fill()?;
            }
            if self.ended && self.rows_ended == 0 && self.scanned == self.buffer.len() {
                self.finish()?;
            }
        }
        let end = self.record_end;
        Ok(self.cut(end).text)
    }

    /// The next chunk, or none at the end.
    pub(super) fn next_chunk(&mut self) -> Result<Option<CsvChunk>, ChunkError> {
        loop {
            self.scan(u64::MAX)?;
            if self.ended {
                self.finish()?;
                let end = self.record_end;
                return Ok((end > 0).then(|| self.cut(end)));
            }
            if self.record_end > 0 && self.buffer.len() >= CHUNK_BYTES {
                let end = self.record_end;
                return Ok(Some(self.cut(end)));
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), ChunkError> {
        let start = self.buffer.len();
        self.buffer.resize(start + READ_BYTES, 0);
        let room = self.buffer.get_mut(start..).unwrap_or_default();
        let n_read = match self.input.read(room) {
            Ok(n_read) => n_read,
            Err(error) => {
                self.buffer.truncate(start);
                return Err(ChunkError::Read(error, self.place()));
            }
        };
        self.buffer.truncate(start + n_read);
        self.ended = n_read == 0;
        Ok(())
    }

    /// Follows quotes and line breaks up to the end of the buffer or of `rows_max` records. True if
    /// that many records have ended.
    fn scan(&mut self, rows_max: u64) -> Result<bool, ChunkError> {
        let mut inside = self.inside;
        let mut at = self.scanned;
        let mut fault = None;
        for &byte in self.buffer.get(at..).unwrap_or_default() {
            if byte == 0 {
                fault = Some(CsvFault::ZeroByte);
                break;
            }
            at += 1;
            if inside == Inside::Quoted {
                if byte == b'"' {
                    inside = Inside::QuoteSeen;
                }
            } else if byte == b'\n' {
                inside = Inside::FieldStart;
                self.record_end = at;
                self.rows_ended += 1;
                if self.rows_ended >= rows_max {
                    break;
                }
            } else if byte == self.delimiter {
                inside = Inside::FieldStart;
            } else if byte == b'"' {
                inside = match inside {
                    Inside::FieldStart | Inside::QuoteSeen => Inside::Quoted,
                    _ => {
                        fault = Some(CsvFault::Quote);
                        break;
                    }
                };
            } else if inside == Inside::QuoteSeen {
                if byte != b'\r' {
                    fault = Some(CsvFault::Quote);
                    break;
                }
            } else {
                inside = Inside::Plain;
            }
            if at - self.record_end > CSV_LINE_BYTES_MAX {
                fault = Some(CsvFault::LineTooLong);
                break;
            }
        }
        self.scanned = at;
        self.inside = inside;
        match fault {
            Some(fault) => Err(self.fault(fault)),
            None => Ok(self.rows_ended >= rows_max),
        }
    }

    /// The last record may lack its line break.
    fn finish(&mut self) -> Result<(), ChunkError> {
        if self.inside == Inside::Quoted {
            return Err(self.fault(CsvFault::QuoteOpen));
        }
        if self.record_end < self.buffer.len() {
            self.record_end = self.buffer.len();
            self.rows_ended += 1;
            self.inside = Inside::FieldStart;
        }
        Ok(())
    }

    fn cut(&mut self, end: usize) -> CsvChunk {
        let rest = self.buffer.split_off(end.min(self.buffer.len()));
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let first_row = self.rows_before + 1;
        self.rows_before += self.rows_ended;
        self.rows_ended = 0;
        self.scanned -= end;
        self.record_end = 0;
        self.offset += end as u64;
        CsvChunk {
            text: self.decode(bytes),
            first_row,
            delimiter: self.delimiter,
        }
    }

    fn decode(&mut self, bytes: Vec<u8>) -> String {
        if self.encoding == Encoding::Undecided && !bytes.is_ascii() {
            self.encoding = match std::str::from_utf8(&bytes) {
                Ok(_) => Encoding::Utf8,
                Err(_) => Encoding::Latin1,
            };
        }
        match self.encoding {
            Encoding::Latin1 => bytes.into_iter().map(char::from).collect(),
            Encoding::Utf8 | Encoding::Undecided => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }
    }

    fn fault(&self, fault: CsvFault) -> ChunkError {
        ChunkError::Fault(fault, self.place())
    }

    fn place(&self) -> Place {
        Place {
            row: self.rows_before + self.rows_ended + 1,
            offset: self.offset + self.scanned as u64,
        }
    }
}

fn sniff_delimiter(bytes: &[u8]) -> u8 {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    // In a tie the Danish way wins: max_by_key keeps the last.
    [b'\t', b',', b';']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b';')
}

/// A record of a chunk.
pub(super) struct Record<'a> {
    text: &'a str,
    delimiter: u8,
    pub(super) row: u64,
}

impl Record<'_> {
    /// Calls `take` with place and text of every field; answers how many there are.
    pub(super) fn fields(&self, mut take: impl FnMut(usize, &str)) -> usize {
        let mut rest = self.text;
        let mut at = 0;
        let mut joined = String::new();
        loop {
            let after = if let Some(quoted) = rest.strip_prefix('"') {
                let (end, doubled) = quoted_end(quoted.as_bytes());
                let (field, after) = split(quoted, end);
                if doubled {
                    joined.clear();
                    joined.push_str(&field.replace("\"\"", "\""));
                    take(at, &joined);
                } else {
                    take(at, field);
                }
                after
                    .strip_prefix('"')
                    .unwrap_or("")
                    .trim_start_matches('\r')
            } else {
                let end = rest
                    .bytes()
                    .position(|byte| byte == self.delimiter)
                    .unwrap_or(rest.len());
                let (field, after) = split(rest, end);
                take(at, field);
                after
            };
            at += 1;
            match after.as_bytes().first() {
                Some(byte) if *byte == self.delimiter => rest = split(after, 1).1,
                _ => return at,
            }
        }
    }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

fn quoted_end(bytes: &[u8]) -> (usize, bool) {
    let mut doubled = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'"' {
            if bytes.get(at + 1) != Some(&b'"') {
                return (at, doubled);
            }
            doubled = true;
            at += 1;
        }
        at += 1;
    }
    (bytes.len(), doubled)
}

/// The records of a chunk; empty lines are passed over but counted.
struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    row: u64,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while !self.text.is_empty() {
            let mut quoted = false;
            let end = self
                .text
                .bytes()
                .position(|byte| {
                    quoted ^= byte == b'"';
                    byte == b'\n' && !quoted
                })
                .unwrap_or(self.text.len());
            let (line, rest) = split(self.text, end);
            self.text = rest.strip_prefix('\n').unwrap_or(rest);
            let row = self.row;
            self.row += 1;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !line.is_empty() {
                return Some(Record {
                    text: line,
                    delimiter: self.delimiter,
                    row,
                });
            }
        }
        None
    }
}

impl CsvChunk {
    fn records(&self) -> Records<'_> {
        Records {
            text: &self.text,
            delimiter: self.delimiter,
            row: self.first_row,
        }
    }

    /// The records with these numbers, which stand in order, as delivered.
    pub(super) fn texts_of(&self, rows: &[u64]) -> Vec<String> {
        let mut wanted = rows.iter().peekable();
        let mut texts = Vec::with_capacity(rows.len());
        for record in self.records() {
            if wanted.next_if(|row| **row == record.row).is_some() {
                texts.push(record.text.to_owned());
            }
        }
        texts
    }

    /// Splits into the wanted columns; `places` says for each where it stands in the heading of
    /// `n_fields` fields.
    pub(super) fn split(&self, places: &[usize], n_fields: usize) -> SplitChunk {
        let mut targets = vec![usize::MAX; n_fields];
        for (column, place) in places.iter().enumerate() {
            if let Some(target) = targets.get_mut(*place) {
                *target = column;
            }
        }
        let bytes_each = self.text.len() / n_fields.max(1);
        let mut builders: Vec<StringBuilder> = places
            .iter()
            .map(|_| StringBuilder::with_capacity(16_384, bytes_each))
            .collect();
        let mut split = SplitChunk::default();
        let whole = !self.text.contains(REPLACEMENT);
        for record in self.records() {
            let n_found = record.fields(|at, field| {
                let target = targets.get(at).copied().unwrap_or(usize::MAX);
                if let Some(builder) = builders.get_mut(target) {
                    if field.is_empty() {
                        builder.append_null();
                    } else {
                        builder.append_value(field);
                    }
                }
            });
            if n_found != n_fields {
                split.wrong_count.push(split.rows.len());
                for (builder, place) in builders.iter_mut().zip(places) {
                    if *place >= n_found {
                        builder.append_null();
                    }
                }
            }
            if !whole && record.text.contains(REPLACEMENT) {
                split.no_text.push(split.rows.len());
            }
            split.rows.push(record.row);
        }
        split.columns = builders
            .iter_mut()
            .map(|builder| Arc::new(builder.finish()) as ArrayRef)
            .collect();
        split
    }
}

/// A chunk as columns.
#[derive(Debug, Default)]
pub(super) struct SplitChunk {
    pub(super) columns: Vec<ArrayRef>,
    /// The row number of each record.
    pub(super) rows: Vec<u64>,
    /// Places of records with a wrong number of fields.
    pub(super) wrong_count: Vec<usize>,
    /// Places of records whose bytes were no text.
    pub(super) no_text: Vec<usize>,
}

#[cfg(test)]
mod tests;
