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

/// The asset of a name; what an older page asks for is given as it is now.
pub fn asset(name: &str) -> Option<Asset> {
    ASSETS.iter().find(|a| a.name == name).copied()
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
    fn the_first_page_is_small() {
        // What every page loads, before it is compressed; the benchmark measures what travels.
        let every =
            ["app.css", "app.js", "api.js", "forms.js", "swap.js", "live.js", "table.js", "times.js", "terms.js"];
        let bytes: usize = every.iter().filter_map(|n| asset(n)).map(|a| a.text.len()).sum();
        assert!(bytes < 60_000, "{bytes}");
    }
}
