//! Snapshots sent to a server of ours, into sources of the kind `pushed`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::webhook::{WebhookError, agent, checked};

/// One answer takes no longer; a snapshot may be big, and the way slow.
const PATIENCE: Duration = Duration::from_secs(600);
/// What is bigger goes in pieces, as the server takes no more in one request.
const AT_ONCE: usize = 200 << 20;
/// A piece.
const PIECE: usize = 32 << 20;
/// Pages of sources that are read to find one by its name.
const PAGES: usize = 20;

/// An organisation of a server: where snapshots are sent to.
#[derive(Debug)]
pub struct Receiver {
    /// `https://attesta.example.org/api/v1/organisations/ten_…`
    url: String,
    token: Token,
    agent: ureq::Agent,
}

/// It never shows.
struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl Receiver {
    /// The organisation at this address, with a token whose scope is `sources:write`, and `evidence:write` where several
    /// documents are sent at once. Plain `http` goes to this machine alone; no redirect is followed.
    ///
    /// # Errors
    ///
    /// When the address cannot be one.
    pub fn new(url: &str, token: &str) -> Result<Self, WebhookError> {
        checked(url)?;
        let token = Token(token.trim().to_owned());
        Ok(Self { url: url.trim_end_matches('/').to_owned(), token, agent: agent(PATIENCE) })
    }

    /// Sends documents to the source of this name; gives the job that looks at them.
    ///
    /// # Errors
    ///
    /// Why the server did not take them.
    pub fn push(&self, source: &str, documents: &[(String, Vec<u8>)]) -> Result<String, String> {
        let id = self.source(source)?;
        let answer = match documents {
            [] => return Err("there is nothing to send".to_owned()),
            [(name, bytes)] if bytes.len() <= AT_ONCE => {
                let path = format!("sources/{id}/snapshots?name={}", plain(name));
                self.send("POST", &path, &[("content-type", "application/octet-stream")], bytes)?
            }
            several => {
                let sent = several
                    .iter()
                    .map(|(name, bytes)| Ok(json!({ "name": plain(name), "sha256": self.upload(bytes)? })));
                let sent = sent.collect::<Result<Vec<_>, String>>()?;
                self.json("POST", &format!("sources/{id}/runs"), &json!({ "documents": sent }))?
            }
        };
        Ok(text(&answer, "job"))
    }

    fn source(&self, name: &str) -> Result<String, String> {
        let mut after = String::new();
        for _ in 0..PAGES {
            let page = self.send("GET", &format!("sources?limit=500&after={after}"), &[], &[])?;
            let items = page.get("items").and_then(Value::as_array);
            if let Some(found) = items.into_iter().flatten().find(|one| text(one, "name") == name) {
                let kind = found.pointer("/origin/kind").and_then(Value::as_str).unwrap_or_default();
                return match kind {
                    "pushed" => Ok(text(found, "id")),
                    _ => Err(format!("the server's source `{name}` reads for itself; make one of the kind `pushed`")),
                };
            }
            after = text(&page, "next");
            if after.is_empty() {
                break;
            }
        }
        Err(format!("the server has no source called `{name}`; make one of the kind `pushed` there"))
    }

    /// The SHA-256 under which the server keeps the bytes.
    fn upload(&self, bytes: &[u8]) -> Result<String, String> {
        let begun = self.json("POST", "uploads", &json!({ "size": bytes.len() }))?;
        let id = text(&begun, "id");
        let mut offset = 0_usize;
        for piece in bytes.chunks(PIECE) {
            let at = offset.to_string();
            let headers = [("content-type", "application/octet-stream"), ("upload-offset", at.as_str())];
            self.send("PATCH", &format!("uploads/{id}"), &headers, piece)?;
            offset = offset.saturating_add(piece.len());
        }
        let done = self.json("POST", &format!("uploads/{id}/finish"), &Value::Null)?;
        Ok(text(&done, "sha256"))
    }

    fn json(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.send(method, path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Value, String> {
        let url = format!("{}/{path}", self.url);
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        request = request.header("authorization", format!("Bearer {}", self.token.0));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match method {
            "GET" => self.agent.run(request.body(()).map_err(|e| e.to_string())?),
            _ => self.agent.run(request.body(body).map_err(|e| e.to_string())?),
        };
        let mut answer = answer.map_err(|e| e.to_string())?;
        let said = answer.body_mut().read_to_string().unwrap_or_default();
        let value: Value = serde_json::from_str(&said).unwrap_or_default();
        if answer.status().is_success() {
            return Ok(value);
        }
        let why: String = text(&value, "title").chars().take(300).collect();
        Err(format!(
            "the server answered {} to {method} {}: {why}",
            answer.status(),
            path.split('?').next().unwrap_or(path)
        ))
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A document's name as the server takes it, and as an address holds it; the same in every run.
fn plain(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let plain: String = name.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let plain = plain.trim_matches(|c| matches!(c, '.' | '-')).to_owned();
    // The end tells files apart.
    let skip = plain.chars().count().saturating_sub(120);
    plain.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documents_name_becomes_one_that_any_server_takes() {
        for (name, told) in [
            ("estate.jsonl", "estate.jsonl"),
            ("../infra/main plan.json", "infra-main-plan.json"),
            ("/srv/a&b=c.json", "srv-a-b-c.json"),
        ] {
            assert_eq!(plain(name), told);
        }
        assert_eq!(plain(&"x".repeat(500)).len(), 120);
    }

    #[test]
    fn a_token_never_shows_and_never_travels_in_plain_text() {
        let receiver = Receiver::new("http://127.0.0.1:1/api/v1/organisations/ten_1/", "secret\n").unwrap();
        assert!(!format!("{receiver:?}").contains("secret"));
        assert_eq!((receiver.url.ends_with("ten_1"), receiver.token.0.as_str()), (true, "secret"));
        assert!(matches!(Receiver::new("http://example.org/", "x"), Err(WebhookError::Plain(_))));
    }
}
