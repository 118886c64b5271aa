//! The report in each format. In comes a record, out goes text. Names and messages come from
//! elsewhere, so what would be Markdown or HTML in them is made plain; and values of environments are
//! taken out before anything is laid out.

use super::escape::{code, fenced, plain};
use super::json;
use super::page::Page;
use crate::guard::masking::Secrets;
use crate::guard::record::Record;
use miette::Diagnostic;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;
use std::path::Path;
use thiserror::Error;

const MARKDOWN: &str = include_str!("report.md.jinja");
const HTML: &str = include_str!("report.html.jinja");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Json,
    /// One page that needs nothing but itself.
    Html,
}

impl Format {
    /// By the extension of a file; of others, and of none, Markdown.
    pub fn of(file: &Path) -> Self {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Self::Json,
            Some("html" | "htm") => Self::Html,
            _ => Self::Markdown,
        }
    }
}

#[derive(Debug, Error, Diagnostic)]
#[error("the report cannot be laid out: {0}")]
pub enum ReportError {
    Layout(#[from] minijinja::Error),
    Json(#[from] serde_json::Error),
}

/// The report of a deploy.
pub fn render(record: &Record, format: Format) -> Result<String, ReportError> {
    let text = match format {
        Format::Json => {
            let mut value = json::value(record);
            hide(&mut value, &record.secrets);
            serde_json::to_string_pretty(&value)?
        }
        Format::Markdown | Format::Html => {
            let mut page = serde_json::to_value(Page::of(record))?;
            hide(&mut page, &record.secrets);
            lay_out(page, format)?
        }
    };
    Ok(text + "\n")
}

fn lay_out(page: Value, format: Format) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let is_html = format == Format::Html;
    environment.set_auto_escape_callback(move |_| match is_html {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.add_filter("code", |text: &str| code(text));
    environment.add_filter("fenced", |text: &str| fenced(text));
    environment.add_filter("text", |text: &str| plain(text));
    let page = minijinja::Value::from(minijinja::value::Serde(page));
    environment.render_str(if is_html { HTML } else { MARKDOWN }, page)
}

/// Takes the values of secrets out of every text.
fn hide(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) => *text = secrets.hidden(text),
        Value::Array(list) => list.iter_mut().for_each(|one| hide(one, secrets)),
        Value::Object(map) => map.values_mut().for_each(|one| hide(one, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
