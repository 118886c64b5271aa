use std::process::ExitCode;

fn main() -> ExitCode {
    tagout::commands::run()
}
