use crate::words::word_enum;

word_enum! {
    /// A register on which items of the rule hang.
    Register, "a register" {
        /// The risk analysis: done, in time, over every system that touches ePHI, each risk treated or accepted.
        RiskAnalysis = "risk-analysis",
        /// The treatment of risks: nothing overdue.
        RiskTreatment = "risk-treatment",
        /// The agreements with business associates.
        Agreements = "agreements",
    }
}

/// Whether a register is in order on the day of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterState {
    /// In order, and its records show it: they count as what people attest.
    Shown(String),
    /// Nothing is against it and nothing shows it either.
    Silent(String),
    /// Not in order, or it cannot be told.
    NotInOrder(Vec<String>),
}
