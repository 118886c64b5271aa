//! The syntax of shell text. In comes text; out come its statements, which name its parts by where
//! they stand in it: what words mean is found when they are expanded. Nothing of the parser that
//! read them is left in them.

mod grammar;
mod reader;
mod rough;
#[cfg(test)]
mod shown;
mod stray;

use crate::source::Text;
use std::ops::Range;

/// Where something stands in the text, in bytes.
pub type Span = Range<usize>;

/// Statements that are nested deeper than this are not read.
pub const MAX_NESTING: usize = 150;

/// What is run in one go, and may be put in the background.
#[derive(Debug)]
pub struct Statement {
    pub span: Span,
    pub kind: Kind,
    /// It is followed by `&`.
    pub is_background: bool,
}

/// The kinds of statements.
#[derive(Debug)]
pub enum Kind {
    Command(Command),
    /// `X=a Y=b`, without a command.
    Assignments(Vec<Assignment>),
    Declaration(Declaration),
    /// `unset X`: its words.
    Unset(Vec<Span>),
    /// `{ …; } > file`
    Redirected(Box<Statement>, Vec<Redirect>),
    Pipeline(Vec<Statement>),
    /// `a && b || c`
    List {
        first: Box<Statement>,
        rest: Vec<(Link, Statement)>,
    },
    Negated(Box<Statement>),
    Subshell(Vec<Statement>),
    Group(Vec<Statement>),
    Condition(Condition),
    If(If),
    Case(Case),
    For(For),
    While(While),
    Counting(Counting),
    /// A function: its name and its body.
    Function(Span, Span),
    /// A word that stands where no word can stand: what it substitutes runs.
    Word(Span),
    /// Code whose syntax is not understood: the words of what may be its commands.
    Broken(Vec<Vec<Span>>),
    /// Statements in statements deeper than is read.
    TooDeep,
    /// The text ends before its syntax does: the words of what may be commands in a string that is
    /// open.
    CutOff(Vec<Vec<Span>>),
}

/// A call, or what a shell does itself.
#[derive(Debug, Default)]
pub struct Command {
    pub assignments: Vec<Assignment>,
    pub words: Vec<Span>,
    pub redirects: Vec<Redirect>,
    /// What stands in it and is not understood.
    pub broken: Vec<Statement>,
}

/// `X=a`, `X+=a`, `X[1]=a` or `X=(a b)`.
#[derive(Debug)]
pub struct Assignment {
    pub span: Span,
    /// With its index, if it has one.
    pub name: Span,
    pub appends: bool,
    pub value: Assigned,
}

#[derive(Debug)]
pub enum Assigned {
    Nothing,
    Word(Span),
    Items(Vec<Span>),
}

/// `export X=a Y`, `local -a X`, …
#[derive(Debug)]
pub struct Declaration {
    pub keyword: Span,
    pub items: Vec<Declared>,
}

#[derive(Debug)]
pub enum Declared {
    Assignment(Assignment),
    Word(Span),
}

#[derive(Debug)]
pub enum Redirect {
    /// `<<< word`
    HereString(Span),
    Heredoc(Heredoc),
    File(Direction, Span),
}

/// The body of a heredoc.
#[derive(Clone, Debug)]
pub struct Heredoc {
    pub body: Span,
    /// Variables and substitutions in it are expanded.
    pub expands: bool,
    /// Tabs that its lines start with are not part of it.
    pub strips_tabs: bool,
}

/// What a redirection does with its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `< file`
    Input,
    /// `> file`
    Output,
    /// `>> file`
    Append,
    /// `>& file`, or `>&2`.
    Duplicate,
    /// Of another descriptor than the usual one.
    Other,
}

/// How a statement of a list depends on what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    And,
    Or,
}

#[derive(Debug)]
pub enum Condition {
    /// `(( … ))`: what stands in it.
    Arithmetic(Span),
    /// `[ … ]`: its words.
    Single(Vec<Span>),
    /// `[[ … ]]`: its words.
    Double(Vec<Span>),
}

#[derive(Debug)]
pub struct If {
    pub condition: Vec<Statement>,
    pub body: Vec<Statement>,
    /// `elif` and `else`.
    pub others: Vec<Clause>,
}

#[derive(Debug)]
pub struct Clause {
    /// Nothing for `else`.
    pub condition: Option<Vec<Statement>>,
    pub body: Vec<Statement>,
}

#[derive(Debug)]
pub struct Case {
    pub subject: Span,
    pub arms: Vec<Arm>,
}

#[derive(Debug)]
pub struct Arm {
    pub patterns: Vec<Span>,
    pub body: Vec<Statement>,
    pub end: ArmEnd,
}

/// What comes after an arm of a `case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArmEnd {
    /// `;;`
    Leaves,
    /// `;&`
    FallsThrough,
    /// `;;&`
    TriesOthers,
}

#[derive(Debug)]
pub struct For {
    pub is_select: bool,
    pub variable: Span,
    /// Nothing where it goes through the arguments.
    pub items: Option<Vec<Span>>,
    pub body: Block,
}

#[derive(Debug)]
pub struct While {
    pub is_until: bool,
    pub condition: Vec<Statement>,
    pub body: Block,
}

/// `for ((i = 0; i < 2; i++))`
#[derive(Debug)]
pub struct Counting {
    pub header: Span,
    pub body: Block,
}

/// The body of a loop.
#[derive(Debug)]
pub struct Block {
    pub span: Span,
    pub statements: Vec<Statement>,
}

/// The statements of shell text; nothing if to parse it takes too long.
pub fn parse(text: &str) -> Option<Vec<Statement>> {
    reader::read(text).or_else(|| stray::read(text)).or_else(|| grammar::parse(text))
}

impl Statement {
    fn new(span: Span, kind: Kind) -> Self {
        Self { span, kind, is_background: false }
    }

    /// The statement with these redirections.
    fn redirected(mut self, redirects: Vec<Redirect>) -> Self {
        match &mut self.kind {
            _ if redirects.is_empty() => self,
            Kind::Command(command) => {
                command.redirects.extend(redirects);
                self
            }
            // Nothing but redirections.
            Kind::Group(inner) if inner.is_empty() => {
                Self::new(self.span, Kind::Command(Command { redirects, ..Command::default() }))
            }
            _ => Self::new(self.span.clone(), Kind::Redirected(Box::new(self), redirects)),
        }
    }
}

impl Heredoc {
    /// What is given to its command, from the text that it stands in.
    pub fn text(&self, whole: &Text) -> Text {
        if !self.strips_tabs {
            return whole.slice(self.body.clone());
        }
        let mut text = Text::default();
        let mut at = self.body.start;
        for line in whole.as_str()[self.body.clone()].split_inclusive('\n') {
            let tabs = line.len() - line.trim_start_matches('\t').len();
            text.push(&whole.slice(at + tabs..at + line.len()));
            at += line.len();
        }
        text
    }
}
