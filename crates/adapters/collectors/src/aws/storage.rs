//! storage

use crate::registry::{Main, Satellite};

pub(super) const MAINS: &[Main] = &[];

pub(super) const SATELLITES: &[Satellite] = &[];
