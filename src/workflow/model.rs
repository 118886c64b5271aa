use crate::source::yaml::Node;

/// What a document is. The values are still nodes: most are never looked at.
pub(super) enum Document<'y> {
    Workflow(Workflow<'y>),
    Action(ActionFile<'y>),
}

pub(super) struct Workflow<'y> {
    pub name: Option<&'y str>,
    pub env: Option<Node<'y>>,
    pub defaults: Defaults<'y>,
    pub on: Option<Node<'y>>,
    pub concurrency: Option<Node<'y>>,
    /// The inputs that a person who starts it gives.
    pub dispatched: Option<Node<'y>>,
    /// The inputs that a workflow which calls it gives.
    pub called: Option<Node<'y>>,
    /// The outputs that it gives a workflow which calls it.
    pub outputs: Option<Node<'y>>,
    pub jobs: Vec<Job<'y>>,
}

pub(super) struct Job<'y> {
    pub id: &'y str,
    /// Its name, where it stands.
    pub key: Option<Node<'y>>,
    pub concurrency: Option<Node<'y>>,
    pub environment: Option<Node<'y>>,
    pub condition: Option<&'y str>,
    /// The reusable workflow that it is, if it has no steps of its own.
    pub uses: Option<Field<'y>>,
    pub with: Option<Node<'y>>,
    pub runs_on: Option<Node<'y>>,
    pub needs: Option<Node<'y>>,
    pub container: Option<Node<'y>>,
    pub services: Option<Node<'y>>,
    pub matrix: Option<Node<'y>>,
    pub env: Option<Node<'y>>,
    pub outputs: Option<Node<'y>>,
    pub defaults: Defaults<'y>,
    pub steps: Vec<Step<'y>>,
}

/// An `action.yml`.
pub(super) struct ActionFile<'y> {
    pub inputs: Option<Node<'y>>,
    pub outputs: Option<Node<'y>>,
    pub runs: Runs<'y>,
}

/// What an action runs.
pub(super) enum Runs<'y> {
    Steps(Vec<Step<'y>>),
    /// Files that Node runs, before, as and after the action.
    Node(Vec<Field<'y>>),
    Container {
        image: Option<Field<'y>>,
        /// Programs that run before, as and after the action.
        entrypoints: Vec<Field<'y>>,
        args: Option<Node<'y>>,
    },
}

pub(super) struct Step<'y> {
    /// Its name, else its id, else its position.
    pub name: String,
    pub id: Option<&'y str>,
    pub condition: Option<&'y str>,
    pub run: Option<Field<'y>>,
    pub uses: Option<Field<'y>>,
    pub with: Option<Node<'y>>,
    pub env: Option<Node<'y>>,
    pub own: Defaults<'y>,
}

/// What `defaults.run` can set for all steps, and a step for itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Defaults<'y> {
    pub shell: Option<Node<'y>>,
    pub folder: Option<Node<'y>>,
}

/// A key with its value.
#[derive(Clone, Copy)]
pub(super) struct Field<'y> {
    pub key: Node<'y>,
    pub value: Node<'y>,
}

impl<'y> Field<'y> {
    /// The entry of that name, if it says anything.
    pub fn of(mapping: Node<'y>, name: &str) -> Option<Self> {
        Self::of_entry(mapping.entry(|key| key == name))
    }

    /// An entry, if it says anything.
    pub fn of_entry(entry: Option<(Node<'y>, Node<'y>)>) -> Option<Self> {
        let (key, value) = entry?;
        (!value.is_null()).then_some(Self { key, value })
    }
}

impl<'y> Defaults<'y> {
    /// These, and where they say nothing, those around them.
    pub fn or(self, outer: Self) -> Self {
        Self { shell: self.shell.or(outer.shell), folder: self.folder.or(outer.folder) }
    }
}
