//! The pages in `docs/` say what the rules say. `make docs` writes them anew.

use std::{fs, path::Path};
use tagout::{config::Kind, policy::rules, report::docs};

#[test]
fn the_pages_of_the_rules_are_what_the_rules_say() {
    let mut pages = vec![("README.md".to_owned(), docs::rule_index())];
    pages.extend(rules().iter().map(|rule| (format!("{}.md", rule.name), docs::rule_page(rule))));
    compare("docs/rules", &pages);
}

#[test]
fn the_pages_of_the_probes_are_what_the_code_says() {
    let kinds = Kind::descriptions();
    let page =
        |kind: tagout::config::Description| (format!("{}.md", kind.name), docs::probe_page(&kind));
    compare("docs/probes", &kinds.into_iter().map(page).collect::<Vec<_>>());
}

#[test]
fn the_examples_of_the_probes_can_be_copied() {
    for kind in tagout::config::Kind::descriptions() {
        let (example, condition) = (kind.example, kind.condition.replace('\'', "''"));
        let text =
            format!("version: 1\nprobes:\n  example:\n    {example}\n    expect: '{condition}'\n");
        tagout::config::parse(Path::new("tagout.yml"), &text).unwrap();
    }
}

#[test]
fn every_rule_on_effects_decides_an_example() {
    for rule in rules().iter().filter(|rule| rule.is_on_effects()) {
        assert!(docs::rule_page(rule).contains("## What it finds"), "{}", rule.name);
    }
}

fn compare(folder: &str, pages: &[(String, String)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        pages.iter().for_each(|(name, page)| fs::write(folder.join(name), page).unwrap());
    }
    let kept = fs::read_dir(&folder).unwrap().count();
    assert_eq!(kept, pages.len(), "pages in {}; run `make docs`", folder.display());
    for (name, page) in pages {
        let kept = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(&kept, page, "{}/{name} is old; run `make docs`", folder.display());
    }
}
