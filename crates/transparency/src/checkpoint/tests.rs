use super::*;
use crate::merkle::leaf_hash;

const ORIGIN: &str = "sund.example/log";

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn verifier_key() -> VerifierKey {
    VerifierKey::from_signing_key(ORIGIN, &signing_key()).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        head: TreeHead {
            size,
            root: leaf_hash(b"root"),
        },
    }
}

fn signed_text(text: &str) -> String {
    sign_note(text, ORIGIN, &signing_key()).unwrap()
}

#[test]
fn is_an_origin_a_size_a_root_and_a_signature() {
    let note = checkpoint(42).sign(&signing_key()).unwrap();
    let lines: Vec<_> = note.split('\n').collect();
    assert_eq!(lines[0], ORIGIN);
    assert_eq!(lines[1], "42");
    assert_eq!(
        STANDARD.decode(lines[2]).unwrap(),
        leaf_hash(b"root").as_bytes()
    );
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with("\u{2014} sund.example/log "));
    assert_eq!(lines[5..], [""]);
}

#[test]
fn opens_what_it_signed() {
    for size in [0, 1, 256, u64::MAX] {
        let note = checkpoint(size).sign(&signing_key()).unwrap();
        assert_eq!(
            Checkpoint::open(&note, &verifier_key()),
            Ok(checkpoint(size))
        );
    }
}

#[test]
fn is_the_same_note_each_time() {
    let expected = "sund.example/log\n\
        3\n\
        PAb5plclr2BSYfY2ZyyWINQJcx2JpFHXRV/pxK4WeCk=\n\
        \n\
        \u{2014} sund.example/log ulENNDFQmb1tI0Uwf5zXvxGK56kEQ/X21SCkEcuguw2X6Kndl1zF3nh9HRw19c0SkEEsG02ykB9X6gAC0ftZIoYznwQ=\n";
    assert_eq!(checkpoint(3).sign(&signing_key()).unwrap(), expected);
    assert!(
        verifier_key()
            .to_string()
            .starts_with("sund.example/log+ba510d34+A")
    );
}

#[test]
fn refuses_another_key() {
    let note = checkpoint(1)
        .sign(&SigningKey::from_bytes(&[8; 32]))
        .unwrap();
    let refused = Checkpoint::open(&note, &verifier_key());
    assert!(matches!(
        refused,
        Err(CheckpointError::Note(NoteError::NotSigned { .. }))
    ));
}

#[test]
fn refuses_an_enlarged_log() {
    let note = checkpoint(41)
        .sign(&signing_key())
        .unwrap()
        .replacen("41", "42", 1);
    let refused = Checkpoint::open(&note, &verifier_key());
    assert!(matches!(
        refused,
        Err(CheckpointError::Note(NoteError::BadSignature { .. }))
    ));
}

#[test]
fn refuses_the_checkpoint_of_another_log_under_the_same_key() {
    let root = STANDARD.encode(leaf_hash(b"root").as_bytes());
    let note = signed_text(&format!("other.example\n1\n{root}\n"));
    let expected = CheckpointError::OtherOrigin {
        origin: "other.example".to_owned(),
    };
    assert_eq!(Checkpoint::open(&note, &verifier_key()), Err(expected));
}

#[test]
fn refuses_signed_texts_of_other_shapes() {
    let root = STANDARD.encode(leaf_hash(b"root").as_bytes());
    for text in [
        format!("{ORIGIN}\n"),
        format!("{ORIGIN}\n1\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("{ORIGIN}\n-1\n{root}\n"),
        format!("{ORIGIN}\n+1\n{root}\n"),
        format!("{ORIGIN}\n01\n{root}\n"),
        format!("{ORIGIN}\n 1\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n1\n{}\n", &root[..40]),
        format!("{ORIGIN}\n1\n{root}\nextension\n"),
    ] {
        let refused = Checkpoint::open(&signed_text(&text), &verifier_key());
        assert_eq!(refused, Err(CheckpointError::Malformed), "{text}");
    }
}

#[test]
fn refuses_to_sign_under_an_impossible_origin() {
    let mut unnamed = checkpoint(1);
    unnamed.origin = "two words".to_owned();
    let refused = unnamed.sign(&signing_key());
    assert!(matches!(
        refused,
        Err(CheckpointError::Note(NoteError::InvalidName { .. }))
    ));
}
