//! HIPAA's people side: decisions, risk analysis, incidents, agreements, recognised practices.
