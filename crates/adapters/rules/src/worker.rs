//! The inside of a worker process: limits on itself first, then packs.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    process::ExitCode,
};

use regorus::Value;

use crate::{
    Limits, RuleFile, RulePack, fence, rlimit,
    session::Session,
    wire::{Reply, Request, receive, send},
};

/// The worker's whole life: what `attesta --policy-worker LIMITS` runs.
///
/// `limits` is the one argument that [`Worker`](crate::Worker) gives. Before any policy is read the process takes from
/// itself memory, core dumps and the right to write files; before each request, all but a few seconds of processor
/// time. It ends when its input does.
pub fn worker_main(limits: &OsStr, input: impl Read + Send, output: impl Write + Send) -> ExitCode {
    let Some(limits) = limits.to_str().and_then(|text| serde_json::from_str::<Limits>(text).ok()) else {
        return ExitCode::from(2);
    };
    if rlimit::confine(&limits).is_err() {
        return ExitCode::from(3);
    }
    // The parent says what went wrong; a backtrace here would only be noise on its standard error.
    std::panic::set_hook(Box::new(|_| {}));
    match fence::on_big_stack(limits.stack_bytes, || serve(&limits, input, output)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn serve(limits: &Limits, mut input: impl Read, mut output: impl Write + Send) -> std::io::Result<()> {
    rlimit::allow_cpu(limits)?;
    let Some(Request::<Value>::Load { files }) = receive(&mut input)? else {
        return send(&mut output, &Reply::Refused("a worker is first given a pack".into()));
    };
    let files: Vec<RuleFile> = files.into_iter().map(|(path, text)| RuleFile::new(path, text)).collect();
    let pack = RulePack::load_with(&files, limits, &mut |step| {
        // A parent that went away is noticed at the next reply.
        let _ = send(&mut output, &Reply::Loading(step));
        let _ = rlimit::allow_cpu(limits);
    });
    send(&mut output, &Reply::loaded(&pack))?;
    let mut session = Session::new(&pack);
    while let Some(request) = receive::<Request<Value>>(&mut input)? {
        rlimit::allow_cpu(limits)?;
        let reply = match request {
            Request::Load { .. } => Reply::Refused("a worker is given one pack".into()),
            Request::Evaluate { policy, inputs } => {
                Reply::Verdicts(session.evaluate(policy, inputs.into_iter().map(Some)))
            }
            Request::Test { test } => {
                session.run_test(test).map_or_else(|| Reply::Refused(format!("no test number {test}")), Reply::tested)
            }
        };
        send(&mut output, &reply)?;
    }
    Ok(())
}
