//! What the statements of shell text do that anything else can notice, found without reading them.
//! In comes a syntax tree; out goes, for each statement that stands in a sequence, whether it can
//! have an effect, whether it steers what comes after it, and which names it sets and calls. By
//! that, [`Needs`] tells which statements have to be read, so that a reading of what matters
//! passes over the rest. It errs on one side only: what is not understood counts.

mod commands;
mod files;
mod needs;
#[cfg(test)]
mod tests;
mod words;

pub use needs::{Needs, Reads};
pub use words::names;

use super::syntax::{
    Assigned, Assignment, Condition, Declaration, Declared, Direction, Kind, Redirect, Span,
    Statement,
};
use crate::script::{relevance::has_code_in_strings, run::Run};
use foldhash::HashMap;
use memchr::memmem;

/// Folders of programs end with it, of the system and of one's own.
const BIN: &str = "bin/";

/// Code in code in code deeper than this is not looked into.
const MAX_DEPTH: usize = 12;

/// What a statement does.
#[derive(Clone, Debug, Default)]
pub struct Does {
    /// It can have an effect, lead to other code, or set something for later steps.
    matters: bool,
    /// It can run code that reads any variable: `eval`, `source`.
    reads_all: bool,
    /// It decides what the shell does after it, and where: `exit`, `cd`, `set`.
    steers: bool,
    /// It writes a file of which the name is not known.
    writes: bool,
    /// It writes any file but those that nobody reads again.
    puts_files: bool,
    /// And names a program that can do something, so that what it writes may be code.
    leaves_code: bool,
    /// It can leave the function that it stands in.
    returns: bool,
    /// It can leave the loop that it stands in.
    breaks: bool,
    /// The words that name what it sets: variables, functions, files; and those of which it may
    /// tell something, such as all in a condition.
    sets: Vec<Span>,
    /// The names of the commands that it calls, each of which can be a function.
    calls: Vec<Span>,
    /// What belongs to it and may stand behind it: redirections, the bodies of heredocs.
    elsewhere: Vec<Span>,
}

/// What the statements of a text do.
#[derive(Debug, Default)]
pub struct Survey {
    /// Of each statement that stands in a sequence.
    statements: HashMap<Span, Does>,
    /// Of all of them together.
    whole: Does,
    /// The functions that it defines: the name and the body of each.
    functions: Vec<(Span, Span)>,
}

impl Does {
    /// It, and something else.
    fn and(&mut self, other: &Self) {
        self.matters |= other.matters;
        self.reads_all |= other.reads_all;
        self.steers |= other.steers;
        self.writes |= other.writes;
        self.puts_files |= other.puts_files;
        self.leaves_code |= other.leaves_code;
        self.returns |= other.returns;
        self.breaks |= other.breaks;
        self.sets.extend_from_slice(&other.sets);
        self.calls.extend_from_slice(&other.calls);
        self.elsewhere.extend_from_slice(&other.elsewhere);
    }

    /// The same in a shell of its own, which it cannot leave.
    fn apart(self) -> Self {
        Self { steers: false, returns: false, breaks: false, ..self }
    }
}

impl Survey {
    /// Looks at the statements of `text`, which stands in so much other code.
    pub fn of(run: &mut Run, text: &str, statements: &[Statement], depth: usize) -> Self {
        let bins = memmem::find_iter(text.as_bytes(), BIN).map(|at| &text[at + BIN.len()..]);
        let bins = bins.collect();
        let mut surveyor = Surveyor { run, text, depth, bins, survey: Self::default() };
        let whole = surveyor.sequence(statements);
        Self { whole, ..surveyor.survey }
    }
}

struct Surveyor<'a> {
    run: &'a mut Run,
    text: &'a str,
    /// In how much other code the text stands.
    depth: usize,
    /// What stands behind each `bin/`.
    bins: Vec<&'a str>,
    survey: Survey,
}

impl Surveyor<'_> {
    fn str(&self, span: &Span) -> &str {
        &self.text[span.clone()]
    }

    /// Statements that are read one after the other, each of which can be passed over.
    fn sequence(&mut self, statements: &[Statement]) -> Does {
        let mut all = Does::default();
        for statement in statements {
            let mut does = self.statement(statement);
            // Under `set -e` it ends the shell, or else tells something.
            does.steers |= match &statement.kind {
                Kind::Condition(_) => true,
                Kind::Command(command) => {
                    command.words.first().is_some_and(|name| matches!(self.str(name), "[" | "test"))
                }
                _ => false,
            };
            all.and(&does);
            self.survey.statements.insert(statement.span.clone(), does);
        }
        all
    }

    /// Statements that are read together or not at all.
    fn all<'s>(&mut self, statements: impl IntoIterator<Item = &'s Statement>) -> Does {
        let mut all = Does::default();
        for statement in statements {
            let does = self.statement(statement);
            all.and(&does);
        }
        all
    }

    fn statement(&mut self, statement: &Statement) -> Does {
        let mut does = Does::default();
        match &statement.kind {
            Kind::Command(command) => self.command(&statement.span, command, &mut does),
            Kind::Assignments(assignments) => self.assignments(assignments, &mut does),
            Kind::Declaration(declaration) => self.declaration(declaration, &mut does),
            Kind::Unset(_) => does.steers = true,
            Kind::Redirected(body, redirects) => {
                does = self.statement(body);
                self.redirects(redirects, &mut does);
            }
            Kind::Pipeline(parts) => does = self.all(parts).apart(),
            Kind::List { first, rest } => {
                does = self.statement(first);
                does.and(&self.all(rest.iter().map(|(_, statement)| statement)));
            }
            Kind::Negated(inner) => does = self.statement(inner),
            Kind::Subshell(inner) => does = self.sequence(inner).apart(),
            Kind::Group(inner) => does = self.sequence(inner),
            Kind::Condition(condition) => self.condition(condition, &mut does),
            Kind::If(parts) => {
                does = self.all(&parts.condition);
                does.and(&self.sequence(&parts.body));
                for clause in &parts.others {
                    does.and(&self.all(clause.condition.iter().flatten()));
                    does.and(&self.sequence(&clause.body));
                }
            }
            Kind::Case(parts) => {
                self.word(&parts.subject, &mut does);
                self.names_in(&parts.subject, &mut does);
                for arm in &parts.arms {
                    self.words(&arm.patterns, &mut does);
                    does.and(&self.sequence(&arm.body));
                }
            }
            Kind::For(parts) => {
                does = self.sequence(&parts.body.statements);
                does.breaks = false;
                does.sets.push(parts.variable.clone());
                self.words(parts.items.iter().flatten(), &mut does);
            }
            Kind::While(parts) => {
                does = self.all(&parts.condition);
                does.and(&self.sequence(&parts.body.statements));
                does.breaks = false;
            }
            Kind::Counting(parts) => {
                does = self.sequence(&parts.body.statements);
                does.breaks = false;
                self.names_in(&parts.header, &mut does);
                self.word(&parts.header, &mut does);
            }
            Kind::Function(name, body) => {
                does.sets.push(name.clone());
                self.survey.functions.push((name.clone(), body.clone()));
            }
            Kind::Word(word) => self.word(word, &mut does),
            Kind::Broken(_) | Kind::TooDeep => does.matters = true,
            Kind::CutOff(_) => (does.matters, does.reads_all) = (true, true),
        }
        let is_whole =
            matches!(statement.kind, Kind::Command(_) | Kind::Redirected(..) | Kind::Pipeline(_));
        if is_whole && does.puts_files && !does.leaves_code {
            does.leaves_code = self.names_a_call(&statement.span)
                || does.elsewhere.iter().any(|span| self.names_a_call(span));
        }
        // A later step may run it.
        does.matters |= does.matters
            || is_whole && does.puts_files && has_code_in_strings(self.str(&statement.span));
        does
    }

    fn assignments(&mut self, assignments: &[Assignment], does: &mut Does) {
        for assignment in assignments {
            let name = &assignment.name;
            match self.str(name).find('[') {
                Some(len) => {
                    does.sets.push(name.start..name.start + len);
                    self.word(name, does);
                }
                None => does.sets.push(name.clone()),
            }
            // It changes how all words are split.
            does.steers |= self.str(name).starts_with("IFS");
            self.assigned(&assignment.value, does);
        }
    }

    fn assigned(&mut self, value: &Assigned, does: &mut Does) {
        match value {
            Assigned::Nothing => {}
            Assigned::Word(word) => self.word(word, does),
            Assigned::Items(words) => self.words(words, does),
        }
    }

    fn declaration(&mut self, declaration: &Declaration, does: &mut Does) {
        // What is exported, any program can read.
        does.steers |= self.str(&declaration.keyword) == "export";
        for item in &declaration.items {
            match item {
                Declared::Assignment(assignment) => {
                    self.assignments(std::slice::from_ref(assignment), does);
                }
                Declared::Word(word) => {
                    let written = self.str(word);
                    let is_name = written.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                    does.steers |= match written.strip_prefix('-') {
                        Some(flags) => flags.contains(['x', 'f', 'F', 'n']),
                        None => !is_name,
                    };
                    does.sets.push(word.clone());
                    self.word(word, does);
                }
            }
        }
    }

    /// A condition can tell something of every variable in it.
    fn condition(&mut self, condition: &Condition, does: &mut Does) {
        let words = match condition {
            Condition::Arithmetic(inner) => std::slice::from_ref(inner),
            Condition::Single(words) | Condition::Double(words) => words.as_slice(),
        };
        for word in words {
            self.word(word, does);
            self.names_in(word, does);
        }
    }

    fn redirects(&mut self, redirects: &[Redirect], does: &mut Does) {
        // A script that is written here, a later step may run.
        let is_script = |redirect: &Redirect| match redirect {
            Redirect::File(Direction::Output | Direction::Append, file) => {
                !files::is_page(self.str(file))
            }
            _ => false,
        };
        if redirects.iter().any(is_script) {
            for redirect in redirects {
                if let Redirect::Heredoc(heredoc) = redirect {
                    does.matters |= does.matters || self.may_be_code(&heredoc.body);
                }
            }
        }
        for redirect in redirects {
            match redirect {
                Redirect::HereString(word) => {
                    does.elsewhere.push(word.clone());
                    self.word(word, does);
                }
                Redirect::Heredoc(heredoc) => {
                    does.elsewhere.push(heredoc.body.clone());
                    if heredoc.expands {
                        self.quoted(&heredoc.body, does);
                    }
                }
                Redirect::File(direction, file) => {
                    does.elsewhere.push(file.clone());
                    self.word(file, does);
                    self.redirect(*direction, file, does);
                }
            }
        }
    }

    /// All names in a part of the text count as set.
    fn names_in(&self, span: &Span, does: &mut Does) {
        let found = words::names(self.str(span));
        does.sets.extend(found.map(|name| name.start + span.start..name.end + span.start));
    }
}
