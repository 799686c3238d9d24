//! Start-up scripts that hold what looks like a credential.

use crate::{
    aws::shared::{is_authored, looks_like_credential, unresolved},
    fact::{Fact, State},
    view::{Raw, View},
};

/// The script in Terraform, which may stand in either of two places.
pub(super) fn in_terraform(raw: &Raw) -> Fact<bool> {
    let plain = raw.at("user_data");
    secrets(&if is_authored(&plain) { plain } else { raw.at("user_data_base64") })
}

/// Whether the script, plain or in base 64, holds a credential. No script holds none.
pub(super) fn secrets(script: &View<'_>) -> Fact<bool> {
    if !is_authored(script) {
        return script.derive(false);
    }
    let text = script.text();
    match text.state {
        // State files of older providers keep a hash of the script instead.
        State::Known(text) if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            unresolved(script, "a hash of the script")
        }
        State::Known(text) => script.derive(holds_credential(&plain(&text))),
        State::Absent => script.derive(false),
        State::Unknown(why) => Fact { state: State::Unknown(why), origin: text.origin },
    }
}

/// Every `name=value` word and every `name: value` line.
fn holds_credential(script: &str) -> bool {
    script.lines().any(|line| {
        let assigned = line.split([' ', '\t', ';', '&']).filter_map(|word| word.split_once('='));
        let mapped = line.split_once(':').filter(|(_, value)| value.starts_with(' '));
        looks_like_credential("", line)
            || assigned.chain(mapped).any(|(name, value)| {
                let name = name.trim().trim_start_matches(['-', '"', '\'']);
                let value = value.trim().trim_matches(['"', '\'', ',']);
                is_name(name) && !is_expanded(value) && looks_like_credential(name, value)
            })
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Whether the shell puts something else in its place.
fn is_expanded(value: &str) -> bool {
    value.contains(['$', '`'])
}

/// The script itself: decoded when the whole is base 64 of text, as it stands otherwise.
fn plain(text: &str) -> String {
    decode(text).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// Base 64 (RFC 4648, with padding); `None` for anything else. A script has spaces or lines and is never taken for it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    if digits.is_empty() || !digits.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    for group in digits.chunks(4) {
        let mut bits: u32 = 0;
        let mut padding = 0;
        for digit in group {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    padding += 1;
                    0
                }
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(3_usize.saturating_sub(padding)));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{check, one};

    #[test]
    fn base_64() {
        for (text, want) in [
            ("aGVsbG8=", Some("hello")),
            ("aGVsbG8h", Some("hello!")),
            ("aGk=", Some("hi")),
            ("#!/bin/sh", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(decode(text).as_deref(), want.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn credentials_in_scripts() {
        for (script, want) in [
            ("#!/bin/sh\nexport DB_PASSWORD=hunter2", true),
            ("docker run -e DB_PASSWORD='hunter2' app", true),
            ("password: hunter2", true),
            ("mysql --password=hunter2", true),
            ("AWS_KEY=AKIAIOSFODNN7REALKEY", true),
            ("echo AKIAIOSFODNN7REALKEY > key", true),
            ("export DB_PASSWORD=$(aws secretsmanager get-secret-value)", false),
            ("export DB_PASSWORD=${Password}", false),
            ("export DB_PASSWORD=\"$1\"", false),
            ("echo see https://example.org/?token=", false),
            ("yum install -y httpd", false),
        ] {
            assert_eq!(holds_credential(script), want, "{script}");
        }
        let encoded = "ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK";
        for (properties, want) in [
            (json!({"user_data": {"$late": []}, "user_data_base64": encoded}), "true"),
            (json!({"user_data": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}), "unknown"),
            (json!({"user_data": {"$late": ["random_password.p"]}}), "unknown"),
            (json!({"user_data": ""}), "false"),
        ] {
            check(&one(&[("i", "aws_instance", properties)]), &[("user_data.secrets", want)]);
        }
        let data = json!({"LaunchTemplateData": {"UserData": encoded}});
        check(&one(&[("T", "AWS::EC2::LaunchTemplate", data)]), &[("user_data.secrets", "true")]);
    }
}
