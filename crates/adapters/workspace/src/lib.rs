//! An assessment as a folder of plain files: read with places, written whole or not at all.
