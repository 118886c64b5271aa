use crate::probe::{CheckReport, Outcome, ProbeReport};
use miette::IntoDiagnostic;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use std::time::Duration;

/// One test suite for the checklist, one test case for each probe. What passed after a retry is
/// marked as flaky, as Maven does.
pub fn junit(report: &CheckReport) -> miette::Result<String> {
    let mut suite = TestSuite::new(&report.checklist);
    suite.add_test_cases(report.probes.iter().map(case));
    let mut all = Report::new("tagout check");
    all.add_test_suite(suite);
    all.to_string().into_diagnostic()
}

fn case(probe: &ProbeReport) -> TestCase {
    let message = probe.message.clone().unwrap_or_default();
    let mut status = match probe.outcome {
        Outcome::Pass | Outcome::Flaky | Outcome::Warn => TestCaseStatus::success(),
        Outcome::Open => TestCaseStatus::skipped(),
        Outcome::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    match probe.outcome {
        Outcome::Pass | Outcome::Warn => {}
        Outcome::Flaky => {
            let mut rerun = TestRerun::new(NonSuccessKind::Failure);
            rerun.set_message(message.clone());
            status.add_rerun(rerun);
        }
        _ => {
            status.set_message(message.clone());
            status.set_type(probe.severity.clone());
        }
    }
    let mut case = TestCase::new(&probe.name, status);
    case.set_classname(probe.kind);
    if let Some(latency) = probe.latency_ms {
        case.set_time(Duration::from_secs_f64(latency.max(0.0) / 1000.0));
    }
    if probe.outcome == Outcome::Warn {
        case.set_system_out(format!("warning: {message}"));
    }
    case
}
