use std::process::ExitCode;
use tagout::{commands, guard::shim};

/// Reading scripts makes many small things and drops them, which this one does in half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // By the name of another program, this stands in for that.
    shim::run().unwrap_or_else(commands::run)
}
