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
            defaults: defaults_of(root.get("defaults")),
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
        let [condition, uses, defaults, steps] =
            job.entries_of(["if", "uses", "defaults", "steps"]);
        let [
            concurrency,
            environment,
            with,
            runs_on,
            needs,
            container,
            services,
            strategy,
            env,
            outputs,
        ] = job
            .entries_of([
                "concurrency",
                "environment",
                "with",
                "runs-on",
                "needs",
                "container",
                "services",
                "strategy",
                "env",
                "outputs",
            ])
            .map(value_of);
        Job {
            id,
            key: Some(key),
            concurrency,
            environment,
            condition: value_of(condition).and_then(Node::as_str),
            uses: Field::of_entry(uses),
            with,
            runs_on,
            needs,
            container,
            services,
            matrix: strategy.and_then(|strategy| strategy.get("matrix")),
            env,
            outputs,
            defaults: defaults_of(value_of(defaults)),
            steps: self.steps(Field::of_entry(steps)),
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
            _ => Runs::Steps(self.steps(Field::of(runs, "steps"))),
        }
    }

    fn steps<'y>(&mut self, steps: Option<Field<'y>>) -> Vec<Step<'y>> {
        let mut read = Vec::new();
        if let Some(steps) = steps {
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
        let [name, id, condition, run, uses, with, env, shell, folder] = step.entries_of([
            "name",
            "id",
            "if",
            "run",
            "uses",
            "with",
            "env",
            "shell",
            "working-directory",
        ]);
        let named = value_of(name.or(id)).and_then(Node::as_str);
        let run = run.map(|(key, value)| Field { key, value });
        if let Some(run) = run.filter(|run| run.value.as_str().is_none()) {
            self.wrong_type("run", "a script", run.value);
        }
        Step {
            name: named.map_or_else(|| format!("step {}", index + 1), str::to_owned),
            id: value_of(id).and_then(Node::as_str),
            condition: value_of(condition).and_then(Node::as_str),
            run,
            uses: Field::of_entry(uses),
            with: value_of(with),
            env: value_of(env),
            own: settings_of(shell, folder),
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

type Entry<'y> = Option<(Node<'y>, Node<'y>)>;

fn value_of(entry: Entry<'_>) -> Option<Node<'_>> {
    entry.map(|(_, value)| value)
}

/// What `defaults:` says of `run:`.
fn defaults_of(defaults: Option<Node<'_>>) -> Defaults<'_> {
    let Some(run) = defaults.and_then(|defaults| defaults.get("run")) else {
        return Defaults::default();
    };
    let [shell, folder] = run.entries_of(["shell", "working-directory"]);
    settings_of(shell, folder)
}

fn settings_of<'y>(shell: Entry<'y>, folder: Entry<'y>) -> Defaults<'y> {
    let given = |entry| Field::of_entry(entry).map(|field| field.value);
    Defaults { shell: given(shell), folder: given(folder) }
}
