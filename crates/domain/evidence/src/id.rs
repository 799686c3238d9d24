attesta_kernel::sortable_id!(
    /// The id of one version of one piece of evidence: `evd_` and 26 characters that begin with the time (a ULID), so that
    /// ids sort by age.
    ///
    /// ```
    /// use attesta_evidence::EvidenceId;
    /// let id = EvidenceId::new(1_764_189_630_000, [7; 10]);
    /// assert_eq!(id.to_string().parse(), Ok(id));
    /// assert!(id < EvidenceId::new(1_764_189_630_001, [0; 10]));
    /// ```
    EvidenceId,
    "an evidence id",
    "copy one from `attesta evidence list`, like `evd_01KB0QZ3M8X9Y7V6T5S4R3Q2P1`",
    "evd_"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_each_id() {
        let text = EvidenceId::new(1, [0xFF; 10]).to_string();
        assert_eq!(text, "evd_0000000001ZZZZZZZZZZZZZZZZ");
        for bad in ["", "evd_", "evd_1", &text.to_lowercase(), &text.replace('Z', "U"), &text.replace("evd_0", "evd_8")]
        {
            assert!(bad.parse::<EvidenceId>().is_err(), "{bad}");
        }
    }
}
