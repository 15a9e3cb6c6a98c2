use super::*;

/// The example in the documentation of the signed note format.
const KNOWN_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const KNOWN_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn verifier_key(seed: u8) -> VerifierKey {
    VerifierKey::from_signing_key("sund.example/log", &signing_key(seed)).unwrap()
}

fn signed(text: &str) -> String {
    sign_note(text, "sund.example/log", &signing_key(7)).unwrap()
}

#[test]
fn opens_the_known_note() {
    let key: VerifierKey = KNOWN_KEY.parse().unwrap();
    assert_eq!(key.name(), "PeterNeumann");
    assert_eq!(key.to_string(), KNOWN_KEY);
    let text = open_note(KNOWN_NOTE, &key).unwrap();
    assert!(text.starts_with("If you think") && text.ends_with("problem is.\n"));
}

#[test]
fn opens_what_it_signed() {
    let note = signed("first\nsecond\n");
    assert!(note.starts_with("first\nsecond\n\n\u{2014} sund.example/log "));
    assert!(note.ends_with('\n'));
    assert_eq!(open_note(&note, &verifier_key(7)), Ok("first\nsecond\n"));
}

#[test]
fn signing_twice_gives_the_same_note() {
    assert_eq!(signed("text\n"), signed("text\n"));
}

#[test]
fn a_text_may_hold_empty_lines() {
    let text = "first\n\nthird\n";
    assert_eq!(open_note(&signed(text), &verifier_key(7)), Ok(text));
}

#[test]
fn refuses_a_note_signed_by_another_key() {
    let expected = NoteError::NotSigned {
        name: "sund.example/log".to_owned(),
    };
    assert_eq!(
        open_note(&signed("text\n"), &verifier_key(8)),
        Err(expected)
    );
}

#[test]
fn refuses_a_note_signed_under_another_name() {
    let key = VerifierKey::from_signing_key("other.example", &signing_key(7)).unwrap();
    let expected = NoteError::NotSigned {
        name: "other.example".to_owned(),
    };
    assert_eq!(open_note(&signed("text\n"), &key), Err(expected));
}

#[test]
fn refuses_every_changed_byte() {
    let note = signed("origin\n12\nroot\n");
    let key = verifier_key(7);
    for position in 0..note.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut bytes = note.clone().into_bytes();
            bytes[position] ^= flip;
            let opened = String::from_utf8(bytes).map(|text| open_note(&text, &key).is_ok());
            assert_ne!(opened, Ok(true), "byte {position} with {flip:#x}");
        }
    }
}

#[test]
fn refuses_every_shortened_note() {
    let note = signed("text\n");
    for length in (0..note.len()).filter(|length| note.is_char_boundary(*length)) {
        assert!(
            open_note(&note[..length], &verifier_key(7)).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn refuses_notes_of_other_shapes() {
    let key = verifier_key(7);
    let note = signed("text\n");
    let line = note.lines().last().unwrap();
    for malformed in [
        String::new(),
        "text\n".to_owned(),
        format!("text\n{line}\n"),
        format!("\n\n{line}\n"),
        format!("{note}\n"),
        format!("{note}trailing"),
        format!("{note}trailing\n"),
        note.replace('\u{2014}', "-"),
        note.replace("sund.example/log ", "sund.example/log  "),
        note.replace('\n', "\r\n"),
        format!("te\u{0}xt\n\n{line}\n"),
        format!("{}\n", "x".repeat(NOTE_BYTES_MAX)),
    ] {
        assert_eq!(
            open_note(&malformed, &key),
            Err(NoteError::MalformedNote),
            "{malformed:.40}"
        );
    }
}

#[test]
fn refuses_a_signature_of_the_wrong_length() {
    let key = verifier_key(7);
    for n_bytes in [0, 63, 65] {
        let mut encoded = key.hash().to_vec();
        encoded.extend(std::iter::repeat_n(1, n_bytes));
        let note = format!(
            "text\n\n\u{2014} sund.example/log {}\n",
            STANDARD.encode(encoded)
        );
        assert_eq!(
            open_note(&note, &key),
            Err(NoteError::MalformedNote),
            "{n_bytes} bytes"
        );
    }
}

#[test]
fn accepts_signatures_of_witnesses_beside_its_own() {
    let note = signed("text\n");
    let witness = sign_note("text\n", "witness.example", &signing_key(9)).unwrap();
    let witness_line = witness.lines().last().unwrap();
    let before = note.replace("\n\n", &format!("\n\n{witness_line}\n"));
    let after = format!("{note}{witness_line}\n");
    for note in [before, after] {
        assert_eq!(open_note(&note, &verifier_key(7)), Ok("text\n"));
    }
}

#[test]
fn one_bad_signature_by_the_key_spoils_the_note() {
    let note = signed("text\n");
    let other = signed("other\n");
    let spoiled = format!("{note}{}\n", other.lines().last().unwrap());
    let expected = NoteError::BadSignature {
        name: "sund.example/log".to_owned(),
    };
    assert_eq!(open_note(&spoiled, &verifier_key(7)), Err(expected));
}

#[test]
fn refuses_more_signatures_than_the_limit() {
    let note = signed("text\n");
    let line = note.lines().last().unwrap();
    let within = format!("text\n\n{}", format!("{line}\n").repeat(SIGNATURES_MAX));
    assert_eq!(open_note(&within, &verifier_key(7)), Ok("text\n"));
    let beyond = format!("{within}{line}\n");
    assert_eq!(
        open_note(&beyond, &verifier_key(7)),
        Err(NoteError::MalformedNote)
    );
}

#[test]
fn signs_only_lines_of_printable_text() {
    for text in [
        "",
        "\n",
        "no line end",
        "tab\there\n",
        "zero\u{0}\n",
        "return\r\n",
    ] {
        let refused = sign_note(text, "name", &signing_key(7));
        assert_eq!(refused, Err(NoteError::InvalidText), "{text:?}");
    }
}

#[test]
fn a_key_name_is_one_word_without_plus() {
    for name in [
        "",
        "two words",
        "a+b",
        "line\nend",
        "no\u{a0}break",
        "zero\u{0}",
    ] {
        let expected = NoteError::InvalidName {
            name: name.to_owned(),
        };
        assert_eq!(
            sign_note("text\n", name, &signing_key(7)),
            Err(expected.clone()),
            "{name:?}"
        );
        assert_eq!(
            VerifierKey::from_signing_key(name, &signing_key(7)),
            Err(expected)
        );
    }
}

#[test]
fn a_verifier_key_reads_what_it_writes() {
    let key = verifier_key(7);
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    // Published in a file, it ends with a line end.
    assert_eq!(format!("{key}\n").parse(), Ok(key.clone()));
    assert_eq!(format!("{key:?}"), format!("VerifierKey({key})"));
}

#[test]
fn refuses_malformed_verifier_keys() {
    for text in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==",
        // Algorithm 2 is not Ed25519.
        "PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWA",
    ] {
        assert_eq!(
            text.parse::<VerifierKey>(),
            Err(NoteError::MalformedKey),
            "{text}"
        );
    }
}

#[test]
fn refuses_a_verifier_key_whose_hash_names_another() {
    for text in [
        KNOWN_KEY.replace("c74f20a3", "c74f20a4"),
        KNOWN_KEY.replace("c74f20a3", "C74F20A3"),
        KNOWN_KEY.replace("PeterNeumann", "PeterNewmann"),
    ] {
        assert_eq!(
            text.parse::<VerifierKey>(),
            Err(NoteError::KeyHashMismatch),
            "{text}"
        );
    }
}
