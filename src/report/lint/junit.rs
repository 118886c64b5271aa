use crate::policy::{Finding, Level, LintReport};
use crate::source::shown_path;
use miette::IntoDiagnostic;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// One suite for each file with findings, in which what is denied has failed.
pub fn junit(report: &LintReport) -> miette::Result<String> {
    let mut junit = Report::new("tagout lint");
    let mut findings = report.findings.iter().peekable();
    while let Some(first) = findings.peek() {
        let path = first.location.path().to_owned();
        let mut suite = TestSuite::new(shown_path(&path));
        while let Some(finding) = findings.next_if(|one| one.location.path() == path) {
            suite.add_test_case(case(finding));
        }
        junit.add_test_suite(suite);
    }
    if junit.test_suites.is_empty() {
        let mut suite = TestSuite::new("tagout");
        suite.add_test_case(TestCase::new("nothing is denied", TestCaseStatus::success()));
        junit.add_test_suite(suite);
    }
    junit.to_string().into_diagnostic()
}

fn case(finding: &Finding) -> TestCase {
    let place = format!("{}:{}", finding.location.shown_path(), finding.location.line());
    let status = match (&finding.suppressed, finding.level) {
        (Some(reason), _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("allowed: {reason}"));
            status
        }
        (None, Level::Deny) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let help = finding.help.as_deref().unwrap_or_default();
            status.set_message(&*finding.message).set_type(&*finding.rule);
            status.set_description(format!("{place}: {}\n{help}", finding.message));
            status
        }
        (None, _) => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(format!("{} at {place}", finding.rule), status);
    case.set_classname(finding.rule.as_str());
    if finding.suppressed.is_none() && finding.level != Level::Deny {
        case.set_system_out(&finding.message);
    }
    case
}
