//! STRM CSV out and in.

use std::{fs, io::Write as _, path::Path};

use attesta_content::StrmImport;
use attesta_crosswalk::{Basis, Signature, Strength};
use attesta_interchange::strm;

use super::{
    Ground,
    options::{ExportOptions, ImportOptions, Mappings},
};
use crate::{
    args::Common,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// No id of an import is longer.
const MOST_ID_BYTES: usize = 60;

pub(super) fn export(common: &Common, options: &ExportOptions) -> Result<Exit, Failure> {
    let mappings = Mappings {
        overlay: options.overlay.clone(),
        include_proposed: true,
        reviewed_only: false,
        min_strength: Strength::new(1),
    };
    let (_, Ground { catalog, crosswalk }) = Ground::new(common, &mappings)?;
    let mut found = crosswalk.between(options.from, options.to);
    found.retain(|mapping| !options.stated_only || mapping.basis == Basis::Stated);
    if found.is_empty() {
        return Err(Failure::new(Exit::NotEvaluated, format!("no mapping joins {} and {}", options.from, options.to))
            .help("mappings join statements (attesta) to every framework, and hipaa to nist-800-53 and nist-csf"));
    }
    let mut bytes = Vec::new();
    strm::write(&found, options.to, &catalog, &mut bytes)
        .map_err(|e| Failure::new(Exit::NotEvaluated, format!("cannot write the mappings: {e}")))?;
    match &options.output {
        Some(path) => put(path, &bytes, true)?,
        None => terminal::out(&bytes)?,
    }
    if !common.quiet {
        terminal::note(&format!("{} mappings from {} to {}", found.len(), options.from, options.to));
    }
    Ok(Exit::Met)
}

pub(super) fn import(common: &Common, options: &ImportOptions) -> Result<Exit, Failure> {
    let fits = (1..=MOST_ID_BYTES).contains(&options.id.len())
        && options.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !fits {
        return Err(Failure::new(Exit::Usage, format!("`{}` is not an id", options.id))
            .help(format!("use small letters, digits and dashes, at most {MOST_ID_BYTES}")));
    }
    for (what, text) in [("--by", &options.by), ("--source", &options.source)] {
        if text.trim().is_empty() {
            return Err(Failure::new(Exit::Usage, format!("{what} is empty")).help("say who and where from"));
        }
    }
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let file = workshop::file(&options.file)?;
    let on = options.at.unwrap_or_else(workshop::today);
    let part = StrmImport {
        id: &options.id,
        source: options.from,
        target: options.to,
        proposed: Signature { by: options.by.trim().to_owned(), on },
        provenance: &options.source,
    };
    let rows = attesta_content::check_strm(&file, part, &source, &catalog)
        .map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    let Some(overlay) = &options.overlay else {
        let text = format!("{}: {rows} mappings are sound; --overlay DIR puts them into an overlay\n", file.path);
        terminal::out(text.as_bytes())?;
        return Ok(Exit::Met);
    };
    let folder = overlay.join("crosswalks");
    fs::create_dir_all(&folder)
        .map_err(|e| Failure::new(Exit::NotEvaluated, format!("{}: cannot be made: {e}", folder.display())))?;
    let (table, manifest) = (folder.join(format!("{}.csv", options.id)), folder.join(format!("{}.yaml", options.id)));
    for path in [&table, &manifest] {
        if path.exists() {
            return Err(Failure::new(Exit::NotEvaluated, format!("{}: is there already", path.display()))
                .help("give another --id, or remove the file first"));
        }
    }
    // The manifest comes last: a table that no manifest names is read by nobody.
    put(&table, file.text.as_bytes(), false)?;
    put(&manifest, self::manifest(options, on).as_bytes(), false)?;
    terminal::out(format!("{}: {rows} mappings, proposed by {}\n", manifest.display(), options.by.trim()).as_bytes())?;
    Ok(Exit::Met)
}

fn manifest(options: &ImportOptions, on: attesta_kernel::Date) -> String {
    // A JSON string is a YAML string.
    let text = |text: &str| serde_json::Value::from(text.trim()).to_string();
    let ImportOptions { id, from, to, .. } = options;
    format!(
        "schema: attesta.crosswalk/1\nid: {id}\ntitle: {}\nsource: {from}\ntarget: {to}\nlicence: {}\nfile: {id}.csv\n\
         format: strm\nproposed: {{by: {}, on: {on}}}\nbases:\n  import: {{source: {}, confidence: secondary}}\n",
        text(&format!("{from} to {to}, imported")),
        text(&options.licence),
        text(&options.by),
        text(&options.source),
    )
}

/// Writes a file whole or not at all.
fn put(path: &Path, bytes: &[u8], may_replace: bool) -> Result<(), Failure> {
    let failed =
        |e: std::io::Error| Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {e}", path.display()));
    let mut beside = path.to_path_buf().into_os_string();
    beside.push(".part");
    let written = fs::File::create(&beside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let moved = written.and_then(|()| match may_replace {
        true => fs::rename(&beside, path),
        // A link refuses a name that is taken, even when somebody took it a moment ago.
        false => fs::hard_link(&beside, path).and_then(|()| fs::remove_file(&beside)),
    });
    if moved.is_err() {
        // Best effort: the complaint matters more than the remains.
        let _ = fs::remove_file(&beside);
    }
    moved.map_err(failed)
}
