//! What the README shows is what tagout reads and prints.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic as a test may")]

use std::path::Path;
use std::process::Command;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(project().join("README.md")).unwrap()
}

/// The texts in the README's fences of `language`.
fn blocks(readme: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let after = readme.split(&fence).skip(1);
    after.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn its_configurations_are_valid() {
    let blocks = blocks(&readme(), "yaml");
    let configurations = blocks.iter().filter(|block| block.starts_with("version: 1"));
    let mut read = 0;
    for text in configurations {
        tagout::config::parse(Path::new("tagout.yml"), text).unwrap();
        read += 1;
    }
    assert!(read >= 4, "only {read} configurations were found");
}

#[test]
fn its_finding_is_what_lint_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_tagout"))
        .args(["lint", ".gitea/workflows/deploy-to-prod.yml"])
        .current_dir(project().join("fixtures/flyer-crawler"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let shown = format!("$ tagout lint .gitea/workflows/deploy-to-prod.yml\n{printed}");
    let blocks = blocks(&readme(), "console");
    assert!(blocks.contains(&shown), "the README should show:\n{shown}");
}
