//! Passwords, codes, tokens and seals.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{collections::BTreeSet, fs};

use attesta_identity::*;
use attesta_kernel::Timestamp;
use proptest::prelude::*;
use support::{Counting, Empty};

fn cheap() -> PasswordCost {
    PasswordCost::new(64, 1, 1).unwrap()
}

#[test]
fn a_password_is_verified_and_hashed_again_when_the_cost_changes() {
    let stored = StoredPassword::new("correct horse battery", cheap(), &mut Counting(1)).unwrap();
    assert!(stored.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.as_str());
    let verify = |word: &str, cost| stored.verify(word, cost).unwrap();
    assert_eq!(verify("correct horse battery", cheap()), PasswordVerdict::Matches { hash_again: false });
    assert_eq!(verify("correct horse battery", PasswordCost::USUAL), PasswordVerdict::Matches { hash_again: true });
    assert_eq!(verify("correct horse batterz", cheap()), PasswordVerdict::Differs);
    assert_eq!(verify("", cheap()), PasswordVerdict::Differs);
    assert_eq!(stored.as_str().parse(), Ok(stored.clone()));
    assert_eq!(format!("{stored:?}"), "StoredPassword(…)");
    let other = StoredPassword::new("correct horse battery", cheap(), &mut Counting(2)).unwrap();
    assert_ne!(other, stored, "each has its own salt");
    assert_eq!(StoredPassword::new("x", cheap(), &mut Empty), Err(PasswordError::Chance(NoChance)));
}

/// The vector of `argon2` (the reference program): `echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32`.
#[test]
fn a_hash_of_the_reference_program_is_verified() {
    let theirs = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let stored: StoredPassword = theirs.parse().unwrap();
    assert_eq!(stored.verify("password", PasswordCost::USUAL), Ok(PasswordVerdict::Matches { hash_again: true }));
    assert_eq!(stored.verify("passwore", PasswordCost::USUAL), Ok(PasswordVerdict::Differs));
}

#[test]
fn what_is_not_an_argon2id_hash_within_bounds_lets_nobody_in() {
    let good = StoredPassword::new("a", cheap(), &mut Counting(1)).unwrap().as_str().to_owned();
    let short = good.rsplit_once('$').unwrap().0.to_owned() + "$AAAA";
    let bad = [
        "".to_owned(),
        "plain".to_owned(),
        good.replace("argon2id", "argon2i"),
        good.replace("argon2id", "argon2d"),
        good.replace("v=19", "v=16"),
        good.replace("m=64", "m=4294967295"),
        good.replace("m=64", "m=2097152"),
        good.replace("t=1", "t=1000"),
        good.rsplit_once('$').unwrap().0.to_owned(),
        short,
    ];
    for text in bad {
        assert_eq!(text.parse::<StoredPassword>(), Err(PasswordError::Stored), "{text}");
    }
    assert_eq!(PasswordCost::new(2 << 20, 1, 1), Err(PasswordError::Cost));
    let long = "x".repeat(1025);
    assert_eq!(StoredPassword::new(&long, cheap(), &mut Counting(1)), Err(PasswordError::TooLong));
}

#[test]
fn weak_passwords_are_told_why() {
    let rules = PasswordRules { least: 12, context: vec!["attesta".into(), "Nordlicht".into(), "an".into()] };
    let says = |word: &str| rules.weaknesses(word).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(says("tea kettle in an orbit").is_empty());
    assert_eq!(says("short"), ["it is too short; use at least 12 characters"]);
    assert_eq!(says("NORDLICHT-2026-ok"), ["it holds `nordlicht`, which anybody would try"]);
    for pattern in ["aaaaaaaaaaaaaa", "abcdefghijklmn", "987654321098".get(..9).unwrap(), "ZYXWVUTSRQPONM"] {
        assert!(rules.weaknesses(pattern).contains(&Weakness::Pattern), "{pattern}");
    }
    assert_eq!(rules.weaknesses(&"äö".repeat(600)), [Weakness::TooLong]);
}

#[test]
fn breached_passwords_are_found_and_a_missing_list_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let list = BreachedList::in_folder(folder.path());
    // SHA-1 of "password": 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
    let range = "0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n";
    for name in ["5BAA6", "5BAA6.txt"] {
        fs::write(folder.path().join(name), range).unwrap();
        assert_eq!(list.look("password"), Breach::Seen { times: 9_545_824 });
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let not_looked = |list: &BreachedList| match list.look("password") {
        Breach::NotLooked(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(not_looked(&list).contains("range 5BAA6"), "{}", not_looked(&list));
    assert!(not_looked(&BreachedList::absent()).contains("no list"));
    let put = |text: &str| fs::write(folder.path().join("5BAA6"), text).unwrap();
    put(&range.replace("9545824", "0"));
    assert_eq!(list.look("password"), Breach::NotSeen, "a line of padding");
    put("0018A45C4D1DEF81644B54AB7F969B88D65:10\n");
    assert_eq!(list.look("password"), Breach::NotSeen);
    for damaged in ["", "<html>", "0018A45C4D1DEF81644B54AB7F969B88D65:x", "1E4C9B93F3F0682250B6CF8331B7EE68FD8\n"] {
        put(damaged);
        assert!(not_looked(&list).contains("range 5BAA6"), "{damaged}");
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// RFC 6238, appendix B, SHA-1, the last six of eight digits.
#[test]
fn codes_are_those_of_the_rfc() {
    let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
    let vectors = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (second, code) in vectors {
        let step = u64::try_from(second / 30).unwrap();
        assert_eq!(secret.verify(code, at(second), None), Ok(CodeVerdict::Accepted { step }), "{second}");
        assert_eq!(secret.verify(code, at(second + 30), None), Ok(CodeVerdict::Accepted { step }), "one step late");
        assert_eq!(secret.verify(code, at(second + 90), None), Ok(CodeVerdict::Wrong), "three steps late");
        assert_eq!(secret.verify(code, at(second), Some(step)), Ok(CodeVerdict::Replayed));
        assert_eq!(secret.verify(code, at(second), Some(step + 1)), Ok(CodeVerdict::Replayed));
    }
    assert_eq!(secret.verify("287 082", at(59), Some(0)), Ok(CodeVerdict::Accepted { step: 1 }));
    for wrong in ["", "28708", "2870822", "28708a", "٢٨٧٠٨٢", "-87082"] {
        assert_eq!(secret.verify(wrong, at(59), None), Ok(CodeVerdict::Wrong), "{wrong}");
    }
    assert_eq!(
        secret.enrol_uri("Attesta: Nord", "ann@example.org"),
        "otpauth://totp/Attesta%3A%20Nord:ann%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Attesta%3A%20Nord&algorithm=SHA1&digits=6&period=30"
    );
    assert!(TotpSecret::from_bytes(b"short").is_err());
}

#[test]
fn a_recovery_code_works_once_and_for_its_account_only() {
    let (codes, mut stored) = RecoveryCodes::draw("acc_1", &mut Counting(3)).unwrap();
    assert_eq!((codes.len(), stored.left()), (10, 10));
    let texts: BTreeSet<String> = codes.iter().map(RecoveryCode::reveal).collect();
    assert_eq!(texts.len(), 10);
    for (used, text) in texts.iter().enumerate() {
        assert_eq!(text.len(), 19, "{text}");
        assert_eq!(stored.redeem("acc_2", text), Redeemed::Wrong);
        let Redeemed::Accepted { left } = stored.redeem("acc_1", &format!(" {} ", text.to_uppercase())) else {
            panic!("{text}")
        };
        assert_eq!(left.left(), 9 - used);
        assert_eq!(left.redeem("acc_1", text), Redeemed::Wrong, "used");
        stored = RecoveryCodes::from_stored(&left.to_stored()).unwrap();
        assert_eq!(stored, left);
    }
    assert_eq!(stored.redeem("acc_1", ""), Redeemed::Wrong);
    for bad in ["x", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
        assert!(RecoveryCodes::from_stored(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_token_is_known_by_its_prefix_and_refused_when_one_letter_is_wrong() {
    for kind in SecretKind::ALL {
        let token = SecretToken::draw(*kind, &mut Counting(9)).unwrap();
        let text = token.reveal().to_owned();
        assert!(text.starts_with("att_") && text.len() == 67, "{text}");
        let read = SecretToken::read(*kind, &text).unwrap();
        assert_eq!(read.digest(), token.digest());
        assert!(!format!("{token:?}").contains(&text[10..]));
        for other in SecretKind::ALL.iter().filter(|k| *k != kind) {
            assert!(SecretToken::read(*other, &text).is_err());
            let swapped = text.replace(kind.prefix(), other.prefix());
            assert!(swapped.parse::<SecretToken>().is_err(), "{swapped}");
        }
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            assert!(String::from_utf8(bytes).unwrap().parse::<SecretToken>().is_err(), "letter {at}");
        }
        assert!(text[..66].parse::<SecretToken>().is_err());
        assert!(format!("{text}0").parse::<SecretToken>().is_err());
        assert!(text.to_uppercase().parse::<SecretToken>().is_err());
    }
}

#[test]
fn a_form_carries_a_token_of_its_own_session() {
    let session = |seed| SecretToken::draw(SecretKind::Session, &mut Counting(seed)).unwrap();
    let token = csrf_token(&session(1));
    assert!(is_csrf_token(&session(1), &token));
    assert!(!is_csrf_token(&session(2), &token));
    assert!(!is_csrf_token(&session(1), ""));
    assert!(!is_csrf_token(&session(1), &token[1..]));
}

#[test]
fn a_seal_opens_where_it_belongs_and_nowhere_else() {
    let keys = Keyring::draw(&mut Counting(1)).unwrap();
    let sealed = keys.seal("totp:acc_1", b"secret", &mut Counting(7)).unwrap();
    let text = sealed.to_string();
    assert!(text.starts_with("sealed/1:") && !text.contains("secret"));
    let read: Sealed = text.parse().unwrap();
    assert_eq!(keys.unseal("totp:acc_1", &read).unwrap().as_slice(), b"secret");
    assert!(matches!(keys.unseal("totp:acc_2", &read), Err(SealError::Broken)));
    let other = Keyring::draw(&mut Counting(2)).unwrap();
    assert!(matches!(other.unseal("totp:acc_1", &read), Err(SealError::NoKey(_))));
    let mut refused = 0;
    for at in 18..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        if let Ok(changed) = String::from_utf8(bytes).unwrap().parse::<Sealed>() {
            assert!(keys.unseal("totp:acc_1", &changed).is_err(), "letter {at}");
        }
        refused += 1;
    }
    assert!(refused > 50);
    for bad in ["", "sealed/1:", "sealed/1:aaaaaaaa:", "sealed/1:aaaaaaaa:!!", "sealed/2:aaaaaaaa:AAAA"] {
        let opened = bad.parse::<Sealed>().and_then(|s| keys.unseal("", &s).map(|_| ()));
        assert!(opened.is_err(), "{bad}");
    }
}

#[test]
fn the_key_file_is_made_once_kept_private_and_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seal.key");
    let first = Keyring::open_or_make(&path, &mut Counting(1)).unwrap();
    let again = Keyring::open_or_make(&path, &mut Empty).unwrap();
    assert_eq!(first.current(), again.current());
    let sealed = first.seal("a", b"secret", &mut Counting(5)).unwrap();
    let rotated = again.rotate(&path, &mut Counting(60)).unwrap();
    assert_ne!(rotated.current(), first.current());
    let reopened = Keyring::open(&path).unwrap();
    assert_eq!(reopened.current(), rotated.current());
    assert!(reopened.is_stale(&sealed) && !first.is_stale(&sealed));
    assert_eq!(reopened.unseal("a", &sealed).unwrap().as_slice(), b"secret");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keyring::open(&path), Err(SealError::Open { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let whole = fs::read_to_string(&path).unwrap();
    for (line, damaged) in [
        (1, String::new()),
        (2, "attesta-seal-keys/1\n".into()),
        (3, whole.replace("\n", "\n\n").replacen("\n\n", "\n", 1)),
    ] {
        fs::write(&path, damaged).unwrap();
        match Keyring::open_or_make(&path, &mut Counting(9)) {
            Err(SealError::Damaged { line: said, .. }) => assert_eq!(said, line),
            other => panic!("{other:?}"),
        }
    }
    let nowhere = folder.path().join("none/seal.key");
    assert!(matches!(Keyring::open_or_make(&nowhere, &mut Counting(1)), Err(SealError::File { .. })));
}

#[test]
fn two_processes_that_start_at_once_agree_on_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seal.key");
    // What the second sees when the first wrote in between: the name is taken.
    fs::write(&path, "").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(Keyring::open_or_make(&path, &mut Counting(1)).is_err(), "a damaged file is never replaced");
    fs::remove_file(&path).unwrap();
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8_u8)
            .map(|n| {
                let path = &path;
                scope.spawn(move || Keyring::open_or_make(path, &mut Counting(n * 13)).unwrap().current().to_string())
            })
            .collect();
        starts.into_iter().map(|s| s.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1, "{ids:?}");
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_stop(text in "\\PC{0,90}") {
        let _ = text.parse::<SecretToken>();
        let _ = text.parse::<Sealed>();
        let _ = text.parse::<StoredPassword>();
        let _ = RecoveryCodes::from_stored(&text);
        let secret = TotpSecret::from_bytes(&[1; 20]).unwrap();
        let _ = secret.verify(&text, at(59), None);
    }

    #[test]
    fn what_is_sealed_opens(secret in prop::collection::vec(any::<u8>(), 0..200), context in "\\PC{0,40}", seed: u8) {
        let keys = Keyring::draw(&mut Counting(seed)).unwrap();
        let sealed: Sealed = keys.seal(&context, &secret, &mut Counting(seed)).unwrap().to_string().parse().unwrap();
        let opened = keys.unseal(&context, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), secret.as_slice());
    }
}
