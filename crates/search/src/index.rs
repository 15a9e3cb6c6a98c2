//! The index of a catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalogue::{Catalogue, Language, Text};
use tantivy::schema::Field;
use tantivy::{Index, SegmentReader, SingleSegmentIndexWriter, TantivyDocument};

use crate::codes::CodeTree;
use crate::compound::Compounds;
use crate::document::{Document, Entry, Maker, Words, Writing};
use crate::facets::FacetTable;
use crate::fields::{Fields, Zone, schema};
use crate::find::score;
use crate::letters::{Stems, fold, identifier_parts, words};
use crate::lexicon::Lexicon;
use crate::query::{Hit, Query, SearchResult};
use crate::rank::{Found, drop_codes_below_others, hit, joined, rank};
use crate::suggest::Suggestions;
use crate::understand::{terms, understood};
use crate::vocabulary::{Vocabulary, part_token};

/// The index cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index in memory refused.
    #[error("the search index cannot be made")]
    Index(#[from] tantivy::TantivyError),
    /// More can be found than an index holds.
    #[error("the catalogue has more entries than a search index holds")]
    TooLarge,
}

/// A catalogue made ready for search.
#[derive(Debug)]
pub struct SearchIndex {
    pub(crate) documents: Vec<Document>,
    pub(crate) facets: FacetTable,
    pub(crate) words: Vocabulary,
    pub(crate) codes: CodeTree,
    /// Code list to the variables that are coded by it.
    pub(crate) coded_by: BTreeMap<Arc<str>, Vec<u32>>,
    /// Register to its document.
    pub(crate) registers: BTreeMap<Arc<str>, u32>,
    pub(crate) lexicon: Lexicon,
    pub(crate) suggestions: Suggestions,
    /// Place of each title in Danish and in English order.
    title_order: [Vec<u32>; 2],
    /// Folded word to a way that it is written.
    written: BTreeMap<Box<str>, Box<str>>,
}

impl SearchIndex {
    /// Makes the index of a catalogue and of what else can be found.
    pub fn new(catalogue: &Catalogue, entries: &[Entry]) -> Result<Self, SearchError> {
        let (schema, fields) = schema();
        let writer = Index::builder().schema(schema);
        let budget = WRITER_BYTES;
        let directory = tantivy::directory::RamDirectory::create();
        let mut writing = Writer {
            writer: writer.single_segment_index_writer(directory, budget)?,
            fields: fields.clone(),
            stems: Stems::new(),
            compounds: dictionary(catalogue, entries),
            known: BTreeMap::new(),
        };
        let mut maker = Maker::default();
        let mut documents = Vec::new();
        maker.each(catalogue, entries, |document, words| {
            documents.push(document);
            writing.add(words)
        })?;
        writing.add_lay_words(catalogue)?;
        if u32::try_from(documents.len()).is_err() {
            return Err(SearchError::TooLarge);
        }
        documents.shrink_to_fit();
        let index = writing.writer.finalize()?;
        let segments = index.searchable_segments()?;
        let segment = segments.first().ok_or(SearchError::TooLarge)?;
        let reader = SegmentReader::open(segment)?;
        let words = Vocabulary::open(&reader, &fields, writing.compounds)?;
        let lexicon = Lexicon::new(catalogue.lay_words(), &words);
        Ok(Self {
            codes: code_tree(catalogue, &documents),
            coded_by: coded_by(&documents),
            registers: registers(&documents),
            suggestions: Suggestions::new(catalogue, &lexicon),
            title_order: [Language::Da, Language::En].map(|l| title_order(&documents, l)),
            written: written(catalogue),
            facets: maker.facets,
            documents,
            words,
            lexicon,
        })
    }

    /// Searches.
    pub fn search(&self, query: &Query<'_>) -> SearchResult {
        let mut result = self.answer(query);
        if result.total == 0 && !query.text.trim().is_empty() {
            result.nearest = self.nearest(query);
        }
        result
    }

    fn answer(&self, query: &Query<'_>) -> SearchResult {
        let terms = terms(self, query.text, query.literal);
        let parts = score(self, &terms);
        let mut found = if terms.is_empty() {
            self.every_register(query)
        } else {
            let mut found = joined(self, &parts);
            drop_codes_below_others(self, &mut found);
            found
        };
        let sieve = self.facets.sieve(&query.filters);
        let values = |found: &Found| Some(&self.document(found.document)?.facets);
        let facets = self.facets.count(&sieve, found.iter().filter_map(values));
        found.retain(|entry| values(entry).is_some_and(|values| sieve.keeps(values)));
        rank(self, &mut found, query.language);
        let page = found.iter().skip(query.offset).take(query.limit);
        SearchResult {
            total: found.len(),
            hits: page.filter_map(|found| hit(self, found, &parts)).collect(),
            facets,
            understood: understood(&terms),
            nearest: Vec::new(),
        }
    }

    fn every_register(&self, query: &Query<'_>) -> Vec<Found> {
        // Nothing but blanks lists the registers; words that say nothing find nothing.
        if !query.text.trim().is_empty() {
            return Vec::new();
        }
        let registers = self.registers.values();
        let found = registers.map(|document| Found {
            document: *document,
            score: 0,
            why: crate::Why::Exact,
        });
        found.collect()
    }

    /// The nearest that there is: without the filters, or by the beginnings of the words.
    fn nearest(&self, query: &Query<'_>) -> Vec<Hit> {
        const NEAREST_MAX: usize = 5;
        const BEGINNING_CHARS_MIN: usize = 3;
        let open = |text: &str| {
            let mut wider = Query::new(text, query.language);
            wider.limit = NEAREST_MAX;
            self.answer(&wider).hits
        };
        if query.filters.count() > 0 || query.literal {
            let hits = open(query.text);
            if !hits.is_empty() {
                return hits;
            }
        }
        let text = crate::letters::readable(query.text);
        for word in words(&text).map(fold) {
            let ends = word
                .char_indices()
                .map(|(at, _)| at)
                .skip(BEGINNING_CHARS_MIN);
            for end in ends.collect::<Vec<_>>().into_iter().rev() {
                let beginning = word.get(..end).unwrap_or_default();
                if !self.words.beginning_with(beginning, 1).is_empty() {
                    return open(beginning);
                }
            }
        }
        Vec::new()
    }

    pub(crate) fn document(&self, number: u32) -> Option<&Document> {
        self.documents.get(usize::try_from(number).ok()?)
    }

    pub(crate) fn title_order(&self, document: u32, language: Language) -> u32 {
        let [danish, english] = &self.title_order;
        let order = match language {
            Language::Da => danish,
            Language::En => english,
        };
        let at = usize::try_from(document).ok();
        at.and_then(|at| order.get(at)).copied().unwrap_or(u32::MAX)
    }

    /// A folded word as people write it.
    pub(crate) fn as_written<'a>(&'a self, folded: &'a str) -> &'a str {
        self.written.get(folded).map_or(folded, |written| written)
    }
}

/// The writer takes at least this much; an index of the whole catalogue is smaller.
const WRITER_BYTES: usize = 60_000_000;

/// The tokens of a word, kept while the index is written: most words stand in many texts.
struct Tokens {
    folded: String,
    danish: String,
    english: String,
}

struct Writer {
    writer: SingleSegmentIndexWriter<TantivyDocument>,
    fields: Fields,
    stems: Stems,
    compounds: Compounds,
    known: BTreeMap<String, Arc<Tokens>>,
}

impl Writer {
    fn add(&mut self, writing: &Writing<'_>) -> Result<(), SearchError> {
        let mut tokens: BTreeMap<Field, String> = BTreeMap::new();
        for (zone, words) in writing {
            match words {
                Words::One(text) => self.one(*zone, text, &mut tokens),
                Words::Both(text) => self.both(*zone, text, &mut tokens),
            }
        }
        let mut document = TantivyDocument::default();
        for (field, tokens) in tokens {
            document.add_text(field, tokens);
        }
        Ok(self.writer.add_document(document)?)
    }

    /// Words of the lexicon are words of the catalogue too: for spelling, not to be found.
    fn add_lay_words(&mut self, catalogue: &Catalogue) -> Result<(), SearchError> {
        let mut tokens = String::new();
        for entry in catalogue.lay_words().entries() {
            let own = [&entry.means.da, &entry.means.en];
            for phrase in entry.da.iter().chain(&entry.en).chain(own) {
                for word in words(phrase) {
                    push(&mut tokens, &fold(word));
                }
            }
        }
        let mut document = TantivyDocument::default();
        document.add_text(self.fields.surface, tokens);
        Ok(self.writer.add_document(document)?)
    }

    fn one(&mut self, zone: Zone, text: &str, tokens: &mut BTreeMap<Field, String>) {
        if zone == Zone::Name {
            return self.name(text, tokens);
        }
        self.prose(zone, (text, true, true), tokens);
    }

    fn both(&mut self, zone: Zone, text: &Text, tokens: &mut BTreeMap<Field, String>) {
        self.prose(zone, (&text.da, true, false), tokens);
        let english = if text.en.is_empty() {
            &text.da
        } else {
            &text.en
        };
        self.prose(zone, (english, false, true), tokens);
    }

    /// Identifiers as a whole and in parts; a name of several words reads as a title.
    fn name(&mut self, text: &str, tokens: &mut BTreeMap<Field, String>) {
        if text.contains(char::is_whitespace) {
            self.prose(Zone::Title, (text, true, true), tokens);
            return;
        }
        let folded = fold(text);
        if let Some(field) = self.field(Zone::Name) {
            push(tokens.entry(field).or_default(), &folded);
        }
        let parts = || identifier_parts(&folded);
        if let Some(field) = self.field(Zone::NamePart)
            && parts().nth(1).is_some()
        {
            let to = tokens.entry(field).or_default();
            parts().for_each(|part| push(to, part));
        }
        let is_word = |word: &&str| word.chars().any(char::is_alphabetic) && !word.contains('.');
        let surface = tokens.entry(self.fields.surface).or_default();
        let pieces = parts().chain([folded.as_str()]);
        pieces
            .filter(is_word)
            .for_each(|piece| push(surface, piece));
    }

    /// The field of a zone, or of its Danish words.
    fn field(&self, zone: Zone) -> Option<Field> {
        let fields = self.fields.zones.iter();
        let mut found = fields.filter(|(other, ..)| *other == zone);
        found.next().map(|(_, field, _)| *field)
    }

    fn prose(
        &mut self,
        zone: Zone,
        (text, danish, english): (&str, bool, bool),
        tokens: &mut BTreeMap<Field, String>,
    ) {
        let fields = self.fields.zones.iter().find(|(other, ..)| *other == zone);
        let Some((_, first, second)) = fields.copied() else {
            return;
        };
        let surface = self.fields.surface;
        for word in words(text) {
            let known = self.tokens(word);
            if danish {
                let to = tokens.entry(first).or_default();
                push(to, &known.danish);
                if zone != Zone::Context {
                    for part in self.compounds.split(&known.folded) {
                        push(to, &part_token(&self.stems.danish(part)));
                    }
                }
            }
            if let Some(second) = second.filter(|_| english) {
                push(tokens.entry(second).or_default(), &known.english);
            }
            if zone != Zone::Context {
                push(tokens.entry(surface).or_default(), &known.folded);
            }
        }
    }

    fn tokens(&mut self, word: &str) -> Arc<Tokens> {
        if let Some(known) = self.known.get(word) {
            return Arc::clone(known);
        }
        let folded = fold(word);
        let tokens = Arc::new(Tokens {
            danish: self.stems.danish(&folded),
            english: self.stems.english(&folded),
            folded,
        });
        self.known.insert(word.to_owned(), Arc::clone(&tokens));
        tokens
    }
}

fn push(tokens: &mut String, token: &str) {
    if !tokens.is_empty() {
        tokens.push(' ');
    }
    tokens.push_str(token);
}

/// Every text that people wrote in Danish, with what people type.
fn danish_texts<'a>(
    catalogue: &'a Catalogue,
    entries: &'a [Entry],
) -> impl Iterator<Item = &'a str> {
    let registers = catalogue.registers().flat_map(|register| {
        let texts = [&register.name.da, &register.description.da];
        let variables = register.tables.iter().flat_map(|table| &table.variables);
        let labels = variables.map(|variable| &variable.label.da);
        texts.into_iter().chain(&register.lay_words).chain(labels)
    });
    let codes = catalogue.code_lists().flat_map(|list| list.codes());
    let labels = codes.map(|code| &code.label.da);
    let lay = catalogue.lay_words().entries().iter();
    let lay = lay.flat_map(|word| word.da.iter().chain([&word.means.da]).chain(&word.also));
    let others = entries
        .iter()
        .flat_map(|entry| [&entry.title.da, &entry.text.da]);
    registers
        .chain(lay)
        .chain(labels)
        .chain(others)
        .map(String::as_str)
}

/// The words that compounds are made of.
fn dictionary(catalogue: &Catalogue, entries: &[Entry]) -> Compounds {
    let texts = danish_texts(catalogue, entries);
    let distinct: std::collections::BTreeSet<&str> = texts.flat_map(words).collect();
    Compounds::new(distinct.into_iter().map(fold))
}

/// How words are written that fold to something else.
fn written(catalogue: &Catalogue) -> BTreeMap<Box<str>, Box<str>> {
    let mut written = BTreeMap::new();
    for word in danish_texts(catalogue, &[]).flat_map(words) {
        let lower = word.to_lowercase();
        let folded = fold(word);
        if folded != lower {
            written
                .entry(folded.into_boxed_str())
                .or_insert_with(|| lower.into_boxed_str());
        }
    }
    written
}

fn numbered(documents: &[Document]) -> impl Iterator<Item = (u32, &Document)> {
    (0_u32..).zip(documents)
}

fn code_tree(catalogue: &Catalogue, documents: &[Document]) -> CodeTree {
    let mut codes = CodeTree::default();
    for (number, document) in numbered(documents) {
        if let Some(code) = &document.code {
            codes.add(Arc::clone(code), number);
        }
    }
    codes.join(catalogue, |number| {
        let document = documents.get(usize::try_from(number).ok()?)?;
        document.code_list.clone()
    });
    codes
}

fn coded_by(documents: &[Document]) -> BTreeMap<Arc<str>, Vec<u32>> {
    let mut coded_by: BTreeMap<Arc<str>, Vec<u32>> = BTreeMap::new();
    for (number, document) in numbered(documents) {
        if let (Some(list), Some(_)) = (&document.code_list, &document.variable) {
            coded_by.entry(Arc::clone(list)).or_default().push(number);
        }
    }
    coded_by
}

fn registers(documents: &[Document]) -> BTreeMap<Arc<str>, u32> {
    let registers = numbered(documents).filter(|(_, d)| d.kind == crate::HitKind::Register);
    let named = registers.filter_map(|(number, d)| Some((d.owner.clone()?, number)));
    named.collect()
}

fn title_order(documents: &[Document], language: Language) -> Vec<u32> {
    let mut sorted: Vec<(String, u32)> = numbered(documents)
        .map(|(number, document)| (fold(document.title.in_language(language)), number))
        .collect();
    sorted.sort_unstable();
    let mut order = vec![0; documents.len()];
    for (place, (_, number)) in (0_u32..).zip(sorted) {
        if let Some(of) = usize::try_from(number)
            .ok()
            .and_then(|at| order.get_mut(at))
        {
            *of = place;
        }
    }
    order
}
