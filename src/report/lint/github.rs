use crate::policy::{Level, LintReport};

/// Workflow commands, which GitHub, Gitea and Forgejo turn into annotations of the lines.
pub fn github(report: &LintReport) -> String {
    let mut text = String::new();
    for finding in report.open() {
        let kind = match finding.level {
            Level::Deny => "error",
            Level::Warn => "warning",
            Level::Note => "notice",
        };
        let file = &finding.location.file;
        let start = file.line_column(finding.location.range.start);
        let end = file.line_column(finding.location.range.end);
        let mut properties = vec![
            format!("file={}", property(&finding.location.shown_path())),
            format!("line={}", start.line),
            format!("endLine={}", end.line),
        ];
        // Columns of several lines are refused.
        if start.line == end.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={}", end.column));
        }
        properties.push(format!("title={}", property(&format!("tagout {}", finding.rule))));
        let help = finding.help.as_ref().map(|help| format!("\n{help}"));
        let message = data(&format!("{}{}", finding.message, help.unwrap_or_default()));
        text.push_str(&format!("::{kind} {}::{message}\n", properties.join(",")));
    }
    text
}

/// What stands behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
