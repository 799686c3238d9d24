//! How the C library's allocator keeps memory, set once before a server has threads (decision 14).
//!
//! glibc gives every thread a heap of its own, and once a big block was freed it keeps blocks of that size for ever: a server
//! that hashes passwords and takes uploads holds twice what it uses. Other C libraries are left as they are.

/// Blocks of so many bytes and more are the kernel's again as soon as they are freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const BIG: i32 = 512 * 1024;

/// Lets the allocator give back what is not used. What the environment says (`MALLOC_ARENA_MAX`, `GLIBC_TUNABLES`) stands.
/// Called by a program before it starts threads; a library has no say in this.
pub fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let said = ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"];
        if said.iter().any(|name| std::env::var_os(name).is_some()) {
            return;
        }
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let heaps = i32::try_from(cores / 2).unwrap_or(2).clamp(2, 8);
        for (option, value) in
            [(libc::M_ARENA_MAX, heaps), (libc::M_MMAP_THRESHOLD, BIG), (libc::M_TRIM_THRESHOLD, BIG)]
        {
            set(option, value);
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the one door to these settings; decision 14")]
fn set(option: i32, value: i32) {
    // SAFETY: mallopt takes two numbers and touches no memory of ours; an option that it does not know changes nothing.
    unsafe { libc::mallopt(option, value) };
}
