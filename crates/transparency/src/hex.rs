//! Lower-case hexadecimal of 32 bytes: one accepted spelling, so that no two texts mean one value.

use std::fmt;

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn write(bytes: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

/// Reads exactly 64 lower-case hexadecimal digits.
pub(crate) fn parse_32(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = "00ff10a5".repeat(8);
        let bytes = parse_32(&text).unwrap();
        assert_eq!(bytes[..4], [0x00, 0xff, 0x10, 0xa5]);
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "00",
            &"A0".repeat(32),
            &"0g".repeat(32),
            &"00".repeat(33),
            &"æ".repeat(32),
        ] {
            assert_eq!(parse_32(text), None, "{text}");
        }
    }
}
