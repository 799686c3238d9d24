//! Who comes in through an identity provider: a table of everything that can be said.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use attesta_access::*;
use support::*;

#[test]
fn only_the_linked_and_those_with_one_invitation_at_a_verified_free_address_come_in() {
    let me = account(1);
    let mut rows = 0;
    for linked in [None, Some(me)] {
        for address_verified in [false, true] {
            for address_taken in [false, true] {
                for invitations in [0, 1, 2] {
                    let said = Introduction { linked, address_verified, address_taken, invitations }.admit();
                    let invited = linked.is_none() && address_verified && !address_taken;
                    assert_eq!(said == Admission::As(me), linked.is_some());
                    assert_eq!(said == Admission::Choose, invited && invitations > 1);
                    assert_eq!(
                        said == Admission::New,
                        invited && invitations == 1,
                        "{address_verified} {address_taken} {invitations}"
                    );
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 24);
}

#[test]
fn an_address_that_nobody_verified_is_told_before_anything_else() {
    let unverified = Introduction { linked: None, address_verified: false, address_taken: true, invitations: 3 };
    assert_eq!(unverified.admit(), Admission::NotVerified, "it must not tell whether the address is here");
    let taken = Introduction { address_verified: true, ..unverified };
    assert_eq!(taken.admit(), Admission::LinkFirst);
}

#[test]
fn two_factors_are_two_kinds() {
    for two in [&["mfa"][..], &["pwd", "otp"], &["pin", "hwk"], &["pwd", "x", "face"]] {
        assert_eq!(Factors::of_methods(two.iter().copied()), Factors::Two, "{two:?}");
    }
    for one in [&[][..], &["pwd"], &["otp"], &["pwd", "pin"], &["otp", "hwk"], &["sms", "tel"], &["MFA"]] {
        assert_eq!(Factors::of_methods(one.iter().copied()), Factors::One, "{one:?}");
    }
}
