//! Text put together from parts: `Fn::Sub` and `Fn::Join`.
//!
//! A part that stands for one thing of which only the value is not known, a pseudo parameter or another resource's
//! attribute, stays in longer text as `${AWS::AccountId}` or `${Bucket.Arn}`: it holds no wildcard and no separator, so
//! that what is around it keeps its meaning (`arn:aws:s3:::${Bucket}/*`). A part that may be anything, such as a
//! parameter without a default, makes the whole text unknown.

use std::borrow::Cow;

use attesta_resource::Unknown;

use crate::node::{Node, Reference};

use super::{conditions, template::Template};

/// One part of `Fn::Sub`'s text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// As it stands.
    Literal(&'t str),
    /// `${name}`.
    Variable(&'t str),
}

/// Splits `Fn::Sub`'s text at its variables; `${!name}` is the literal `${name}`.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        pieces.push(Piece::Literal(before));
        match name.strip_prefix('!') {
            Some(literal) => pieces.extend([Piece::Literal("${"), Piece::Literal(literal), Piece::Literal("}")]),
            None => pieces.push(Piece::Variable(name.trim())),
        }
        rest = tail;
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

/// Puts parts together; one part that is alone keeps what it is.
pub(super) fn concatenated(template: &Template<'_, '_>, parts: Vec<Node>) -> Node {
    let mut parts: Vec<Node> = parts.into_iter().filter(|p| !matches!(p, Node::Text(t) if t.is_empty())).collect();
    if parts.len() == 1 {
        return match parts.pop() {
            Some(Node::Int(n)) => Node::Text(n.to_string().into()),
            Some(Node::Bool(b)) => Node::Text(if b { "true" } else { "false" }.into()),
            Some(one) => one,
            None => Node::Null,
        };
    }
    let mut joined = String::new();
    for part in &parts {
        match shown(part) {
            Ok(text) if template.may_join(text.len()) => joined.push_str(&text),
            Ok(_) => return unresolved("a template whose text grows beyond bounds"),
            Err(why) => return Node::Unknown(why),
        }
    }
    Node::Text(joined.into())
}

/// A part as it may stand in longer text, or why it may not.
fn shown(part: &Node) -> Result<Cow<'_, str>, Unknown> {
    if let Some(text) = conditions::text(part) {
        return Ok(text);
    }
    match part {
        Node::Null => Ok(Cow::Borrowed("")),
        Node::Reference(Reference { address, attribute }) if attribute.is_empty() => {
            Ok(Cow::Owned(format!("${{{address}}}")))
        }
        Node::Reference(Reference { address, attribute }) => Ok(Cow::Owned(format!("${{{address}.{attribute}}}"))),
        Node::Unknown(Unknown::Unresolved { what }) if PLACEHOLDERS.contains(&&**what) => {
            Ok(Cow::Owned(format!("${{{what}}}")))
        }
        Node::Unknown(why) => Err(why.clone()),
        _ => Err(Unknown::Unresolved { what: "a list or map inside text".into() }),
    }
}

/// Pseudo parameters that are one word each, not known before deployment.
const PLACEHOLDERS: [&str; 4] = ["AWS::AccountId", "AWS::Region", "AWS::StackId", "AWS::StackName"];

/// What a reference to a pseudo parameter gives; `None` for any other name.
pub(super) fn pseudo(name: &str) -> Option<Node> {
    match name {
        "AWS::Partition" => Some(Node::Text("aws".into())),
        "AWS::URLSuffix" => Some(Node::Text("amazonaws.com".into())),
        _ => name.starts_with("AWS::").then(|| unresolved(name)),
    }
}

pub(super) fn unresolved(what: impl Into<Box<str>>) -> Node {
    Node::Unknown(Unknown::Unresolved { what: what.into() })
}
