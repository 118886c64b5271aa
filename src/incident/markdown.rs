//! The page as Markdown. Names and messages come from elsewhere, so what would be Markdown or HTML in
//! them is made plain.

use super::escape::{code, plain};
use super::page::Page;
use crate::guard::record::Record;
use miette::Diagnostic;
use minijinja::{Environment, UndefinedBehavior};
use thiserror::Error;

const TEMPLATE: &str = include_str!("report.md.jinja");

#[derive(Debug, Error, Diagnostic)]
#[error("the report cannot be laid out: {0}")]
pub struct ReportError(#[from] minijinja::Error);

/// The report of a deploy.
pub fn markdown(record: &Record) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("code", |text: &str| code(text));
    environment.add_filter("text", |text: &str| plain(text));
    let page = minijinja::Value::from(minijinja::value::Serde(Page::of(record)));
    Ok(environment.render_str(TEMPLATE, page)? + "\n")
}
