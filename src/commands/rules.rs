//! The rules: which there are, what one is about, and whether a team's own do what they say.

use super::Exit;
use crate::cli::{Global, Rules, RulesAction};
use crate::config::did_you_mean;
use crate::policy::{Policy, PolicyRule, custom, rules};
use crate::report::{docs, print};
use std::path::PathBuf;

pub fn run(global: &Global, arguments: &Rules) -> miette::Result<Exit> {
    let own = own(global, &arguments.rules)?;
    match arguments.action.as_ref().unwrap_or(&RulesAction::List) {
        RulesAction::List => list(&own),
        RulesAction::Show { rule } => show(rule, &own),
        RulesAction::Test { line: None } => {
            print(&format!("{} rules of your own; every example holds\n", own.len()))?;
            Ok(Exit::Fine)
        }
        RulesAction::Test { line: Some(line) } => {
            let deciding = custom::deciding(line, &own);
            for name in &deciding {
                print(&format!("{name}\n"))?;
            }
            Ok(if deciding.is_empty() { Exit::Fine } else { Exit::Failed })
        }
    }
}

/// Prints the page of a rule.
pub fn explain(global: &Global, rule: &str, folders: &[PathBuf]) -> miette::Result<Exit> {
    show(rule, &own(global, folders)?)
}

/// The rules of folders, in their order.
pub fn of_folders(folders: &[PathBuf]) -> miette::Result<Vec<PolicyRule>> {
    let mut all = Vec::new();
    for folder in folders {
        all.extend(custom::of_folder(folder)?);
    }
    Ok(all)
}

/// All rules that are not built in.
fn own(global: &Global, folders: &[PathBuf]) -> miette::Result<Vec<PolicyRule>> {
    let config = super::configuration(global)?;
    Ok(Policy::of(config, &of_folders(folders)?)?.rules)
}

fn list(own: &[PolicyRule]) -> miette::Result<Exit> {
    let all = || own.iter().chain(rules());
    let width = all().map(|rule| rule.name.len()).max().unwrap_or(0);
    let lines = all().map(|rule| {
        let level = format!("{:?}", rule.level).to_lowercase();
        format!("{level}  {:width$}  {}\n", rule.name, rule.title)
    });
    print(&lines.collect::<String>())?;
    Ok(Exit::Fine)
}

fn show(name: &str, own: &[PolicyRule]) -> miette::Result<Exit> {
    let all = || own.iter().chain(rules());
    let Some(rule) = all().find(|rule| rule.name == name) else {
        let near = did_you_mean(name, all().map(|rule| rule.name.as_str()));
        return Err(miette::miette!(
            help = "`tagout rules list` has them all",
            "there is no rule `{name}`{near}"
        ));
    };
    print(&docs::rule_page(rule))?;
    Ok(Exit::Fine)
}
