//! Named maxima: every list, upload, loop and queue has one.

/// Rows of a list in one answer.
pub const LIST_ITEMS_MAX: usize = 100;
/// Characters of a free-text answer.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// Characters of one line of text (titles, names).
pub const LINE_CHARS_MAX: usize = 300;
/// Bytes of a posted page or JSON document.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Variables in one basket or selection.
pub const VARIABLES_MAX: usize = 2_000;
/// Depth of a population's criteria.
pub const CRITERIA_DEPTH_MAX: usize = 12;
/// Criteria in one population.
pub const CRITERIA_MAX: usize = 200;
/// Bytes of one line of a delivered CSV file.
pub const CSV_LINE_BYTES_MAX: usize = 1024 * 1024;
/// Columns of a delivered file.
pub const COLUMNS_MAX: usize = 2_000;
/// Characters of one SQL query.
pub const SQL_CHARS_MAX: usize = 50_000;
/// Rows that one result page shows.
pub const RESULT_ROWS_MAX: usize = 10_000;
/// Seconds a query may run.
pub const QUERY_SECONDS_MAX: u64 = 60;
/// Examples per rule in a validation report.
pub const REPORT_EXAMPLES_MAX: usize = 5;
/// Bytes of an RDF file that is read: a catalogue is harvested in pages.
pub const RDF_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Statements of an RDF file.
pub const RDF_TRIPLES_MAX: usize = 2_000_000;
/// Bytes of one text in an RDF file.
pub const RDF_LITERAL_BYTES_MAX: usize = 256 * 1024;
/// Brackets within brackets in an RDF file.
pub const RDF_DEPTH_MAX: usize = 100;
/// Characters that an XML entity stands for.
pub const RDF_ENTITY_CHARS_MAX: usize = 1_000;
/// Characters of one question in SPARQL.
pub const SPARQL_CHARS_MAX: usize = 20_000;
/// Rows, or statements, of one answer to a question in SPARQL.
pub const SPARQL_ROWS_MAX: usize = 10_000;
