//! The field's own words with what they mean: one list, which the repository's readers have as `docs/words.md`.

use std::sync::OnceLock;

use maud::{Markup, html};

use crate::parts::lead;

/// A word, and what it means here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word, with others for the same after commas.
    pub word: String,
    /// Its meaning, in a sentence.
    pub meaning: String,
}

/// Every word, in the order of the list.
pub fn words() -> &'static [Word] {
    static WORDS: OnceLock<Vec<Word>> = OnceLock::new();
    WORDS.get_or_init(|| read(include_str!("../../../../docs/words.md")))
}

/// Reads the table; what stands around it is not for this page.
fn read(text: &str) -> Vec<Word> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let words = rows.filter(|(word, _)| *word != "Word");
    words.map(|(word, meaning)| Word { word: plain(word), meaning: plain(meaning) }).collect()
}

/// Markdown's marks taken off: stars, backticks, and where links lead.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        out.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.chars().filter(|c| !matches!(c, '*' | '`' | '[')).collect()
}

/// A word's place on the page of words.
fn slug(word: &str) -> String {
    let first = word.split(',').next().unwrap_or(word);
    let slug: String = first.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    slug.trim_matches('-').to_owned()
}

/// `label` as a link to what `word` means; shown beside it where one points at it. A word that the list lacks stays a label.
pub fn term(label: &str, word: &str) -> Markup {
    let slug = slug(word);
    html! {
        @if words().iter().any(|w| self::slug(&w.word) == slug) {
            span.glossed { a.term href={ "/words#" (slug) } { (label) } }
        } @else { (label) }
    }
}

/// The words of a page that somebody may want explained.
pub fn here(words: &[&str]) -> Markup {
    html! {
        p.soft.small {
            "Words here: "
            @for (at, word) in words.iter().enumerate() { @if at > 0 { " · " } (term(word, word)) }
        }
    }
}

/// The page of words.
pub fn page() -> Markup {
    html! {
        (lead(&[], "Words", "The field's own words, and what they mean here. Where one is underlined with dots, its meaning comes up.", &html! {}))
        dl.words {
            @for word in words() {
                div id=(slug(&word.word)) { dt { (word.word) } dd { (word.meaning) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_read_without_its_marks() {
        let caps = words().iter().find(|w| w.word == "CAP").unwrap();
        assert!(caps.meaning.starts_with("corrective action plan"), "{}", caps.meaning);
        assert!(words().iter().all(|w| !w.word.is_empty() && !w.meaning.is_empty()));
        assert!(words().iter().all(|w| !w.meaning.contains(['*', '`', '[', ']'])), "marks are left");
        assert_eq!(plain("the [table](reference/roles.md) says `so`"), "the table says so");
    }

    #[test]
    fn a_word_has_a_place_of_its_own() {
        let mut seen = BTreeSet::new();
        for word in words() {
            assert!(seen.insert(slug(&word.word)), "{} is there twice", word.word);
        }
    }

    #[test]
    fn every_word_that_a_room_explains_is_in_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rooms");
        let mut explained = 0;
        for file in std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).filter(|f| f.is_file()) {
            let text = std::fs::read_to_string(file).unwrap();
            for call in text.split("words::here(&[").skip(1) {
                for word in call.split_once(']').unwrap().0.split(',') {
                    let word = word.trim().trim_matches('"');
                    assert!(term(word, word).into_string().contains("/words#"), "`{word}` is not in docs/words.md");
                    explained += 1;
                }
            }
        }
        assert!(explained > 10, "{explained}");
    }

    #[test]
    fn a_term_that_nobody_explains_is_no_link() {
        assert_eq!(term("x", "no such word").into_string(), "x");
        assert!(term("gaps", "gap").into_string().contains("/words#gap"));
    }
}
