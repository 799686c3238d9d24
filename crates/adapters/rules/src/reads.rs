/// The attributes that a policy reads, as it declares them under `custom.reads`.
///
/// Rego cannot tell an unknown from a value, so the declaration is what keeps a policy honest: loading refuses a policy
/// that reads anything else, and a policy that reads an unknown attribute can never pass.
///
/// ```
/// use attesta_rules::Reads;
/// let reads = Reads::new(&["ingress".into(), "encryption_at_rest.enabled".into()])?;
/// assert!(reads.touches("ingress/0/cidr"));
/// assert!(!reads.touches("encryption_at_rest.key"));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    names: Vec<String>,
    paths: Vec<Vec<String>>,
    everything: bool,
    source: bool,
}

/// Declares that the policy reads the source's own document, `input.raw`.
pub(crate) const RAW: &str = "input.raw";
/// Declares that the policy may read any attribute.
const EVERYTHING: &str = "*";

impl Reads {
    /// Reads declared by these names: dotted attribute names, `*` for every attribute, `input.raw` for the source's
    /// own document.
    ///
    /// # Errors
    /// When a name is none of these.
    pub fn new(names: &[String]) -> Result<Self, String> {
        let mut reads = Self { names: names.to_vec(), ..Self::default() };
        for name in names {
            match name.as_str() {
                EVERYTHING => reads.everything = true,
                RAW => reads.source = true,
                _ => {
                    let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
                    if !parts.iter().all(|part| is_word(part)) {
                        return Err(format!(
                            "`{name}` cannot be read; write a dotted attribute name such as `encryption_at_rest.enabled`, `*` or `input.raw`"
                        ));
                    }
                    reads.paths.push(parts);
                }
            }
        }
        Ok(reads)
    }

    pub(crate) fn everything() -> Self {
        Self { names: vec![EVERYTHING.to_owned()], everything: true, ..Self::default() }
    }

    /// The names as they were declared.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the source's own document is read.
    pub fn reads_source(&self) -> bool {
        self.source
    }

    /// Whether an attribute that is unknown at this path (`ingress/0/cidr`, `encryption_at_rest.enabled`) bears on
    /// what the policy reads. Whoever reads the source's document is touched by every unknown: the document does not
    /// show them.
    pub fn touches(&self, unknown: &str) -> bool {
        if self.everything || self.source {
            return true;
        }
        let path: Vec<&str> =
            unknown.split(['.', '/']).filter(|part| !part.bytes().all(|b| b.is_ascii_digit())).collect();
        self.paths.iter().any(|read| read.iter().zip(&path).all(|(a, b)| a == b))
    }

    /// Whether the declaration covers a reference to this attribute path.
    pub(crate) fn covers(&self, reference: &[&str]) -> bool {
        self.everything
            || self
                .paths
                .iter()
                .any(|read| read.len() <= reference.len() && read.iter().zip(reference).all(|(a, b)| a == b))
    }

    /// Whether every attribute is declared.
    pub(crate) fn covers_everything(&self) -> bool {
        self.everything
    }
}

/// The longest name at the beginning of a reference's path that could be declared; `*` when there is none.
pub(crate) fn longest_name(path: &[&str]) -> String {
    let words: Vec<&str> = path.iter().copied().take_while(|part| is_word(part)).collect();
    if words.is_empty() { EVERYTHING.to_owned() } else { words.join(".") }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
