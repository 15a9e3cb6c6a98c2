//! Identity numbers as reception meets them: of a shape that exists, and real or synthetic as the
//! folder demands.

use linkage::CprNumber;

/// Why a text is no identity number that this folder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdentityFault {
    /// It cannot exist.
    Impossible,
    /// It may be a real person's, in a folder for synthetic persons.
    NotSynthetic,
    /// It is synthetic, in a folder for real persons.
    Synthetic,
}

/// The packed form of an identity number; never 0.
pub(super) fn parse(text: &str, synthetic: bool) -> Result<u64, IdentityFault> {
    let number = pack(text.as_bytes())
        .and_then(|packed| CprNumber::from_packed(packed).ok())
        .ok_or(IdentityFault::Impossible)?;
    match (number.is_synthetic(), synthetic) {
        (false, true) => Err(IdentityFault::NotSynthetic),
        (true, false) => Err(IdentityFault::Synthetic),
        _ => Ok(number.packed()),
    }
}

/// Ten digits, with or without a hyphen after the sixth, as one number: once per row of every
/// table, hence without a copy of the text.
fn pack(text: &[u8]) -> Option<u64> {
    let (date, serial) = match text {
        [date @ .., b'-', _, _, _, _] if date.len() == 6 => (date, text.get(7..)?),
        _ if text.len() == 10 => text.split_at_checked(6)?,
        _ => return None,
    };
    let mut packed = 0_u64;
    for byte in date.iter().chain(serial) {
        if !byte.is_ascii_digit() {
            return None;
        }
        packed = packed * 10 + u64::from(byte - b'0');
    }
    Some(packed)
}

/// Whether an identity number, real or synthetic, stands anywhere in a text.
pub(super) fn found_in(text: &str) -> bool {
    let n_digits = text.bytes().filter(u8::is_ascii_digit).count();
    n_digits >= 10 && !linkage::scan_identifiers(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_folder_is_for() {
        assert_eq!(parse("014170-1234", true), Ok(141_701_234));
        assert_eq!(parse("0141701234", false), Err(IdentityFault::Synthetic));
        // Replacement numbers are real persons' too.
        for (real, packed) in [("0101701234", 101_701_234), ("610170-1234", 6_101_701_234)] {
            assert_eq!(parse(real, false), Ok(packed));
            assert_eq!(parse(real, true), Err(IdentityFault::NotSynthetic));
        }
        for bad in [
            "",
            "010170123",
            "01017012345",
            "3002701234",
            "0113701234",
            "010170 1234",
            "A101701234",
            "9201701234",
            "0153701234",
            "6141701234",
            "0101701-234",
            "01017-01234",
        ] {
            assert_eq!(parse(bad, false), Err(IdentityFault::Impossible), "{bad}");
        }
    }

    #[test]
    fn finds_numbers_within_texts() {
        for yes in [
            "0101701234",
            "cpr 010170-1234.",
            "se 610170 1234",
            "014170-1234",
        ] {
            assert!(found_in(yes), "{yes}");
        }
        for no in ["", "NPU27300", "tlf 12345678", "3302701234"] {
            assert!(!found_in(no), "{no}");
        }
    }
}
