//! What each document scores for one part of a query.

use crate::query::Why;

/// One score per document, and which were touched.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    places: Vec<Place>,
    touched: Vec<u32>,
}

/// How well a document fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Strength; 0 if it does not fit.
    pub(crate) score: u16,
    /// Why it fits.
    pub(crate) why: Why,
    /// The wording that fits, by number.
    pub(crate) wording: u8,
}

const EMPTY: Place = Place {
    score: 0,
    why: Why::Description,
    wording: 0,
};

impl Board {
    pub(crate) fn new(documents: usize) -> Self {
        Self {
            places: vec![EMPTY; documents],
            touched: Vec::new(),
        }
    }

    /// A document fits; the stronger of two reasons stays.
    pub(crate) fn put(&mut self, document: u32, place: Place) {
        self.merge(document, place, 0);
    }

    /// A document fits in another way too: the stronger stays, the weaker adds a tenth.
    pub(crate) fn add(&mut self, document: u32, place: Place) {
        self.merge(document, place, 10);
    }

    fn merge(&mut self, document: u32, place: Place, share: u16) {
        let Some(known) = usize::try_from(document)
            .ok()
            .and_then(|at| self.places.get_mut(at))
        else {
            return;
        };
        if known.score == 0 {
            self.touched.push(document);
            *known = place;
            // A document that was touched counts, however weak.
            known.score = known.score.max(1);
            return;
        }
        let (low, mut high) = if place.score > known.score {
            (*known, place)
        } else {
            (place, *known)
        };
        if let Some(more) = low.score.checked_div(share) {
            high.score = high.score.saturating_add(more);
            high.why = high.why.min(low.why);
        }
        *known = high;
    }

    pub(crate) fn at(&self, document: u32) -> Option<Place> {
        let at = usize::try_from(document).ok()?;
        self.places.get(at).copied().filter(|place| place.score > 0)
    }

    /// The documents that fit, in the order they were found.
    pub(crate) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// As new.
    pub(crate) fn clear(&mut self) {
        for document in self.touched.drain(..) {
            let place = usize::try_from(document).ok();
            if let Some(place) = place.and_then(|at| self.places.get_mut(at)) {
                *place = EMPTY;
            }
        }
    }
}
