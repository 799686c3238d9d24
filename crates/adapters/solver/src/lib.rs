//! Solves the forecast's problem with a well-kept crate: [microlp](https://docs.rs/microlp), a pure-Rust MILP solver by simplex
//! and branch and bound.
//!
//! It computes in floats, so its word is a proposal: the forecast checks it in whole numbers and proves by itself that nothing
//! is cheaper (decision 6). It counts search nodes and reads no clock, so the same problem gets the same answer.
//!
//! It will never say that an answer is the best.

use attesta_forecast::{NoAnswer, Problem, Selection, Solver};
use microlp::{ComparisonOp, Error, OptimizationDirection, SolveOptions, SolveOutcome, Variable};

/// The MILP solver, with a limit on its search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milp {
    /// How many nodes of its search tree it opens.
    pub nodes: u64,
}

impl Default for Milp {
    fn default() -> Self {
        Self { nodes: 400 }
    }
}

impl Solver for Milp {
    fn solve(&self, problem: &Problem) -> Result<Selection, NoAnswer> {
        let (model, variables) = model(problem);
        let mut options = SolveOptions::default();
        options.node_limit = Some(self.nodes);
        let solution = match model.solve_with(options) {
            Ok(SolveOutcome::Solution(solution)) => solution,
            Ok(SolveOutcome::Interrupted(_)) => return Err(NoAnswer::Limit(self.nodes)),
            Err(Error::Infeasible) => return Err(NoAnswer::Infeasible),
            Err(other) => return Err(NoAnswer::Failed(other.to_string())),
        };
        // Of each group the option with the most weight; the first of equals.
        let most = |group: &Vec<Variable>| {
            let mut most = (0, f64::MIN);
            for (option, variable) in group.iter().enumerate() {
                let weight = solution.var_value(*variable);
                if weight > most.1 {
                    most = (option, weight);
                }
            }
            most.0
        };
        Ok(Selection(variables.iter().map(most).collect()))
    }
}

/// The problem in the crate's terms: a variable of 0 or 1 for each option, one of each group, and a row for each cover.
fn model(problem: &Problem) -> (microlp::Problem, Vec<Vec<Variable>>) {
    let mut model = microlp::Problem::new(OptimizationDirection::Minimize);
    let mut rows: Vec<Vec<(Variable, f64)>> = problem.needs.iter().map(|_| Vec::new()).collect();
    let mut variables = Vec::new();
    for group in &problem.groups {
        let mut own = Vec::new();
        for option in &group.options {
            let variable = model.add_binary_var(float(option.cost));
            own.push(variable);
            for (cover, amount) in &option.amounts {
                if let Some(row) = rows.get_mut(*cover) {
                    row.push((variable, float(*amount)));
                }
            }
        }
        let one: Vec<(Variable, f64)> = own.iter().map(|variable| (*variable, 1.0)).collect();
        model.add_constraint(one, ComparisonOp::Eq, 1.0);
        variables.push(own);
    }
    for (row, need) in rows.into_iter().zip(&problem.needs) {
        model.add_constraint(row, ComparisonOp::Ge, float(*need));
    }
    (model, variables)
}

#[expect(
    clippy::as_conversions,
    reason = "the forecast's numbers stay below 2^53; if one did not, the exact check would tell"
)]
fn float(whole: i64) -> f64 {
    whole as f64
}
