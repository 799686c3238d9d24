//! The style sheet and the modules, embedded; each build has its own address, so that browsers may keep them for ever.

use std::sync::OnceLock;

use attesta_kernel::Digest;

/// A file that pages refer to.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its name in the address.
    pub name: &'static str,
    /// Its media type.
    pub media: &'static str,
    /// What it holds.
    pub text: &'static str,
}

macro_rules! assets {
    ($($name:literal: $media:literal,)+) => {
        const ASSETS: &[Asset] = &[$(
            Asset { name: $name, media: $media, text: include_str!(concat!("../assets/", $name)) },
        )+];
    };
}

assets! {
    "api.js": "text/javascript; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "ask.js": "text/javascript; charset=utf-8",
    "begin.js": "text/javascript; charset=utf-8",
    "clauses.js": "text/javascript; charset=utf-8",
    "confirm.js": "text/javascript; charset=utf-8",
    "copy.js": "text/javascript; charset=utf-8",
    "entry.js": "text/javascript; charset=utf-8",
    "forms.js": "text/javascript; charset=utf-8",
    "grid.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "inheritance.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "palette.js": "text/javascript; charset=utf-8",
    "passkey.js": "text/javascript; charset=utf-8",
    "population.js": "text/javascript; charset=utf-8",
    "print.js": "text/javascript; charset=utf-8",
    "queue.js": "text/javascript; charset=utf-8",
    "requirement.js": "text/javascript; charset=utf-8",
    "rooms.css": "text/css; charset=utf-8",
    "rows.js": "text/javascript; charset=utf-8",
    "scoping.js": "text/javascript; charset=utf-8",
    "secret.js": "text/javascript; charset=utf-8",
    "shared.js": "text/javascript; charset=utf-8",
    "snapshot.js": "text/javascript; charset=utf-8",
    "source.js": "text/javascript; charset=utf-8",
    "swap.js": "text/javascript; charset=utf-8",
    "table.js": "text/javascript; charset=utf-8",
    "terms.js": "text/javascript; charset=utf-8",
    "times.js": "text/javascript; charset=utf-8",
    "tour.js": "text/javascript; charset=utf-8",
    "undo.js": "text/javascript; charset=utf-8",
    "uploader.js": "text/javascript; charset=utf-8",
    "verify.js": "text/javascript; charset=utf-8",
    "whatif.js": "text/javascript; charset=utf-8",
    "zone.js": "text/javascript; charset=utf-8",
}

fn tag() -> &'static str {
    static TAG: OnceLock<String> = OnceLock::new();
    TAG.get_or_init(|| {
        let whole = Digest::of_parts(ASSETS.iter().flat_map(|a| [a.name.as_bytes(), b"\n", a.text.as_bytes()]));
        whole.to_string().chars().filter(char::is_ascii_hexdigit).take(12).collect()
    })
}

/// The address of an asset on the server.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", tag())
}

/// The asset of a name; what an older page asks for is given as it is now. Comments stay behind.
pub fn asset(name: &str) -> Option<Asset> {
    static TOLD: OnceLock<Vec<String>> = OnceLock::new();
    let told = TOLD.get_or_init(|| ASSETS.iter().map(|a| uncommented(a.text)).collect());
    let (asset, text) = ASSETS.iter().zip(told).find(|(a, _)| a.name == name)?;
    Some(Asset { text, ..*asset })
}

/// A text without the comments that have lines of their own; every other line keeps its number.
fn uncommented(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().map(|line| {
        let begins = line.trim();
        // A cast, `/** @type {…} */ (x)`, begins as a comment and is none.
        let ends = begins.find("*/").is_some_and(|at| at + 2 == begins.len());
        let block = begins.starts_with("/*") && (ends || !begins.contains("*/"));
        let comment = inside || block || begins.starts_with("//");
        inside = (inside || block) && !ends;
        if comment { "\n".to_owned() } else { format!("{line}\n") }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_nothing_else() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let served: Vec<&str> = ASSETS.iter().map(|a| a.name).collect();
        assert_eq!(files, served);
    }

    #[test]
    fn modules_import_only_modules_that_are_served() {
        for own in ASSETS.iter().filter(|a| a.name.ends_with(".js")) {
            for part in own.text.split("\"./").skip(1) {
                let name = part.split('"').next().unwrap();
                assert!(asset(name).is_some(), "{} imports {name}", own.name);
            }
        }
    }

    #[test]
    fn comments_stay_behind_and_lines_keep_their_numbers() {
        let text = "/** Says.\n * More. */\nconst a = \"//b\"; // c\n  // d\n/* e */\n /** @type {F} */ (f)();\n";
        assert_eq!(uncommented(text), "\n\nconst a = \"//b\"; // c\n\n\n /** @type {F} */ (f)();\n");
        for own in ASSETS {
            let told = asset(own.name).unwrap().text;
            assert_eq!(told.lines().count(), own.text.lines().count(), "{}", own.name);
            for (line, told) in own.text.lines().zip(told.lines()) {
                let gone = line != told;
                let comment = ["//", "/*", "*"].iter().any(|begin| line.trim_start().starts_with(begin));
                assert!(comment || !gone, "{}: {line}", own.name);
                assert!(!line.contains("*/ (") || !gone, "{}: {line}", own.name);
            }
        }
    }

    #[test]
    fn the_first_page_is_small() {
        // What home loads, before it is compressed; the benchmark measures what travels.
        let every = [
            "app.css", "app.js", "api.js", "forms.js", "swap.js", "live.js", "table.js", "times.js", "terms.js",
            "undo.js",
        ];
        let bytes: usize = every.iter().filter_map(|n| asset(n)).map(|a| a.text.len()).sum();
        assert!(bytes < 45_000, "{bytes}");
    }
}
