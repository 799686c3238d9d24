//! Recognises functions in both spellings: `{"Fn::Sub": x}` and `!Sub x`.

use crate::tree::{Pair, Tagged, Tree};

/// CloudFormation's functions that can be worked out here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    And,
    Base64,
    Condition,
    Equals,
    FindInMap,
    GetAtt,
    If,
    Join,
    Length,
    Not,
    Or,
    Ref,
    Select,
    Split,
    Sub,
    ToJsonString,
    /// Any other: imports, macros, zones, address blocks.
    Other,
}

impl Function {
    fn named(name: &str) -> Self {
        match name {
            "And" => Self::And,
            "Base64" => Self::Base64,
            "Equals" => Self::Equals,
            "FindInMap" => Self::FindInMap,
            "GetAtt" => Self::GetAtt,
            "If" => Self::If,
            "Join" => Self::Join,
            "Length" => Self::Length,
            "Not" => Self::Not,
            "Or" => Self::Or,
            "Select" => Self::Select,
            "Split" => Self::Split,
            "Sub" => Self::Sub,
            "ToJsonString" => Self::ToJsonString,
            _ => Self::Other,
        }
    }
}

/// What a value is to the resolver.
pub(super) enum Form<'t, 'a> {
    /// Data.
    Plain,
    /// A function, its name as for messages, its argument.
    Call(Function, &'t str, &'t Tree<'a>),
    /// A map in which a function stands beside other keys: only its macro knows what comes out.
    Mixed(&'t str),
}

/// The function that a value is, if it is one.
pub(super) fn form<'t, 'a>(tree: &'t Tree<'a>) -> Form<'t, 'a> {
    match tree {
        Tree::Tagged(tagged) => {
            let Tagged { tag, value } = &**tagged;
            let function = match &**tag {
                "Ref" => Function::Ref,
                "Condition" => Function::Condition,
                name => Function::named(name),
            };
            Form::Call(function, tag, value)
        }
        Tree::Map(pairs) => match pairs.as_slice() {
            [Pair { key, value, .. }] if key == "Ref" && value.scalar().is_some() => {
                Form::Call(Function::Ref, key, value)
            }
            [Pair { key, value, .. }] => match key.strip_prefix("Fn::") {
                Some(name) => Form::Call(Function::named(name), key, value),
                None => Form::Plain,
            },
            many => match many.iter().find(|p| p.key.starts_with("Fn::")) {
                Some(pair) => Form::Mixed(&pair.key),
                None => Form::Plain,
            },
        },
        _ => Form::Plain,
    }
}
