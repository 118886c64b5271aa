use std::process::ExitCode;

/// Reading scripts makes many small things and drops them, which this one does in half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tagout::commands::run()
}
