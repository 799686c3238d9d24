//! Phases, calendar, sampling, quality checks and corrective actions: how an assessment is run.
