//! Running regorus where it cannot take the caller down: on a stack of its own, with panics caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs on a thread with a stack of this size; an error says that the thread could not be had or did not return.
pub(crate) fn on_big_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("rego".into()).stack_size(bytes).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| format!("no thread for evaluating Rego: {error}"))?;
        thread.join().map_err(|panic| broke(&*panic))
    })
}

/// Runs with panics caught: regorus has some, for example in `object.subset` with an empty array.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| broke(&*panic))
}

fn broke(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the Rego engine broke: {}", said.unwrap_or("no reason given"))
}
