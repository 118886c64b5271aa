use super::{
    Problem, ProblemKind,
    model::{ActionFile, Defaults, Document, Field, Job, Runs, Step, Workflow},
};
use crate::source::yaml::Node;

/// More than any workflow has; aliases could otherwise make millions of a small file.
const MAX_STEPS: usize = 10_000;

/// Reads documents as workflows and actions, and keeps what is wrong with them.
pub(super) struct Reader {
    pub problems: Vec<Problem>,
    steps_left: usize,
    was_cut: bool,
}

impl Reader {
    pub fn new() -> Self {
        Self { problems: Vec::new(), steps_left: MAX_STEPS, was_cut: false }
    }

    /// Nothing if the document is neither a workflow nor an action.
    pub fn document<'y>(&mut self, root: Node<'y>) -> Option<Document<'y>> {
        self.duplicates(root);
        match (root.get("jobs"), root.get("runs")) {
            (Some(jobs), _) => Some(Document::Workflow(self.workflow(root, jobs))),
            (None, Some(runs)) => Some(Document::Action(ActionFile {
                inputs: root.get("inputs"),
                outputs: root.get("outputs"),
                runs: self.runs(runs),
            })),
            (None, None) => None,
        }
    }

    fn workflow<'y>(&mut self, root: Node<'y>, jobs: Node<'y>) -> Workflow<'y> {
        let of = |trigger, what| root.get("on")?.get(trigger)?.get(what);
        Workflow {
            name: root.get("name").and_then(Node::as_str),
            env: root.get("env"),
            defaults: defaults(root),
            on: root.get("on"),
            concurrency: root.get("concurrency"),
            dispatched: of("workflow_dispatch", "inputs"),
            called: of("workflow_call", "inputs"),
            outputs: of("workflow_call", "outputs"),
            jobs: self.jobs(jobs),
        }
    }

    fn jobs<'y>(&mut self, jobs: Node<'y>) -> Vec<Job<'y>> {
        if !jobs.is_mapping() {
            self.wrong_type("jobs", "a mapping of jobs", jobs);
        }
        self.duplicates(jobs);
        let mut read = Vec::new();
        for (key, job) in jobs.entries() {
            let id = key.as_str().unwrap_or_default();
            if job.is_mapping() {
                read.push(self.job(id, key, job));
            } else {
                self.wrong_type(id, "a job", job);
            }
        }
        read
    }

    fn job<'y>(&mut self, id: &'y str, key: Node<'y>, job: Node<'y>) -> Job<'y> {
        self.duplicates(job);
        Job {
            id,
            key: Some(key),
            concurrency: job.get("concurrency"),
            environment: job.get("environment"),
            condition: condition(job),
            uses: Field::of(job, "uses"),
            with: job.get("with"),
            runs_on: job.get("runs-on"),
            needs: job.get("needs"),
            container: job.get("container"),
            services: job.get("services"),
            matrix: job.get("strategy").and_then(|strategy| strategy.get("matrix")),
            env: job.get("env"),
            outputs: job.get("outputs"),
            defaults: defaults(job),
            steps: self.steps(job),
        }
    }

    fn runs<'y>(&mut self, runs: Node<'y>) -> Runs<'y> {
        let fields =
            |names: [&str; 3]| names.iter().filter_map(|name| Field::of(runs, name)).collect();
        match runs.get("using").and_then(Node::as_str) {
            Some("docker") => Runs::Container {
                image: Field::of(runs, "image"),
                entrypoints: fields(["pre-entrypoint", "entrypoint", "post-entrypoint"]),
                args: runs.get("args"),
            },
            Some(using) if using.starts_with("node") => Runs::Node(fields(["pre", "main", "post"])),
            _ => Runs::Steps(self.steps(runs)),
        }
    }

    fn steps<'y>(&mut self, job: Node<'y>) -> Vec<Step<'y>> {
        let mut read = Vec::new();
        if let Some(steps) = Field::of(job, "steps") {
            self.list(steps.value, "steps", 0, &mut read);
        }
        read
    }

    /// A list of steps; a group of `parallel` ones is read as if they ran one after the other.
    fn list<'y>(&mut self, steps: Node<'y>, what: &str, depth: usize, read: &mut Vec<Step<'y>>) {
        /// Groups in groups deeper than this are an alias to themselves.
        const MAX_DEPTH: usize = 10;
        if !steps.is_sequence() {
            self.wrong_type(what, "a list of steps", steps);
        }
        for (index, step) in steps.items().enumerate() {
            if self.steps_left == 0 {
                self.cut(step);
                break;
            }
            self.steps_left -= 1;
            if !step.is_mapping() {
                self.wrong_type(&format!("{what}[{index}]"), "a step", step);
                continue;
            }
            read.push(self.step(index, step));
            if let Some(group) = Field::of(step, "parallel").filter(|_| depth < MAX_DEPTH) {
                self.list(group.value, "parallel", depth + 1, read);
            }
        }
    }

    /// The step at that position in its list.
    pub fn step<'y>(&mut self, index: usize, step: Node<'y>) -> Step<'y> {
        self.duplicates(step);
        let named = step.get("name").or_else(|| step.get("id")).and_then(Node::as_str);
        let run = step.entry(|key| key == "run").map(|(key, value)| Field { key, value });
        if let Some(run) = run.filter(|run| run.value.as_str().is_none()) {
            self.wrong_type("run", "a script", run.value);
        }
        Step {
            name: named.map_or_else(|| format!("step {}", index + 1), str::to_owned),
            id: step.get("id").and_then(Node::as_str),
            condition: condition(step),
            run,
            uses: Field::of(step, "uses"),
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

    /// Tells of keys that stand twice, for which runners refuse the file.
    fn duplicates(&mut self, mapping: Node) {
        for (name, key) in mapping.duplicate_keys() {
            let kind = ProblemKind::Duplicate(name.to_owned());
            self.problems.push(Problem { kind, location: key.location() });
        }
    }

    fn wrong_type(&mut self, what: &str, expected: &'static str, node: Node) {
        let kind =
            ProblemKind::WrongType { what: what.to_owned(), expected, found: node.kind_name() };
        self.problems.push(Problem { kind, location: node.location() });
    }
}

fn defaults(node: Node) -> Defaults {
    let run = node.get("defaults").and_then(|defaults| defaults.get("run"));
    run.map(run_settings).unwrap_or_default()
}

fn run_settings(node: Node) -> Defaults {
    let given = |key| node.get(key).filter(|value| !value.is_null());
    Defaults { shell: given("shell"), folder: given("working-directory") }
}

fn condition(node: Node<'_>) -> Option<&str> {
    node.get("if").and_then(Node::as_str)
}
