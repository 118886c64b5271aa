//! Statements as text, for tests: what they are made of, however it was read.

use super::{
    Arm, Assigned, Assignment, Block, Command, Condition, Declared, Kind, Redirect, Span, Statement,
};

pub struct Shown<'t>(pub &'t str);

impl Shown<'_> {
    pub fn statements(&self, statements: &[Statement]) -> String {
        let shown = statements.iter().map(|statement| {
            let end = if statement.is_background { " &" } else { "" };
            self.statement(statement) + end
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    fn block(&self, statements: &[Statement]) -> String {
        format!("{{\n{}\n}}", self.statements(statements))
    }

    fn str(&self, span: &Span) -> String {
        format!("‹{}›", &self.0[span.clone()])
    }

    fn words(&self, words: &[Span]) -> String {
        words.iter().map(|word| self.str(word)).collect()
    }

    fn statement(&self, statement: &Statement) -> String {
        match &statement.kind {
            Kind::Command(command) => self.command(command),
            Kind::Assignments(assignments) => self.assignments(assignments),
            Kind::Declaration(declaration) => {
                let items = declaration.items.iter().map(|item| match item {
                    Declared::Assignment(assignment) => self.assignment(assignment),
                    Declared::Word(word) => self.str(word),
                });
                format!("declare {}{}", self.str(&declaration.keyword), items.collect::<String>())
            }
            Kind::Unset(words) => format!("unset {}", self.words(words)),
            Kind::Redirected(body, redirects) => self.statement(body) + &self.redirects(redirects),
            Kind::Pipeline(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.statement(part)).collect();
                format!("pipe [{}]", parts.join(" | "))
            }
            Kind::List { first, rest } => {
                let rest = rest
                    .iter()
                    .map(|(link, next)| format!(" {link:?} {}", self.statement(next)))
                    .collect::<String>();
                format!("list [{}{rest}]", self.statement(first))
            }
            Kind::Negated(inner) => format!("not {}", self.statement(inner)),
            Kind::Subshell(inner) => format!("subshell {}", self.block(inner)),
            Kind::Group(inner) => format!("group {}", self.block(inner)),
            Kind::Condition(Condition::Arithmetic(inner)) => format!("((…)) {}", self.str(inner)),
            Kind::Condition(Condition::Single(words)) => format!("[…] {}", self.words(words)),
            Kind::Condition(Condition::Double(words)) => format!("[[…]] {}", self.words(words)),
            Kind::If(parts) => {
                let others = parts.others.iter().map(|clause| {
                    let condition = clause.condition.as_ref().map(|c| self.block(c));
                    format!(" else {} {}", condition.unwrap_or_default(), self.block(&clause.body))
                });
                let (condition, body) = (self.block(&parts.condition), self.block(&parts.body));
                format!("if {condition} {body}{}", others.collect::<String>())
            }
            Kind::Case(parts) => {
                let arms: String = parts.arms.iter().map(|arm| self.arm(arm)).collect();
                format!("case {}{arms}", self.str(&parts.subject))
            }
            Kind::For(parts) => {
                let items = parts.items.as_ref().map(|items| self.words(items));
                let kind = if parts.is_select { "select" } else { "for" };
                let variable = self.str(&parts.variable);
                format!("{kind} {variable} in {items:?} {}", self.body(&parts.body))
            }
            Kind::While(parts) => {
                let kind = if parts.is_until { "until" } else { "while" };
                format!("{kind} {} {}", self.block(&parts.condition), self.body(&parts.body))
            }
            Kind::Counting(parts) => {
                format!("for (({})) {}", self.str(&parts.header), self.body(&parts.body))
            }
            Kind::Function(name, body) => {
                format!("function {} {}", self.str(name), self.str(body))
            }
            Kind::Word(word) => format!("word {}", self.str(word)),
            Kind::Broken(_) => "broken".to_owned(),
            Kind::TooDeep => "too deep".to_owned(),
            Kind::CutOff(_) => "cut off".to_owned(),
        }
    }

    fn body(&self, block: &Block) -> String {
        self.str(&block.span) + &self.block(&block.statements)
    }

    fn command(&self, command: &Command) -> String {
        let assignments = self.assignments(&command.assignments);
        let broken = self.statements(&command.broken);
        self.words(&command.words) + &assignments + &self.redirects(&command.redirects) + &broken
    }

    fn assignments(&self, assignments: &[Assignment]) -> String {
        assignments.iter().map(|assignment| self.assignment(assignment)).collect()
    }

    fn assignment(&self, assignment: &Assignment) -> String {
        let value = match &assignment.value {
            Assigned::Nothing => String::new(),
            Assigned::Word(word) => self.str(word),
            Assigned::Items(items) => format!("({})", self.words(items)),
        };
        let operator = if assignment.appends { "+=" } else { "=" };
        format!("[{}{operator}{value}]", self.str(&assignment.name))
    }

    fn redirects(&self, redirects: &[Redirect]) -> String {
        let shown = redirects.iter().map(|redirect| match redirect {
            Redirect::HereString(word) => format!(" <<< {}", self.str(word)),
            Redirect::Heredoc(heredoc) => format!(" << {heredoc:?}"),
            Redirect::File(direction, file) => format!(" {direction:?} {}", self.str(file)),
        });
        shown.collect()
    }

    fn arm(&self, arm: &Arm) -> String {
        format!("\n{}) {} {:?}", self.words(&arm.patterns), self.block(&arm.body), arm.end)
    }
}
