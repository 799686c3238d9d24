use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a pack may cost. The defaults are documented in `docs/reference/policies-rego.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Files in one pack.
    pub files: usize,
    /// Bytes in one file.
    pub file_bytes: usize,
    /// Characters in one line.
    pub line_characters: u32,
    /// Rules in one file.
    pub rules: usize,
    /// Brackets inside brackets.
    pub nesting: u32,
    /// The sum, over a file's brackets, of two to the power of their depth: what nesting costs regorus' parser,
    /// which reads the inside of each bracket twice.
    pub nesting_work: u64,
    /// Instructions that one rule may execute for one resource. Deterministic, so it is the limit that bites first.
    pub instructions: usize,
    /// Milliseconds that one rule may run for one resource.
    pub rule_milliseconds: u64,
    /// Characters or items in one value that a builtin makes.
    pub value_size: usize,
    /// Denials for one resource.
    pub denials: usize,
    /// Bytes of one message.
    pub message_bytes: usize,
    /// Bytes of stack for parsing and evaluating.
    pub stack_bytes: usize,
    /// Bytes of address space for a worker.
    pub worker_memory: u64,
    /// Seconds of processor time for one request to a worker.
    pub worker_cpu_seconds: u64,
    /// Milliseconds on the clock that a worker may be silent.
    pub worker_silence_milliseconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 500,
            file_bytes: 256 * 1024,
            line_characters: 1024,
            rules: 1000,
            nesting: 12,
            nesting_work: 1 << 18,
            instructions: 100_000,
            rule_milliseconds: 200,
            value_size: 1 << 20,
            denials: 1000,
            message_bytes: 4096,
            stack_bytes: 64 * 1024 * 1024,
            worker_memory: 512 * 1024 * 1024,
            worker_cpu_seconds: 10,
            worker_silence_milliseconds: 10_000,
        }
    }
}

impl Limits {
    pub(crate) fn rule_time(&self) -> Duration {
        Duration::from_millis(self.rule_milliseconds)
    }

    pub(crate) fn worker_silence(&self) -> Duration {
        Duration::from_millis(self.worker_silence_milliseconds)
    }
}
