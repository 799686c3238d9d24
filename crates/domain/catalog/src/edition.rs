use attesta_kernel::{Place, Provenance};

use crate::fault::Faults;

/// Which text of a framework stands here, where it comes from and under which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The framework's name.
    pub name: String,
    /// Its version or date.
    pub version: String,
    /// Where our copy comes from.
    pub provenance: Provenance,
    /// Whose it is and what of it may stand here.
    pub licence: String,
}

/// What a content pack says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it holds.
    pub what: String,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// Whose marks it mentions, and that we are not theirs.
    pub trademarks: String,
}

impl Edition {
    pub(crate) fn check(&self, place: &Place, faults: &mut Faults) {
        faults.text(place, "name", &self.name);
        faults.text(place, "version", &self.version);
        faults.text(place, "licence", &self.licence);
        faults.text(place, "source", &self.provenance.source);
    }
}

impl Pack {
    pub(crate) fn check(&self, place: &Place, faults: &mut Faults) {
        let texts = [
            ("name", &self.name),
            ("version", &self.version),
            ("what", &self.what),
            ("licence", &self.licence),
            ("trademarks", &self.trademarks),
        ];
        for (what, text) in texts {
            faults.text(place, what, text);
        }
    }
}
