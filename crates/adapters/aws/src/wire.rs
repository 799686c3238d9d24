//! Requests and answers on the wire, in the five protocols that AWS speaks.

use serde_json::{Map, Value};

use crate::{
    model::{Member, Model, Operation, Protocol, Service, Shape},
    xml,
};

/// A request before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, encoded.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// An error that a service answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Writes a call. A member that the operation does not have is a mistake of ours.
pub(crate) fn request(
    service: &Service,
    name: &str,
    operation: &Operation,
    input: &Map<String, Value>,
) -> Result<Request, String> {
    if let Some(unknown) = input.keys().find(|key| !operation.input.contains_key(*key)) {
        return Err(format!("`{name}` takes no `{unknown}`"));
    }
    match service.protocol {
        Protocol::Ec2 | Protocol::Query => Ok(query(service, name, operation, input)),
        Protocol::Json => {
            let target = format!("{}.{name}", service.target.as_deref().unwrap_or_default());
            let version = service.json.as_deref().unwrap_or("1.1");
            Ok(Request {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                headers: vec![
                    ("content-type".to_owned(), format!("application/x-amz-json-{version}")),
                    ("x-amz-target".to_owned(), target),
                ],
                body: Value::Object(input.clone()).to_string().into_bytes(),
            })
        }
        Protocol::RestXml | Protocol::RestJson => Ok(rest(operation, input)),
    }
}

fn query(service: &Service, name: &str, operation: &Operation, input: &Map<String, Value>) -> Request {
    let mut pairs = vec![("Action".to_owned(), name.to_owned()), ("Version".to_owned(), service.api.clone())];
    for (member, value) in input {
        let told = operation.input.get(member).map_or(&[][..], Vec::as_slice);
        let wire = told.first().unwrap_or(member);
        match value {
            Value::Array(items) => {
                let style = told.get(2).map_or("", String::as_str);
                for (item, at) in items.iter().zip(1_u32..) {
                    let key = if style.is_empty() { format!("{wire}.{at}") } else { format!("{wire}.{style}.{at}") };
                    pairs.push((key, plain(item)));
                }
            }
            value => pairs.push((wire.clone(), plain(value))),
        }
    }
    let body: Vec<String> = pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
        body: body.join("&").into_bytes(),
    }
}

fn rest(operation: &Operation, input: &Map<String, Value>) -> Request {
    let mut path = operation.path.clone();
    let mut more: Vec<String> = Vec::new();
    let mut headers = Vec::new();
    let mut body = Map::new();
    for (member, value) in input {
        let told = operation.input.get(member).map_or(&[][..], Vec::as_slice);
        let wire = told.first().unwrap_or(member);
        match told.get(1).map(String::as_str) {
            Some("uri") => path = path.replace(&format!("{{{wire}}}"), &encode(&plain(value))),
            Some("querystring") => more.push(format!("{}={}", encode(wire), encode(&plain(value)))),
            Some("header") => headers.push((wire.to_lowercase(), plain(value))),
            _ => _ = body.insert(wire.clone(), value.clone()),
        }
    }
    if !more.is_empty() {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&more.join("&"));
    }
    let body = if body.is_empty() { Vec::new() } else { Value::Object(body).to_string().into_bytes() };
    if !body.is_empty() || operation.method == "POST" {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Request { method: operation.method.clone(), path, headers, body }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Percent-encodes all but unreserved characters (RFC 3986, 2.3), as signatures demand.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Reads an answer: the operation's output as JSON, in the API's own names.
pub(crate) fn answer(
    model: &Model,
    service: &Service,
    name: &str,
    operation: &Operation,
    response: &Response,
) -> Result<Value, String> {
    let text = std::str::from_utf8(&response.body).map_err(|_| "the answer is not UTF-8".to_owned())?;
    let mut value = match service.protocol {
        Protocol::Json | Protocol::RestJson => json(text)?,
        Protocol::Ec2 => {
            let root = xml::parse(text)?;
            expect_root(&root, &format!("{name}Response"))?;
            xml::decode(model, &operation.output, &root)
        }
        Protocol::Query => {
            let root = xml::parse(text)?;
            expect_root(&root, &format!("{name}Response"))?;
            match &operation.wrapper {
                Some(wrapper) => {
                    let inner = root.child(wrapper).ok_or_else(|| format!("the answer has no `{wrapper}`"))?;
                    xml::decode(model, &operation.output, inner)
                }
                None => xml::decode(model, &operation.output, &root),
            }
        }
        Protocol::RestXml => rest_xml(model, name, operation, text)?,
    };
    from_headers(model, &operation.output, response, &mut value);
    Ok(value)
}

fn expect_root(root: &xml::Element, name: &str) -> Result<(), String> {
    if root.name == name { Ok(()) } else { Err(format!("the answer is `{}`, not `{name}`", root.name)) }
}

fn json(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    if text.trim_start().starts_with('<') {
        return Err("a page of HTML, not an answer of the API".to_owned());
    }
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("the answer is not a JSON object".to_owned()),
        Err(error) => Err(format!("the answer is not JSON: {error}")),
    }
}

fn rest_xml(model: &Model, name: &str, operation: &Operation, text: &str) -> Result<Value, String> {
    if name == "GetBucketLocation" {
        // The one answer whose root is the member itself.
        let root = xml::parse(text)?;
        expect_root(&root, "LocationConstraint")?;
        return Ok(serde_json::json!({ "LocationConstraint": root.text.trim() }));
    }
    let Some(payload) = &operation.payload else {
        return Ok(xml::decode(model, &operation.output, &xml::parse(text)?));
    };
    let Shape::Structure(_, members) = model.resolve(&operation.output) else {
        return Err("the model has no shape for the answer".to_owned());
    };
    let inner = match members.get(payload) {
        Some(Member::Body(_, shape)) => model.resolve(shape),
        _ => return Err("the model has no shape for the answer".to_owned()),
    };
    // A bucket's policy is the body itself.
    let value = if let Shape::Scalar(_) = inner {
        if text.trim_start().starts_with('<') {
            return Err("a page of HTML, not an answer of the API".to_owned());
        }
        Value::String(text.to_owned())
    } else {
        xml::decode(model, inner, &xml::parse(text)?)
    };
    Ok(Value::Object(Map::from_iter([(payload.clone(), value)])))
}

fn from_headers(model: &Model, shape: &Shape, response: &Response, value: &mut Value) {
    let (Shape::Structure(_, members), Value::Object(out)) = (model.resolve(shape), value) else { return };
    for (name, member) in members {
        if let Member::Placed(wire, _, place) = member
            && place == "header"
            && let Some(told) = response.header(wire)
        {
            out.insert(name.clone(), Value::String(told.to_owned()));
        }
    }
}

/// Reads an error: its code and message, wherever the protocol puts them.
pub(crate) fn refusal(service: &Service, response: &Response) -> Refusal {
    let text = String::from_utf8_lossy(&response.body);
    let (code, message) = match service.protocol {
        Protocol::Json | Protocol::RestJson => {
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            let said = |keys: [&str; 3]| keys.iter().find_map(|key| value.get(key)?.as_str()).map(str::to_owned);
            let code =
                response.header("x-amzn-errortype").map(str::to_owned).or_else(|| said(["__type", "code", "Code"]));
            (code, said(["message", "Message", "errorMessage"]))
        }
        _ => match xml::parse(&text) {
            Ok(root) => {
                let nested = root.child("Errors").and_then(|errors| errors.child("Error"));
                let error = nested.or_else(|| root.child("Error")).unwrap_or(&root);
                let said = |key| error.child(key).map(|child: &xml::Element| child.text.trim().to_owned());
                (said("Code"), said("Message"))
            }
            Err(_) => (None, None),
        },
    };
    // `com.amazonaws.kms#NotFoundException:http://…` is `NotFoundException`.
    let code =
        code.as_deref().and_then(|code| code.split(':').next()?.rsplit('#').next()).filter(|code| !code.is_empty());
    let shown = if text.trim_start().starts_with(['<', '{']) && code.is_some() { String::new() } else { cut(&text) };
    Refusal {
        status: response.status,
        code: code.map_or_else(|| format!("HTTP{}", response.status), str::to_owned),
        message: message.unwrap_or(shown),
    }
}

/// The beginning of a text that is no answer, in one line.
fn cut(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(120).collect()
}

#[cfg(test)]
mod tests;
