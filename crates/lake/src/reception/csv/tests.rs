use std::io::{self, Read};

use arrow::array::{Array as _, AsArray as _};
use proptest::prelude::*;

use super::{ChunkError, ChunkReader, CsvFault};

/// Gives a few bytes at a time, so that every boundary falls somewhere.
struct Trickle<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.step.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.bytes = later;
        Ok(length)
    }
}

type Table = (Vec<String>, Vec<Vec<Option<String>>>);

fn read(bytes: &[u8], step: usize) -> Result<Table, ChunkError> {
    let (mut reader, names) = ChunkReader::open(Trickle { bytes, step })?;
    let places: Vec<usize> = (0..names.len()).collect();
    let mut rows = Vec::new();
    while let Some(chunk) = reader.next_chunk()? {
        let split = chunk.split(&places, names.len());
        for row in 0..split.rows.len() {
            let value = |column: &arrow::array::ArrayRef| {
                let column = column.as_string::<i32>();
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            rows.push(split.columns.iter().map(value).collect());
        }
    }
    Ok((names, rows))
}

fn fault_of(bytes: &[u8]) -> (CsvFault, u64) {
    match read(bytes, 3) {
        Err(ChunkError::Fault(fault, place)) => (fault, place.row),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_the_row_of_a_fault() {
    assert_eq!(fault_of(b""), (CsvFault::Empty, 1));
    assert_eq!(fault_of(b"a;b\n1;2\n3\0;4\n"), (CsvFault::ZeroByte, 3));
    assert_eq!(fault_of(b"a;b\n1;2\n\"3\"x;4\n"), (CsvFault::Quote, 3));
    assert_eq!(fault_of(b"a;b\n1;x\"y\n"), (CsvFault::Quote, 2));
    assert_eq!(
        fault_of(b"a;b\n1;2\n\n\"3;4\n5;6"),
        (CsvFault::QuoteOpen, 4)
    );
    assert_eq!(fault_of(b"\"a;b\n1;2\n"), (CsvFault::QuoteOpen, 1));
}

#[test]
fn an_endless_line_is_refused_without_being_held() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += buffer.len();
            assert!(self.0 < 8 << 20, "read on after the limit");
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }
    let refused = ChunkReader::open(Endless(0));
    assert!(matches!(
        refused,
        Err(ChunkError::Fault(CsvFault::LineTooLong, _))
    ));
    let after = io::Cursor::new(b"a;b\n1;2\n".to_vec()).chain(Endless(0));
    let (mut reader, _) = ChunkReader::open(after).unwrap();
    assert!(
        reader.next_chunk().unwrap().is_some(),
        "the rows before it are whole"
    );
    let refused = reader.next_chunk();
    assert!(matches!(
        refused,
        Err(ChunkError::Fault(CsvFault::LineTooLong, _))
    ));
}

#[test]
fn letters_of_latin_1_and_utf_8_are_told_apart() {
    let utf8 = "navn;by\nSøren;Ærø\n".as_bytes();
    let latin1: Vec<u8> = "navn;by\nSøren;Ærø\n"
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(read(utf8, 5).unwrap(), read(&latin1, 5).unwrap());
}

proptest! {
    #[test]
    fn reads_what_another_program_wrote(
        table in (1_usize..5).prop_flat_map(|n| {
            let field = "[a-zæø;,\"\r\n 0-9]{0,6}";
            proptest::collection::vec(proptest::collection::vec(field, n), 1..12)
        }),
        step in 1_usize..40,
        windows in any::<bool>(),
    ) {
        let n = table[0].len();
        let names: Vec<String> = (0..n).map(|n| format!("c{n}")).collect();
        let mut writer = csv::WriterBuilder::new()
            .delimiter(b';')
            .terminator(if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(&names).unwrap();
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let (read_names, rows) = read(&bytes, step).unwrap();
        let expected: Vec<Vec<Option<String>>> = table
            .iter()
            .map(|row| row.iter().map(|f| (!f.is_empty()).then(|| f.clone())).collect())
            .collect();
        prop_assert_eq!(read_names, names);
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), step in 1_usize..50) {
        let _ = read(&bytes, step);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a;\"\n\r,é\t]{0,60}", step in 1_usize..9) {
        let _ = read(text.as_bytes(), step);
    }
}
