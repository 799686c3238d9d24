//! What several commands build first: the catalog, the policies, a report.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use attesta_app::check::{CheckReport, Frameworks, Inputs as CheckInputs, RuleEngine, SourceTexts, check};
use attesta_catalog::Catalog;
use attesta_collectors::{Collection, Limits, Progress, Request, collect};
use attesta_content::{ContentSource, File};
use attesta_evaluation::{Policy, Waiver};
use attesta_kernel::Date;
use attesta_resource::DocumentIndex;

use crate::{
    args::{Common, Inputs},
    exit::{Exit, Failure},
    rego::Rego,
    terminal::Bar,
};

/// The pack that the command line names.
pub(crate) fn source(common: &Common) -> ContentSource {
    common.content.clone().map_or(ContentSource::Embedded, ContentSource::at)
}

/// Says which files of `--content` stand in for built-in ones.
pub(crate) fn announce(common: &Common) -> Result<(), Failure> {
    match source(common) {
        source @ ContentSource::Overlay(..) if !common.quiet => announce_files(&source, None),
        _ => Ok(()),
    }
}

/// Says which content files stand in for others, but for those below a folder that was announced already.
pub(crate) fn announce_files(source: &ContentSource, but: Option<&Path>) -> Result<(), Failure> {
    let files = source.overridden().map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    for file in files.iter().filter(|f| but.is_none_or(|but| !Path::new(&f.path).starts_with(but))) {
        let what = if file.replaces { "stands in for the file that ships" } else { "is added to what ships" };
        crate::terminal::note(&format!("{} {what}", file.path));
    }
    Ok(())
}

/// Loads the catalog.
pub(crate) fn catalog(source: &ContentSource) -> Result<Catalog, Failure> {
    attesta_content::load(source).map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))
}

/// Files of policies and their tests.
pub(crate) fn policy_files(source: &ContentSource) -> Result<Vec<File>, Failure> {
    let files =
        attesta_content::files(source, "policies").map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    Ok(files.collect())
}

/// Loads the pack's policies.
pub(crate) fn policies(source: &ContentSource, catalog: &Catalog) -> Result<Vec<Policy>, Failure> {
    let files = policy_files(source)?;
    attesta_content::policies(&files, catalog).map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))
}

/// Texts of the documents of a collection.
pub(crate) struct Texts(Vec<attesta_collectors::Text>);

impl SourceTexts for Texts {
    fn lines(&self, document: DocumentIndex, pointers: &[&str]) -> Vec<Option<u32>> {
        match usize::try_from(document.0).ok().and_then(|at| self.0.get(at)) {
            Some(text) => attesta_collectors::lines(text, pointers),
            None => vec![None; pointers.len()],
        }
    }
}

/// Collects and judges.
pub(crate) fn report<'a>(
    common: &Common,
    paths: &[PathBuf],
    inputs: &Inputs,
    source: &ContentSource,
    catalog: &'a Catalog,
    frameworks: Frameworks,
) -> Result<(CheckReport<'a>, Texts), Failure> {
    let collection = gather(common, paths, inputs, catalog, collect);
    judged(collection, waivers(paths, inputs)?, inputs, source, catalog, frameworks)
}

/// Collects, in one of the collectors' ways.
pub(crate) fn gather(
    common: &Common,
    paths: &[PathBuf],
    inputs: &Inputs,
    catalog: &Catalog,
    collect: fn(&Request, &dyn Progress) -> Collection,
) -> Collection {
    let bar = Bar::new(common.quiet);
    let request = Request {
        paths: paths.to_vec(),
        keep_raw: !inputs.policies.is_empty(),
        limits: Limits::default(),
        dictionary: Some(Arc::new(catalog.dictionary().clone())),
    };
    let collection = collect(&request, &bar);
    bar.finish();
    collection
}

/// Judges what was collected.
pub(crate) fn judged<'a>(
    collection: Collection,
    waivers: Vec<Waiver>,
    inputs: &Inputs,
    source: &ContentSource,
    catalog: &'a Catalog,
    frameworks: Frameworks,
) -> Result<(CheckReport<'a>, Texts), Failure> {
    if collection.snapshot.documents.is_empty() {
        return Err(nothing(&collection));
    }
    judged_even_nothing(collection, waivers, inputs, source, catalog, frameworks)
}

/// Judges what was collected, be it nothing: a baseline may be empty.
pub(crate) fn judged_even_nothing<'a>(
    collection: Collection,
    waivers: Vec<Waiver>,
    inputs: &Inputs,
    source: &ContentSource,
    catalog: &'a Catalog,
    frameworks: Frameworks,
) -> Result<(CheckReport<'a>, Texts), Failure> {
    let mut policies = policies(source, catalog)?;
    let mut rego = rego(&inputs.policies, &mut policies)?;
    policies.retain(|policy| frameworks == Frameworks::ALL || frameworks.concern(policy));
    let Collection { snapshot, texts, mut refused, raw, .. } = collection;
    let at = inputs.at.unwrap_or_else(today);
    if let Some(rego) = &mut rego {
        rego.keep_raw(raw);
        refused.append(&mut rego.refused);
    }
    let engine = rego.as_mut().map(|rego| -> &mut dyn RuleEngine { rego });
    let mut report = check(CheckInputs { catalog, policies, snapshot, refused, waivers, at }, engine);
    report.frameworks = frameworks;
    Ok((report, Texts(texts)))
}

/// Why nothing could be evaluated.
fn nothing(collection: &Collection) -> Failure {
    let mut failure = Failure::new(
        Exit::NotEvaluated,
        "nothing could be evaluated: no input is infrastructure code that could be read",
    );
    failure.messages.extend(collection.refused.iter().map(|n| format!("{}: {}", n.path, n.what)));
    if collection.refused.is_empty() {
        let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
        for n in &collection.snapshot.not_understood {
            *reasons.entry(&n.what).or_default() += n.count;
        }
        failure.messages.extend(reasons.iter().take(8).map(|(what, count)| format!("{count} files: {what}")));
    }
    failure.help("give a Terraform plan or state as JSON, a CloudFormation template, a Pulumi preview or export, a live snapshot (`attesta collect`), or neutral resources as JSON lines")
}

/// Loads users' own policies and adds them to ours.
pub(crate) fn rego(folders: &[PathBuf], policies: &mut Vec<Policy>) -> Result<Option<Rego>, Failure> {
    if folders.is_empty() {
        return Ok(None);
    }
    let rego = Rego::load(folders)?;
    for policy in &rego.policies {
        if let Some(ours) = policies.iter().find(|p| p.id == policy.id) {
            return Err(Failure::new(
                Exit::NotEvaluated,
                format!("{}: the policy id `{}` is taken by {}", policy.place, policy.id, ours.place),
            )
            .help("give it another id"));
        }
    }
    policies.extend(rego.policies.iter().cloned());
    Ok(Some(rego))
}

pub(crate) fn today() -> Date {
    jiff::Zoned::now().date()
}

/// No text file that the command line names is bigger.
const MOST_BYTES: u64 = 16 << 20;
const WAIVERS: &str = "attesta.waivers.yaml";

/// The waivers that the command line names, or that lie beside the first input.
pub(crate) fn waivers(paths: &[PathBuf], inputs: &Inputs) -> Result<Vec<Waiver>, Failure> {
    if inputs.no_waivers {
        return Ok(Vec::new());
    }
    let path = match &inputs.waivers {
        Some(path) => path.clone(),
        None => match paths.first().and_then(|first| beside(first)) {
            Some(path) => path,
            None => return Ok(Vec::new()),
        },
    };
    attesta_content::waivers(&file(&path)?).map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))
}

/// A text file that the command line names.
pub(crate) fn file(path: &Path) -> Result<File, Failure> {
    let shown = path.display().to_string();
    let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("{shown}: {what}"));
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| failed(format!("cannot be read: {e}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(failed(format!("is bigger than {} MiB", MOST_BYTES >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("is not UTF-8 text".to_owned()).help("save it as UTF-8"))?;
    Ok(File { inside: shown.clone(), path: shown, text: text.into() })
}

fn beside(input: &Path) -> Option<PathBuf> {
    let folder = if input.is_dir() { input } else { input.parent()? };
    let path = folder.join(WAIVERS);
    path.is_file().then_some(path)
}
