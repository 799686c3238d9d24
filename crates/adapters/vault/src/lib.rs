//! Evidence bytes and the ledger's tiles in a folder.
