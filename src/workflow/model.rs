use crate::source::yaml::Node;

/// A workflow or a composite action. The values are still nodes: most are never looked at.
pub(super) struct Workflow<'y> {
    pub name: Option<&'y str>,
    pub env: Option<Node<'y>>,
    pub defaults: Defaults<'y>,
    /// The mappings that declare inputs: of a dispatch, of a call, of an action.
    pub inputs: Vec<Node<'y>>,
    pub jobs: Vec<Job<'y>>,
}

/// A job; a composite action has one, which runs where its caller does.
pub(super) struct Job<'y> {
    /// None in a composite action.
    pub id: Option<&'y str>,
    pub runs_on: Option<Node<'y>>,
    pub container: Option<Node<'y>>,
    pub services: Option<Node<'y>>,
    pub matrix: Option<Node<'y>>,
    pub env: Option<Node<'y>>,
    pub defaults: Defaults<'y>,
    pub steps: Vec<Step<'y>>,
}

pub(super) struct Step<'y> {
    /// Its name, else its id, else its position.
    pub name: String,
    pub run: Option<Field<'y>>,
    pub uses: Option<&'y str>,
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

impl<'y> Defaults<'y> {
    /// These, and where they say nothing, those around them.
    pub fn or(self, outer: Self) -> Self {
        Self { shell: self.shell.or(outer.shell), folder: self.folder.or(outer.folder) }
    }
}
