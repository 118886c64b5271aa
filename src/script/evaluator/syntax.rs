//! The small language that the readers of JavaScript and Python bring a script into: what matters
//! for which commands it runs, nothing else. Every part keeps the place where it is written.

use super::code::Span;
use crate::invocation::Value;
use std::rc::Rc;

pub struct Expression {
    pub at: Span,
    pub kind: Kind,
}

pub enum Kind {
    /// A string or number, or what the shell or the workflow puts in.
    Text(Value),
    /// Parts that make one text: a template, an f-string.
    Template(Vec<Expression>),
    Truth(bool),
    /// `undefined`, `null`, `None`.
    Nothing,
    Name(String),
    List(Vec<Expression>),
    Object(Vec<Entry>),
    /// The items of a list, where they are put into another or given to a function.
    Spread(Box<Expression>),
    Regex {
        pattern: String,
        ignores_case: bool,
    },
    Function(Rc<Function>),
    Class(Rc<Class>),
    /// A module, by the name that it is imported by.
    Import(String),
    /// `object.name`.
    Member(Box<Expression>, String),
    /// `object[index]`.
    Index(Box<Expression>, Box<Expression>),
    /// A call, `new` or not; arguments with a name come last.
    Call(Box<Expression>, Vec<Expression>),
    /// `shell=True` among the arguments of a call.
    Named(String, Box<Expression>),
    /// `` tag`template` ``.
    Tagged(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    /// Operands, from left to right, with the same operator between them.
    Operation(Operator, Vec<Expression>),
    /// `condition ? yes : no`.
    Choice(Box<[Expression; 3]>),
    Assignment(Box<Assignment>),
    /// `[element for target in list if condition]`.
    Comprehension(Box<Comprehension>),
    /// One after the other; the last is what it gives.
    Sequence(Vec<Expression>),
    /// Something of which nothing is known but that these are evaluated in it.
    Other(Vec<Expression>),
    /// Nested too deep to be read.
    TooDeep,
}

pub enum Entry {
    Field(Expression, Expression),
    /// The fields of another object.
    Spread(Expression),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Plus,
    /// `%`: Python's formatting.
    Percent,
    /// `/`: joins paths in Python.
    Slash,
    And,
    Or,
    /// `??`.
    IfNothing,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

pub struct Assignment {
    pub target: Target,
    pub value: Expression,
    pub change: Change,
    pub binds: Binds,
}

/// What becomes of the value that was held before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Replaces,
    /// `+=`.
    Adds,
    /// `||=`, `??=`.
    MayReplace,
    /// Arithmetic.
    Computes,
}

/// Which variable a name means where it is given a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binds {
    /// A new one that keeps its value: `const`.
    Constant,
    /// A new one: `let`.
    Variable,
    /// The one of that name wherever it was made, else a global one.
    Existing,
    /// The one of the function, as in Python.
    OfFunction,
}

/// What is given a value.
pub struct Target {
    pub at: Span,
    pub kind: TargetKind,
}

pub enum TargetKind {
    Name(String),
    /// Parts of an object, by their names.
    Fields(Vec<(Expression, Target)>),
    /// Items of a list, by their positions.
    Items(Vec<(usize, Target)>),
    /// All items that are left.
    Rest(Box<Target>),
    /// All named arguments that are left: `**options`.
    NamedRest(Box<Target>),
    Default(Box<Target>, Expression),
    /// `object.name` or `object[index]`.
    Part(Expression),
    Nothing,
}

pub struct Comprehension {
    pub element: Expression,
    pub loops: Vec<ComprehensionLoop>,
}

pub struct ComprehensionLoop {
    pub target: Target,
    pub list: Expression,
    pub conditions: Vec<Expression>,
}

pub struct Function {
    pub parameters: Vec<Target>,
    /// The name of the object that a method belongs to: `this`, `self`.
    pub receiver: Option<String>,
    pub body: Body,
    pub at: Span,
}

pub enum Body {
    Block(Vec<Statement>),
    Value(Expression),
}

pub struct Class {
    pub base: Option<Expression>,
    /// Methods and fields, by name.
    pub members: Vec<(String, Option<Expression>)>,
    pub at: Span,
}

pub struct Statement {
    pub at: Span,
    pub kind: StatementKind,
}

pub enum StatementKind {
    Expression(Expression),
    /// A function or class, which can be used before it stands.
    Definition(String, Expression),
    /// Statements, in a scope of their own in JavaScript.
    Block(Vec<Statement>),
    /// `if`, `else if` and `else`, which has no condition.
    If(Vec<(Option<Expression>, Statement)>),
    Return(Option<Expression>),
    Throw(Option<Expression>),
    /// `break` and `continue`.
    Leave,
    /// A loop over a list.
    Each(Box<Each>),
    /// Any other loop.
    Loop(Box<Loop>),
    Try(Box<Try>),
    Switch(Expression, Vec<Case>),
    /// `from module import *`.
    ImportAll(String),
    /// One after the other, in the scope around them.
    Group(Vec<Statement>),
}

pub struct Each {
    pub target: Target,
    pub binds: Binds,
    /// Nothing for JavaScript's `in`, which goes over what is not followed.
    pub list: Expression,
    pub by_key: bool,
    pub body: Statement,
}

pub struct Loop {
    pub first: Option<Statement>,
    pub condition: Option<Expression>,
    pub body: Vec<Statement>,
    pub runs_at_least_once: bool,
}

pub struct Try {
    pub body: Statement,
    pub handlers: Vec<(Option<Target>, Statement)>,
    pub last: Option<Statement>,
}

pub struct Case {
    /// None for `default`.
    pub labels: Option<Vec<Expression>>,
    pub body: Vec<Statement>,
    /// Whether the next case follows where this one does not leave.
    pub falls_through: bool,
}

impl Expression {
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }
}

impl Function {
    /// Where the first parameter stands.
    pub fn first_parameter(&self) -> Option<Span> {
        self.parameters.first().map(|parameter| parameter.at)
    }
}

impl Target {
    /// Its name, if it is a plain one.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            TargetKind::Name(name) => Some(name),
            TargetKind::Default(inner, _) => inner.name(),
            _ => None,
        }
    }

    pub fn named(name: &str, at: Span) -> Self {
        Self { at, kind: TargetKind::Name(name.to_owned()) }
    }
}

impl Statement {
    /// `name = value`.
    pub fn assignment(target: Target, value: Expression, binds: Binds) -> Self {
        let at = target.at.to(value.at);
        let assignment = Assignment { target, value, change: Change::Replaces, binds };
        let kind = Kind::Assignment(Box::new(assignment));
        Self { at, kind: StatementKind::Expression(Expression { at, kind }) }
    }
}
