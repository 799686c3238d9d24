use std::{fmt, str::FromStr};

use crate::ControlRef;

/// No id is longer than this many bytes, a title glued on included.
const LONGEST: usize = 500;
/// No list of items is longer than this many digits.
const MOST_ITEM_DIGITS: usize = 60;

/// The identifier of one requirement as HITRUST publishes it (its *baseline unique id*), e.g. `1123.01q1System.2`.
///
/// The forms that are seen in public differ: some have a dot inside the control reference, some no sequence, a segment's
/// name for the level, no items, or a title glued on. The text is kept as written (but for blanks around it), so printing
/// and parsing again gives the same id; nothing is corrected.
///
/// ```
/// use attesta_kernel::{RequirementId, RequirementLevel};
/// let id: RequirementId = "0836.09.n2Organizational.1".parse()?;
/// assert_eq!((id.domain(), id.sequence()), (8, Some("36")));
/// assert_eq!(id.control_reference().to_string(), "09.n");
/// assert_eq!(id.level(), Some(&RequirementLevel::Number(2)));
/// assert_eq!(id.to_string(), "0836.09.n2Organizational.1");
/// # Ok::<(), attesta_kernel::RequirementIdError>(())
/// ```
///
/// It knows the form alone: whether a domain or a reference exists is the catalog's business.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId {
    text: Box<str>,
    domain: u8,
    sequence: Option<Box<str>>,
    control_reference: ControlRef,
    level: Option<RequirementLevel>,
    factor_type: Option<FactorType>,
    items: Option<SpecificationItems>,
    tail: Box<str>,
}

/// The implementation level of a requirement: a number, or the name of a segment with requirements of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequirementLevel {
    /// A level, usually 1 to 3.
    Number(u8),
    /// A segment, e.g. `CSP` or `AISec`.
    Segment(Box<str>),
}

impl fmt::Display for RequirementLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.pad(&number.to_string()),
            Self::Segment(name) => f.pad(name),
        }
    }
}

/// Which factors bring a requirement in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorType {
    /// Factors of the organisation.
    Organizational,
    /// Factors of its systems.
    System,
    /// Another word, as written.
    Other(Box<str>),
}

impl FactorType {
    const NAMED: [Self; 2] = [Self::Organizational, Self::System];

    /// The word as it stands in an id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organizational => "Organizational",
            Self::System => "System",
            Self::Other(text) => text,
        }
    }

    fn of(text: &str) -> Self {
        Self::NAMED.into_iter().find(|n| n.as_str() == text).unwrap_or_else(|| Self::Other(text.into()))
    }
}

impl fmt::Display for FactorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The specification items at an id's end, which are run together: `123` is items 1, 2 and 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecificationItems {
    text: Box<str>,
    list: Option<Vec<u8>>,
    ambiguous: bool,
}

impl SpecificationItems {
    /// The digits as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The items: digit by digit where the digits rise, otherwise the only rising reading with numbers up to 99; `None`
    /// where there is no such reading.
    pub fn list(&self) -> Option<&[u8]> {
        self.list.as_deref()
    }

    /// Whether the digits can be read in more than one way, because items above 9 look like two (`12` is items 1 and 2, or
    /// item 12).
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    fn read(text: &str) -> Self {
        let digits: Vec<u8> = text.bytes().map(|b| b.saturating_sub(b'0')).collect();
        // A rising list has its numbers of one digit first, then those of two: so each reading is told by how many come first.
        let readings: Vec<Vec<u8>> = (0..=digits.len()).rev().filter_map(|singles| reading(&digits, singles)).collect();
        let ambiguous = readings.len() > 1;
        let by_digit = readings.first().is_some_and(|first| first.len() == digits.len());
        let list = if by_digit || !ambiguous { readings.into_iter().next() } else { None };
        Self { text: text.into(), list, ambiguous }
    }
}

/// The rising list whose first `singles` numbers have one digit and whose others have two.
fn reading(digits: &[u8], singles: usize) -> Option<Vec<u8>> {
    let (ones, rest) = digits.split_at_checked(singles)?;
    if rest.len() % 2 != 0 {
        return None;
    }
    let twos = rest.chunks(2).map(|pair| match pair {
        [tens, one] if *tens > 0 => Some(tens * 10 + one),
        _ => None,
    });
    let list: Vec<u8> = ones.iter().copied().map(Some).chain(twos).collect::<Option<_>>()?;
    let rising = list.iter().zip(list.iter().skip(1)).all(|(a, b)| a < b);
    (rising && list.first() != Some(&0)).then_some(list)
}

/// The text is not a requirement identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a requirement identifier: {why}; write it like `1123.01q1System.2`", shown(.text))]
pub struct RequirementIdError {
    /// What was given.
    pub text: String,
    /// What does not fit.
    pub why: &'static str,
}

/// As much of a text as an error should show.
fn shown(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl RequirementId {
    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number of the assessment domain: the first two digits.
    pub fn domain(&self) -> u8 {
        self.domain
    }

    /// The sequence inside the domain, as written; newer ids have none.
    pub fn sequence(&self) -> Option<&str> {
        self.sequence.as_deref()
    }

    /// The control reference that the requirement belongs to.
    pub fn control_reference(&self) -> &ControlRef {
        &self.control_reference
    }

    /// The level, where the id says one.
    pub fn level(&self) -> Option<&RequirementLevel> {
        self.level.as_ref()
    }

    /// Which factors bring it in, where the id says so.
    pub fn factor_type(&self) -> Option<&FactorType> {
        self.factor_type.as_ref()
    }

    /// The specification items, where the id names them.
    pub fn items(&self) -> Option<&SpecificationItems> {
        self.items.as_ref()
    }

    /// What follows the id proper, such as a title that was glued on; usually empty.
    pub fn tail(&self) -> &str {
        &self.tail
    }
}

impl FromStr for RequirementId {
    type Err = RequirementIdError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let text = given.trim();
        parse(text).map_err(|why| RequirementIdError { text: given.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<RequirementId, &'static str> {
    if text.len() > LONGEST {
        return Err("it is too long");
    }
    if text.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    let (digits, rest) = text.split_once('.').ok_or("it has no dot after the domain and sequence")?;
    if !((2..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())) {
        return Err("it must begin with two digits of domain and up to three of sequence");
    }
    let (domain, sequence) = digits.split_at(2);
    let domain = domain.parse().map_err(|_| "its domain is not a number")?;
    if domain == 0 {
        return Err("its domain is 00");
    }
    let (control_reference, rest) =
        reference(rest).ok_or("no control reference such as `01q` follows the first dot")?;
    let (level, rest) = level(rest)?;
    let factor_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (factor, rest) = rest.split_at(factor_end);
    let factor_type = (!factor.is_empty()).then(|| FactorType::of(factor));
    let (items, tail) = items(rest)?;
    Ok(RequirementId {
        text: text.into(),
        domain,
        sequence: (!sequence.is_empty()).then(|| sequence.into()),
        control_reference,
        level,
        factor_type,
        items,
        tail: tail.into(),
    })
}

/// `01q…` or `01.q…`.
fn reference(text: &str) -> Option<(ControlRef, &str)> {
    let (category, rest) = text.split_at_checked(2)?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let (letters, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len()));
    Some((format!("{category}.{letters}").parse().ok()?, rest))
}

/// A digit, or a segment's name in front of the factor type.
fn level(text: &str) -> Result<(Option<RequirementLevel>, &str), &'static str> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        let (number, rest) = text.split_at(digits);
        return match number.parse() {
            Ok(number @ 1..=9) if digits == 1 => Ok((Some(RequirementLevel::Number(number)), rest)),
            _ => Err("its level is not one digit from 1 to 9"),
        };
    }
    let word_end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, after) = text.split_at(word_end);
    let factor = FactorType::NAMED.iter().filter_map(|n| word.find(n.as_str())).min();
    let (name, rest) = match factor {
        Some(at) => text.split_at(at),
        None => (word, after),
    };
    Ok(((!name.is_empty()).then(|| RequirementLevel::Segment(name.into())), rest))
}

fn items(text: &str) -> Result<(Option<SpecificationItems>, &str), &'static str> {
    let Some(rest) = text.strip_prefix('.') else { return tail(text).map(|tail| (None, tail)) };
    let (digits, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    if digits.is_empty() {
        return Err("no items follow its last dot");
    }
    if digits.len() > MOST_ITEM_DIGITS {
        return Err("it lists too many items");
    }
    tail(rest).map(|tail| (Some(SpecificationItems::read(digits)), tail))
}

/// A title may be glued on with a dash, a blank or nothing at all.
fn tail(text: &str) -> Result<&str, &'static str> {
    match text.chars().next() {
        Some(c) if !(c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '\u{2013}' | '_' | ':' | '(')) => {
            Err("something follows that is neither items nor a title")
        }
        _ => Ok(text),
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `domain sequence reference level factor items list ambiguous tail`, with `-` for what is not there.
    fn told(text: &str) -> String {
        let id: RequirementId = text.parse().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(id.to_string(), text);
        let or_dash = |t: Option<String>| t.unwrap_or_else(|| "-".into());
        let items = id.items().map_or("-".into(), |i| {
            format!(
                "{}={}{}",
                i.as_str(),
                or_dash(i.list().map(|l| format!("{l:?}"))),
                if i.is_ambiguous() { "?" } else { "" }
            )
        });
        format!(
            "{} {} {} {} {} {items} {}",
            id.domain(),
            or_dash(id.sequence().map(Into::into)),
            id.control_reference(),
            or_dash(id.level().map(ToString::to_string)),
            or_dash(id.factor_type().map(ToString::to_string)),
            id.tail()
        )
        .trim_end()
        .to_owned()
    }

    #[test]
    fn published_forms() {
        let table = [
            ("1123.01q1System.2", "11 23 01.q 1 System 2=[2]"),
            ("0101.00a1Organizational.123", "1 01 00.a 1 Organizational 123=[1, 2, 3]?"),
            ("11180.01c3System.6", "11 180 01.c 3 System 6=[6]"),
            ("0836.09.n2Organizational.1", "8 36 09.n 2 Organizational 1=[1]"),
            ("1904.06.d2Organizational.1", "19 04 06.d 2 Organizational 1=[1]"),
            ("068.06g2Organizational.34", "6 8 06.g 2 Organizational 34=[3, 4]?"),
            ("069.06g2Organizational.56", "6 9 06.g 2 Organizational 56=[5, 6]?"),
            ("099.09m2Organizational.11", "9 9 09.m 2 Organizational 11=[11]"),
            ("0410.01x1System.12-01.xMobile Computing", "4 10 01.x 1 System 12=[1, 2]? -01.xMobile Computing"),
            ("0410.01x1System.12Mobile", "4 10 01.x 1 System 12=[1, 2]? Mobile"),
            ("1123.01q1System", "11 23 01.q 1 System -"),
            ("1123.01q1", "11 23 01.q 1 - -"),
            ("1123.01q", "11 23 01.q - - -"),
            ("1123.01qSystem.2", "11 23 01.q - System 2=[2]"),
            ("0836.09n2Joint.1", "8 36 09.n 2 Joint 1=[1]"),
            ("1454.05kCSPOrganizational.3", "14 54 05.k CSP Organizational 3=[3]"),
            ("1455.05kCSP", "14 55 05.k CSP - -"),
            ("06.10jAISecSystem.1", "6 - 10.j AISec System 1=[1]"),
            ("06.10hAISecSystem.5", "6 - 10.h AISec System 5=[5]"),
            ("07.06hAISecOrganizational.1", "7 - 06.h AISec Organizational 1=[1]"),
            ("07.07aAISecOrganizational.3", "7 - 07.a AISec Organizational 3=[3]"),
            ("07.07aAISecOrganizational.4", "7 - 07.a AISec Organizational 4=[4]"),
            ("07.10eAISecSystem.1", "7 - 10.e AISec System 1=[1]"),
            ("07.10mAISecOrganizational.2", "7 - 10.m AISec Organizational 2=[2]"),
            ("11.01cAISecSystem.6", "11 - 01.c AISec System 6=[6]"),
            ("12.09abAISecSystem.3", "12 - 09.ab AISec System 3=[3]"),
            ("13.02eAISecOrganizational.1", "13 - 02.e AISec Organizational 1=[1]"),
            ("19.13jAISecOrganizational.1", "19 - 13.j AISec Organizational 1=[1]"),
            // Items above 9.
            ("0901.09s1System.910", "9 01 09.s 1 System 910=[9, 10]"),
            ("0901.09s1System.10", "9 01 09.s 1 System 10=[10]"),
            ("0901.09s1System.3456711", "9 01 09.s 1 System 3456711=[3, 4, 5, 6, 7, 11]"),
            ("0901.09s1System.21", "9 01 09.s 1 System 21=[21]"),
            ("0901.09s1System.00", "9 01 09.s 1 System 00=-"),
        ];
        for (text, expected) in table {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn every_id_of_the_shared_notes_is_read() {
        // The 25 ids of the AI security segment that the notes quote.
        for (rest, factor) in [
            ("01.00a", "Organizational.1"),
            ("06.10h", "System.5"),
            ("06.10j", "System.1"),
            ("07.06h", "Organizational.1"),
            ("07.07a", "Organizational.3"),
            ("07.07a", "Organizational.4"),
            ("07.10e", "System.1"),
            ("07.10m", "Organizational.2"),
            ("07.10m", "Organizational.4"),
            ("07.10m", "Organizational.5"),
            ("07.10m", "Organizational.6"),
            ("11.01c", "System.6"),
            ("11.01c", "System.8"),
            ("11.01c", "System.9"),
            ("12.09ab", "System.3"),
            ("12.09ab", "System.4"),
            ("12.09ab", "System.6"),
            ("13.02e", "Organizational.1"),
            ("14.05i", "Organizational.1"),
            ("14.05k", "Organizational.1"),
            ("17.03b", "Organizational.5"),
            ("19.06a", "Organizational.1"),
            ("19.06c", "Organizational.1"),
            ("19.09z", "Organizational.1"),
            ("19.13j", "Organizational.1"),
        ] {
            let id: RequirementId = format!("{rest}AISec{factor}").parse().unwrap();
            assert_eq!(id.level(), Some(&RequirementLevel::Segment("AISec".into())));
            assert_eq!(id.sequence(), None);
            assert!(factor.starts_with(id.factor_type().unwrap().as_str()));
        }
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for bad in [
            "",
            " ",
            ".",
            "1",
            "1123",
            "1123.",
            "1.01q1System.2",
            "112345.01q1System.2",
            "0023.01q1System.2",
            "11a3.01q1System.2",
            "1123.q1System.2",
            "1123.01Q1System.2",
            "1123.01abc1System.2",
            "1123.01q12System.2",
            "1123.01q0System.2",
            "1123.01q1System.",
            "1123.01q1System.x",
            "1123.01q1System.2.3",
            "1123.01q1System.2#",
            "1123.01q1System.2\u{7}",
            "१123.01q1System.2",
            "1123.01é1System.2",
        ] {
            assert!(bad.parse::<RequirementId>().is_err(), "{bad:?}");
        }
        let long = format!("1123.01q1System.{}", "1".repeat(10_000));
        let error = long.parse::<RequirementId>().unwrap_err().to_string();
        assert!(error.contains("too long") && error.len() < 300, "{error}");
    }

    proptest! {
        #[test]
        fn printing_and_parsing_again_gives_the_same(
            text in "[0-9]{2,5}\\.[0-9]{2}\\.?[a-z]{1,2}([1-3]|CSP|AISec|HIPAA|)(System|Organizational|Joint|)(\\.[0-9]{1,8})?(-01\\.x[A-Za-z ]{0,9}[a-z])?"
        ) {
            if let Ok(id) = text.parse::<RequirementId>() {
                prop_assert_eq!(id.to_string(), text.as_str());
                prop_assert_eq!(id.to_string().parse::<RequirementId>(), Ok(id));
            } else {
                prop_assert!(text.starts_with("00"));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", glued in "[0-9.a-zA-Z\\-é ]{0,30}") {
            for text in [text, glued] {
                if let Ok(id) = text.parse::<RequirementId>() {
                    prop_assert_eq!(id.to_string(), text.trim());
                }
            }
        }

        #[test]
        fn items_spell_what_is_written(items in "[0-9]{1,12}") {
            let id: RequirementId = format!("0901.09s1System.{items}").parse().unwrap();
            if let Some(list) = id.items().unwrap().list() {
                prop_assert_eq!(list.iter().map(ToString::to_string).collect::<String>(), items);
            }
        }
    }
}
