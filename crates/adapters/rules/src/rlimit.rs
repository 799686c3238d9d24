//! What a worker process takes from itself. On systems other than Unix nothing is taken, and the parent's deadline is
//! the only bound.

use std::io;

use crate::Limits;

/// Gives up memory beyond the limit, core dumps, and writing to files.
#[cfg(unix)]
pub(crate) fn confine(limits: &Limits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let to = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::As, to(limits.worker_memory))?;
    setrlimit(Resource::Core, to(0))?;
    setrlimit(Resource::Fsize, to(0))?;
    Ok(())
}

/// Moves the end of the worker's processor time to the limit from now.
#[cfg(unix)]
pub(crate) fn allow_cpu(limits: &Limits) -> io::Result<()> {
    use rustix::{
        process::{Resource, Rlimit, getrlimit, setrlimit},
        time::{ClockId, clock_gettime},
    };
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let hard = getrlimit(Resource::Cpu).maximum;
    let soft = used.saturating_add(limits.worker_cpu_seconds).saturating_add(1);
    setrlimit(Resource::Cpu, Rlimit { current: Some(hard.map_or(soft, |hard| hard.min(soft))), maximum: hard })?;
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn confine(_: &Limits) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn allow_cpu(_: &Limits) -> io::Result<()> {
    Ok(())
}
