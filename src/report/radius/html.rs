use super::{Radius, picture::Picture, place};
use miette::IntoDiagnostic;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

const PAGE: &str = include_str!("page.html.jinja");

/// One page that needs nothing but itself.
pub fn html(radius: &Radius) -> miette::Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let rows: Vec<_> = radius
        .workflows
        .iter()
        .map(|workflow| {
            let count = |verdict: &str| workflow.lines().filter(|l| l.verdict == verdict).count();
            let lines = workflow.jobs.iter().flat_map(|job| {
                job.reaches.iter().map(|line| {
                    context! {
                        job => &job.name,
                        verdict => line.verdict,
                        may => !line.sure,
                        does => &line.does,
                        what => line.what.replace('`', ""),
                        place => place(&line.place),
                        gone => !line.hits_others(),
                        rule => &line.rule,
                        at => line.path.as_ref().zip(line.line).map(|(p, n)| format!("{p}:{n}")),
                        command => &line.command,
                    }
                })
            });
            context! {
                path => &workflow.path,
                environments => &workflow.environments,
                deny => count("deny"),
                warn => count("warn"),
                all => workflow.lines().count(),
                lines => lines.collect::<Vec<_>>(),
            }
        })
        .collect();
    let total = |verdict: &str| {
        radius.workflows.iter().filter(|w| w.lines().any(|line| line.verdict == verdict)).count()
    };
    let page = context! {
        picture => minijinja::Value::from(minijinja::value::Serde(Picture::of(radius))),
        workflows => rows,
        unread => &radius.unread,
        denied => total("deny"),
        count => radius.workflows.len(),
        version => env!("CARGO_PKG_VERSION"),
    };
    environment.render_str(PAGE, page).into_diagnostic()
}
