//! One response for every framework: set relations between requirements, coverage by the weakest hop.
