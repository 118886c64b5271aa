//! Compound commands: groups, conditions, branches, loops and functions.

use super::{
    super::{
        Arm, ArmEnd, Block, Case, Clause, Condition, Counting, For, If, Kind, Span, Statement,
        While, rough,
    },
    Reader,
};

impl Reader<'_> {
    /// A command of any kind, with its redirections.
    pub fn command(&mut self) -> Option<Statement> {
        let start = self.at;
        let kind = match (self.byte()?, self.keyword()) {
            (b'(', _) => self.parenthesis()?,
            (_, "{") => Kind::Group(self.group()?),
            (_, "[[") => self.double_condition()?,
            (_, "if") => self.if_statement()?,
            (_, "case") => self.case_statement()?,
            (_, "for" | "select") => self.for_statement()?,
            (_, "while" | "until") => self.while_statement()?,
            (_, "function") => {
                self.at += "function".len();
                self.blanks();
                let name = self.word()?;
                self.blanks();
                if self.byte() == Some(b'(') && !self.starts_with("((") {
                    self.parentheses()?;
                }
                return self.function_of(name);
            }
            // What begins no command.
            (_, "!" | "in" | "}" | "]]") => return None,
            (_, "then" | "elif" | "else" | "fi" | "do" | "done" | "esac") => return None,
            _ => return self.simple(),
        };
        let statement = Statement::new(start..self.at, kind);
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Some(statement.redirected(redirects)),
            }
        }
    }

    /// `( … )` or `(( … ))`
    fn parenthesis(&mut self) -> Option<Kind> {
        if let Some(inner) = self.arithmetic() {
            return Some(Kind::Condition(Condition::Arithmetic(inner)));
        }
        self.at += 1;
        let inner = self.some_list()?;
        if self.byte() != Some(b')') {
            return None;
        }
        self.at += 1;
        Some(Kind::Subshell(inner))
    }

    /// `{ …; }`
    fn group(&mut self) -> Option<Vec<Statement>> {
        self.expect("{")?;
        let inner = self.some_list()?;
        self.expect("}")?;
        Some(inner)
    }

    /// `[[ … ]]`
    fn double_condition(&mut self) -> Option<Kind> {
        let start = self.at + 2;
        let mut at = start;
        loop {
            let is_apart = self.bytes[at - 1].is_ascii_whitespace();
            if is_apart && self.bytes[at..].starts_with(b"]]") {
                self.at = at + 2;
                if self.ends_word(self.at) {
                    let words = rough::words(&self.text[..at], start..at);
                    return Some(Kind::Condition(Condition::Double(words)));
                }
            }
            self.bytes.get(at)?;
            at = self.part_end(at)?;
        }
    }

    fn if_statement(&mut self) -> Option<Kind> {
        self.expect("if")?;
        let condition = self.some_list()?;
        self.expect("then")?;
        let body = self.some_list()?;
        let mut others = Vec::new();
        loop {
            match self.keyword() {
                "elif" => {
                    self.at += 4;
                    let condition = Some(self.some_list()?);
                    self.expect("then")?;
                    others.push(Clause { condition, body: self.some_list()? });
                }
                "else" => {
                    self.at += 4;
                    others.push(Clause { condition: None, body: self.some_list()? });
                    self.expect("fi")?;
                    break;
                }
                _ => {
                    self.expect("fi")?;
                    break;
                }
            }
        }
        Some(Kind::If(If { condition, body, others }))
    }

    fn case_statement(&mut self) -> Option<Kind> {
        self.expect("case")?;
        self.blanks();
        let subject = self.word()?;
        self.lines()?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.lines()?;
            if self.keyword() == "esac" {
                self.at += 4;
                return Some(Kind::Case(Case { subject, arms }));
            }
            let (arm, is_ended) = self.arm()?;
            arms.push(arm);
            if !is_ended && self.keyword() != "esac" {
                return None;
            }
        }
    }

    /// An arm of a `case`, and whether something ends it.
    fn arm(&mut self) -> Option<(Arm, bool)> {
        if self.byte() == Some(b'(') {
            self.at += 1;
        }
        let mut patterns = Vec::new();
        loop {
            self.blanks();
            patterns.push(self.word()?);
            self.blanks();
            match self.byte()? {
                b'|' => self.at += 1,
                b')' => break,
                _ => return None,
            }
        }
        self.at += 1;
        let body = self.list()?;
        let ends =
            [(";;&", ArmEnd::TriesOthers), (";;", ArmEnd::Leaves), (";&", ArmEnd::FallsThrough)];
        let end = ends.iter().find(|(mark, _)| self.starts_with(mark));
        self.at += end.map_or(0, |(mark, _)| mark.len());
        let arm = Arm { patterns, body, end: end.map_or(ArmEnd::Leaves, |(_, end)| *end) };
        Some((arm, end.is_some()))
    }

    fn for_statement(&mut self) -> Option<Kind> {
        let is_select = self.keyword() == "select";
        self.at += if is_select { 6 } else { 3 };
        self.blanks();
        if self.byte() == Some(b'(') {
            let header = self.arithmetic().filter(|_| !is_select)?;
            let written = &self.text[header.clone()];
            if written.matches(';').count() != 2 || written.contains('\\') {
                return None;
            }
            self.separator()?;
            return Some(Kind::Counting(Counting { header, body: self.block()? }));
        }
        let variable = self.word()?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if !self.bytes[variable.clone()].iter().all(is_name) {
            return None;
        }
        self.blanks();
        if self.byte() == Some(b';') {
            self.separator()?;
            let body = self.block()?;
            return Some(Kind::For(For { is_select, variable, items: None, body }));
        }
        self.lines()?;
        let mut items = None;
        if self.keyword() == "in" {
            self.at += 2;
            let mut words: Vec<Span> = Vec::new();
            self.blanks();
            while self.is_at_word() {
                words.push(self.word()?);
                self.blanks();
            }
            if self.byte() != Some(b';') && !self.is_at_line_end() {
                return None;
            }
            items = Some(words);
            self.separator()?;
        }
        Some(Kind::For(For { is_select, variable, items, body: self.block()? }))
    }

    fn while_statement(&mut self) -> Option<Kind> {
        let is_until = self.keyword() == "until";
        self.at += 5;
        let condition = self.some_list()?;
        Some(Kind::While(While { is_until, condition, body: self.block()? }))
    }

    /// Passes over the end of a line, or a `;` and such ends.
    fn separator(&mut self) -> Option<()> {
        self.blanks();
        if self.byte() == Some(b';') {
            self.at += 1;
        }
        self.lines()
    }

    /// `do …; done`, or `{ …; }`.
    fn block(&mut self) -> Option<Block> {
        let start = self.at;
        let statements = match self.keyword() {
            "{" => self.group()?,
            _ => {
                self.expect("do")?;
                let statements = self.some_list()?;
                self.expect("done")?;
                statements
            }
        };
        Some(Block { span: start..self.at, statements })
    }

    /// Passes over `()`.
    pub fn parentheses(&mut self) -> Option<()> {
        self.at += 1;
        self.blanks();
        if self.byte() != Some(b')') {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// The function of this name, of which the body comes next.
    pub fn function_of(&mut self, name: Span) -> Option<Statement> {
        if self.text[name.clone()].contains(['$', '\'', '"', '`', '\\', '<', '>']) {
            return None;
        }
        self.lines()?;
        let body = self.at;
        let is_compound = self.byte() == Some(b'(')
            || matches!(
                self.keyword(),
                "{" | "[[" | "if" | "case" | "for" | "select" | "while" | "until"
            );
        if !is_compound {
            return None;
        }
        self.command()?;
        let kind = Kind::Function(name.clone(), body..self.at);
        Some(Statement::new(name.start..self.at, kind))
    }
}
