//! Every format, written from a small report with harmful strings.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, outside of the test functions"
)]

mod fixture;

use attesta_interchange::reports::{Format, Options, write};

fn written(format: Format, options: &Options<'_>) -> String {
    let catalog = fixture::catalog::catalog();
    let report = fixture::report(&catalog);
    let lines = fixture::lines(&report);
    let mut out = Vec::new();
    write(format, &report, &lines, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn golden() {
    for format in Format::ALL {
        insta::assert_snapshot!(format.as_str(), written(format, &Options::new("0.1.0")));
    }
    insta::assert_snapshot!(
        "table_narrow",
        written(Format::Table, &Options { width: 60, limit: 2, ..Options::new("0.1.0") })
    );
}

#[test]
fn same_report_same_bytes() {
    for format in Format::ALL {
        assert_eq!(written(format, &Options::new("0.1.0")), written(format, &Options::new("0.1.0")), "{format}");
    }
}

#[test]
fn formats_are_parsed_by_their_words() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    assert!("pdf".parse::<Format>().is_err());
}

#[test]
fn empty_reports_are_written_too() {
    let catalog = fixture::catalog::catalog();
    let report = fixture::empty(&catalog);
    for format in Format::ALL {
        let mut out = Vec::new();
        write(format, &report, &Default::default(), &Options::new("0.1.0"), &mut out).unwrap();
        assert!(!out.is_empty(), "{format}");
    }
}

#[test]
fn nothing_from_inputs_acts() {
    for format in Format::ALL {
        let text = written(format, &Options::new("0.1.0"));
        assert!(!text.contains('\u{1b}'), "{format} lets ESC through");
        let controls =
            |c: char| c.is_control() && c != '\n' && !(c == '\t' && matches!(format, Format::Html | Format::Markdown));
        if format != Format::Json && format != Format::Sarif {
            assert!(!text.contains(controls), "{format} lets control characters through");
            assert!(!text.contains('\u{202e}') || format == Format::Junit, "{format} lets direction marks through");
        }
        if matches!(format, Format::Html | Format::Junit) {
            assert!(!text.contains("<script"), "{format} lets a tag through");
            assert!(!text.contains("]]>"), "{format} lets the end of a section through");
        }
    }
}

#[test]
fn markdown_keeps_tags_inside_code() {
    let text = written(Format::Markdown, &Options::new("0.1.0"));
    let mut fence = None;
    for line in text.lines() {
        let run = line.split(|c| c != '`').next().filter(|run| run.len() >= 3);
        if fence.is_some() {
            fence = fence.filter(|open| Some(*open) != run.filter(|run| run.len() == line.len()));
        } else if run.is_some() {
            fence = run;
        } else {
            let outside: String = line.split('`').step_by(2).collect();
            assert!(!outside.contains("<script"), "{line}");
            assert!(!outside.contains("@team"), "{line}");
        }
    }
}

#[test]
fn tables_fit_their_width() {
    use unicode_width::UnicodeWidthStr as _;
    for width in [60, 80, 100, 160] {
        let text = written(Format::Table, &Options { width, ..Options::new("0.1.0") });
        for line in text.lines() {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colours_add_nothing_but_colour() {
    let plain = written(Format::Table, &Options::new("0.1.0"));
    let mut coloured = written(Format::Table, &Options { colour: true, ..Options::new("0.1.0") });
    while let Some(start) = coloured.find('\u{1b}') {
        let end = coloured[start..].find('m').unwrap();
        coloured.replace_range(start..=start + end, "");
    }
    let trimmed = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&coloured), trimmed(&plain));
}

#[test]
fn pages_ask_nothing_of_anybody() {
    let text = written(Format::Html, &Options::new("0.1.0"));
    for asks in ["http://", "https://", "src=", "@import", "url(", "<link", "<script", "<iframe"] {
        assert!(!text.contains(asks), "{asks}");
    }
}
