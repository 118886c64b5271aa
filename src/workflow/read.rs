use super::{
    Problem, ProblemKind, WorkflowReading,
    model::{Defaults, Field, Job, Step, Workflow},
    scripts,
};
use crate::{
    config::Config,
    source::yaml::{Node, Yaml},
};

/// More than any workflow has; aliases could otherwise make millions of a small file.
const MAX_STEPS: usize = 10_000;

/// Reads the documents of a file, and adds what they give.
pub(super) fn read(yaml: Yaml, config: &Config, reading: &mut WorkflowReading) {
    for error in yaml.errors() {
        let kind = ProblemKind::Syntax(error.message.clone());
        reading.problems.push(Problem::at(kind, yaml.file(), error.at.clone()));
    }
    let mut reader = Reader { problems: Vec::new(), steps_left: MAX_STEPS, was_cut: false };
    let mut nothing = Some(ProblemKind::Empty);
    for document in yaml.documents().filter(|document| !document.is_null()) {
        nothing = match reader.document(document) {
            Some(workflow) => {
                scripts::collect(&workflow, yaml.file(), config, &mut reading.scripts);
                None
            }
            None => nothing.map(|_| ProblemKind::NotAWorkflow),
        };
    }
    reading.problems.append(&mut reader.problems);
    if let Some(kind) = nothing.filter(|_| yaml.errors().is_empty()) {
        reading.problems.push(Problem::at(kind, yaml.file(), 0..0));
    }
}

struct Reader {
    problems: Vec<Problem>,
    steps_left: usize,
    was_cut: bool,
}

impl Reader {
    fn document<'y>(&mut self, root: Node<'y>) -> Option<Workflow<'y>> {
        let jobs = match (root.get("jobs"), root.get("runs")) {
            (Some(jobs), _) => self.jobs(jobs),
            (None, Some(runs)) => vec![self.composite(runs)],
            (None, None) => return None,
        };
        Some(Workflow {
            name: root.get("name").and_then(Node::as_str),
            env: root.get("env"),
            defaults: defaults(root),
            inputs: inputs(root),
            jobs,
        })
    }

    fn jobs<'y>(&mut self, jobs: Node<'y>) -> Vec<Job<'y>> {
        if !jobs.is_mapping() {
            self.wrong_type("jobs", "a mapping of jobs", jobs);
        }
        let mut read = Vec::new();
        for (key, job) in jobs.entries() {
            let id = key.as_str().unwrap_or_default();
            if !job.is_mapping() {
                self.wrong_type(id, "a job", job);
            } else if !never_runs(job) {
                read.push(self.job(id, job));
            }
        }
        read
    }

    fn job<'y>(&mut self, id: &'y str, job: Node<'y>) -> Job<'y> {
        Job {
            id: Some(id),
            runs_on: job.get("runs-on"),
            container: job.get("container"),
            services: job.get("services"),
            matrix: job.get("strategy").and_then(|strategy| strategy.get("matrix")),
            env: job.get("env"),
            defaults: defaults(job),
            steps: self.steps(job),
        }
    }

    fn composite<'y>(&mut self, runs: Node<'y>) -> Job<'y> {
        Job {
            id: None,
            runs_on: None,
            container: None,
            services: None,
            matrix: None,
            env: None,
            defaults: Defaults::default(),
            steps: self.steps(runs),
        }
    }

    fn steps<'y>(&mut self, job: Node<'y>) -> Vec<Step<'y>> {
        let Some(steps) = job.get("steps").filter(|steps| !steps.is_null()) else {
            return Vec::new();
        };
        if !steps.is_sequence() {
            self.wrong_type("steps", "a list of steps", steps);
        }
        let mut read = Vec::new();
        for (index, step) in steps.items().enumerate() {
            if self.steps_left == 0 {
                self.cut(step);
                break;
            }
            self.steps_left -= 1;
            if !step.is_mapping() {
                self.wrong_type(&format!("steps[{index}]"), "a step", step);
            } else if !never_runs(step) {
                read.push(self.step(index, step));
            }
        }
        read
    }

    fn step<'y>(&mut self, index: usize, step: Node<'y>) -> Step<'y> {
        let named = step.get("name").or_else(|| step.get("id")).and_then(Node::as_str);
        let run = step.entry(|key| key == "run").map(|(key, value)| Field { key, value });
        if let Some(run) = run.filter(|run| run.value.as_str().is_none()) {
            self.wrong_type("run", "a script", run.value);
        }
        Step {
            name: named.map_or_else(|| format!("step {}", index + 1), str::to_owned),
            run,
            uses: step.get("uses").and_then(Node::as_str),
            with: step.get("with"),
            env: step.get("env"),
            own: run_settings(step),
        }
    }

    fn cut(&mut self, step: Node) {
        if !std::mem::replace(&mut self.was_cut, true) {
            let kind = ProblemKind::TooManySteps(MAX_STEPS);
            self.problems.push(Problem { kind, location: step.location() });
        }
    }

    fn wrong_type(&mut self, what: &str, expected: &'static str, node: Node) {
        let kind =
            ProblemKind::WrongType { what: what.to_owned(), expected, found: node.kind_name() };
        self.problems.push(Problem { kind, location: node.location() });
    }
}

fn inputs(root: Node) -> Vec<Node> {
    let triggers = root.get("on").into_iter();
    let called = triggers.flat_map(|on| [on.get("workflow_dispatch"), on.get("workflow_call")]);
    called.chain([Some(root)]).filter_map(|declares| declares?.get("inputs")).collect()
}

fn defaults(node: Node) -> Defaults {
    let run = node.get("defaults").and_then(|defaults| defaults.get("run"));
    run.map(run_settings).unwrap_or_default()
}

fn run_settings(node: Node) -> Defaults {
    let given = |key| node.get(key).filter(|value| !value.is_null());
    Defaults { shell: given("shell"), folder: given("working-directory") }
}

/// Whether its condition is written as false, which is how people switch things off.
fn never_runs(node: Node) -> bool {
    let Some(condition) = node.get("if").and_then(Node::as_str) else { return false };
    let condition = condition.trim();
    let inner = condition.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
    inner.unwrap_or(condition).trim() == "false"
}
