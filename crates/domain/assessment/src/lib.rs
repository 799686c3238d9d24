//! Scope, tailoring, requirement packs, answers, inheritance: what an assessment holds and what follows from it.
