use super::suggest::{did_you_mean, listed};
use cel::{
    Context, IdedExpr, Value,
    common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SourceInfo, operators},
};
use std::{cell::Cell, ops::Range, sync::Arc};

/// One condition of a probe: a CEL expression that was read and whose names are all known.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As it is written.
    pub source: String,
    pub expression: Arc<IdedExpr>,
    /// What it asks of the measurement before, by name.
    pub before: Vec<&'static str>,
}

/// What a condition can ask about.
#[derive(Clone, Debug)]
pub struct Names {
    /// Who has them: `an http probe`.
    pub subject: String,
    pub variables: Vec<&'static str>,
    /// The fields of those that have a fixed set of them.
    pub fields: Vec<(&'static str, Vec<String>)>,
    /// Whether there are `samples`.
    pub sampled: bool,
}

/// The same measurement at the snapshot.
pub const BEFORE: &str = "before";
/// The values of a series of measurements, first to last.
pub const SAMPLES: &str = "samples";
/// The time.
pub const NOW: &str = "now";

/// Sizes, in bytes: `512 * MiB`.
const SIZES: &[(&str, i64)] = &[
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// What a name stands for everywhere, if it is the name of a size.
pub fn size_named(name: &str) -> Option<i64> {
    SIZES.iter().find(|(known, _)| *known == name).map(|(_, size)| *size)
}

/// What is wrong with a condition, and where in its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    pub message: String,
    /// In characters of the condition; empty where the place is not known.
    pub at: Range<usize>,
}

/// Longer conditions, and deeper ones, are refused: the parser's need of stack grows with them.
const MAX_CHARACTERS: usize = 1000;
const MAX_BRACKETS: usize = 24;
const MAX_DEPTH: usize = 64;
/// Enough for the parser at these limits, also in a debug build.
const PARSER_STACK: usize = 32 << 20;

/// The functions that a condition may call; the operators come on top.
const FUNCTIONS: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "duration",
    "timestamp",
    "getFullYear",
    "getMonth",
    "getDayOfMonth",
    "getDayOfWeek",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "trim",
    "lowerAscii",
    "upperAscii",
    "split",
    "join",
    "replace",
    "substring",
    "indexOf",
    "max",
    "min",
    "sum",
    "avg",
    "median",
    "p95",
    "first",
    "last",
    "slope",
];
/// Those that are gone from the tree, because the parser expands them.
const MACROS: &[&str] = &["has", "all", "exists", "exists_one", "map", "filter"];
const COMPARISONS: &[&str] = &[
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
];
const OTHER_OPERATORS: &[&str] = &[
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::CONDITIONAL,
    operators::ADD,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
];

thread_local! {
    static HAS_PARSER_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Does some work with the stack that parsing may need. To be called around the parsing of many
/// conditions: what the parser learns of its grammar it forgets with the thread. There is nothing if
/// the machine has no thread left, or the parser a bug.
pub fn with_parser_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    if HAS_PARSER_STACK.get() {
        return Some(work());
    }
    let work = || {
        HAS_PARSER_STACK.set(true);
        work()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(PARSER_STACK);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

impl Condition {
    /// Reads a condition that asks about `names`.
    pub fn parse(source: &str, names: &Names) -> Result<Self, Misfit> {
        let nowhere = |message: String| Misfit { message, at: 0..0 };
        if source.trim().is_empty() {
            return Err(nowhere("the condition is empty".to_owned()));
        }
        if source.chars().count() > MAX_CHARACTERS {
            let message = format!("the condition is longer than {MAX_CHARACTERS} characters");
            return Err(nowhere(message));
        }
        if bracket_depth(source) > MAX_BRACKETS {
            return Err(nowhere(format!("the condition has over {MAX_BRACKETS} nested brackets")));
        }
        let parsed = with_parser_stack(|| parse_expression(source, names));
        let (expression, before) =
            parsed.ok_or_else(|| nowhere("the condition could not be read".to_owned()))??;
        Ok(Self { source: source.to_owned(), expression: Arc::new(expression), before })
    }
}

fn parse_expression(source: &str, names: &Names) -> Result<(IdedExpr, Vec<&'static str>), Misfit> {
    let (expression, places) = cel::parser::Parser::new()
        .parse_with_source_info(source)
        .map_err(|errors| syntax_error(source, &errors))?;
    let mut reader = Reader { names, places, bound: Vec::new(), asked: false, before: Vec::new() };
    reader.check(&expression, 0)?;
    if !reader.asked {
        let message = format!(
            "the condition does not look at anything that is measured; {} has {}",
            names.subject,
            listed(names.variables.iter().copied())
        );
        return Err(Misfit { message, at: 0..source.chars().count() });
    }
    Ok((expression, reader.before))
}

fn bracket_depth(source: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The parser's first error, in words for people who do not know its grammar.
fn syntax_error(source: &str, errors: &cel::ParseErrors) -> Misfit {
    let length = source.chars().count();
    let Some(error) = errors.errors.first() else {
        return Misfit { message: "the condition does not parse".to_owned(), at: 0..0 };
    };
    let start = usize::try_from(error.pos.1 - 1).unwrap_or(0).min(length);
    let raw = error.msg.trim_start_matches("Syntax error: ");
    let found = raw.split_once('\'').map_or("", |(_, rest)| {
        rest.split_once("' expecting")
            .map_or(rest.trim_end_matches('\''), |(found, _)| found)
            .trim()
    });
    let problem = with_unit(source, start, found).unwrap_or_else(|| match raw {
        _ if source.trim_end().ends_with('%') => {
            "`%` is what is left of a division; without it a number is a number of percent"
                .to_owned()
        }
        _ if found == "<EOF>" => "something is missing at its end".to_owned(),
        _ if found == "=" => "`=` means nothing; write `==`".to_owned(),
        _ if matches!(found, "and" | "or" | "not") => {
            let sign = match found {
                "and" => "&&",
                "or" => "||",
                _ => "!",
            };
            format!("write `{sign}` for `{found}`")
        }
        _ if matches!(found, "contains" | "startsWith" | "endsWith" | "matches") => {
            format!("`{found}` is a function of a text; write `text.{found}(\"…\")`")
        }
        _ if raw.starts_with("token recognition") || raw.contains(" expecting ") => {
            format!("`{found}` does not belong here")
        }
        _ => raw.to_owned(),
    });
    let width = found.chars().count().clamp(1, length.saturating_sub(start).max(1));
    let at = if start < length { start..start + width } else { length.saturating_sub(1)..length };
    Misfit { message: format!("the condition does not parse: {problem}"), at }
}

/// How a number with its unit is written, where one stands before the character `at`: `5s`, `512MiB`.
fn with_unit(source: &str, at: usize, unit: &str) -> Option<String> {
    let before: Vec<char> = source.chars().take(at).collect();
    let digits = before.iter().rev().take_while(|c| c.is_ascii_digit() || **c == '.').count();
    let number: String = before[before.len() - digits..].iter().collect();
    if number.is_empty() {
        return None;
    }
    if size_named(unit).is_some() {
        return Some(format!("write `{number} * {unit}` for `{number}{unit}`"));
    }
    // A day has no unit in CEL.
    let is_length = unit.trim_start_matches(['m', 's', 'h', 'u', 'n']).len() < unit.len()
        && unit.chars().all(|c| c.is_ascii_digit() || "smhun.".contains(c));
    is_length.then(|| format!("write `duration(\"{number}{unit}\")` for `{number}{unit}`"))
}

/// Walks a condition and refuses what could never be evaluated.
struct Reader<'a> {
    names: &'a Names,
    places: SourceInfo,
    /// Names that `all`, `map` and the like have given to elements.
    bound: Vec<String>,
    /// Whether any variable was seen.
    asked: bool,
    /// What is asked of the measurement before.
    before: Vec<&'static str>,
}

impl Reader<'_> {
    fn check(&mut self, expression: &IdedExpr, depth: usize) -> Result<(), Misfit> {
        if depth > MAX_DEPTH {
            return Err(self.misfit(expression, "the condition is nested too deeply".to_owned()));
        }
        let depth = depth + 1;
        match &expression.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.check_name(expression, name),
            Expr::Select(select) => {
                self.check_field(expression, &select.operand, &select.field)?;
                self.check(&select.operand, depth)
            }
            Expr::Call(call) => self.check_call(expression, call, depth),
            Expr::List(list) => list.elements.iter().try_for_each(|e| self.check(e, depth)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.check(&entry.key, depth)?;
                    self.check(&entry.value, depth)
                }
                EntryExpr::StructField(field) => self.check(&field.value, depth),
            }),
            Expr::Comprehension(macro_) => {
                self.check(&macro_.iter_range, depth)?;
                self.bound.extend([macro_.iter_var.clone(), macro_.accu_var.clone()]);
                let checked = self.check(&macro_.loop_step, depth);
                self.bound.truncate(self.bound.len() - 2);
                checked
            }
            Expr::Struct(_) | Expr::Unspecified => {
                Err(self.misfit(expression, "messages cannot be built in a condition".to_owned()))
            }
        }
    }

    fn check_name(&mut self, expression: &IdedExpr, name: &str) -> Result<(), Misfit> {
        if self.is_bound(name) || size_named(name).is_some() || name == NOW {
            return Ok(());
        }
        self.asked = true;
        if self.names.variables.contains(&name) {
            return Ok(());
        }
        let message = match name {
            BEFORE if !self.before.is_empty() => return Ok(()),
            BEFORE => format!("`{BEFORE}` is asked for a name: `{BEFORE}.latency`"),
            SAMPLES if self.names.sampled => return Ok(()),
            SAMPLES => {
                "there are `samples` only of a probe with `sample: {count: 6, every: 10s, value: …}`"
                    .to_owned()
            }
            _ => return Err(self.unknown(expression, name)),
        };
        Err(self.misfit(expression, message))
    }

    fn unknown(&self, expression: &IdedExpr, name: &str) -> Misfit {
        let known = self.names.variables.iter().copied();
        let message = format!(
            "{} measures no `{name}`; it has {}{}",
            self.names.subject,
            listed(known.clone()),
            did_you_mean(name, known)
        );
        self.misfit(expression, message)
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bound| bound == name)
    }

    /// A field of a variable of which all fields are known.
    fn check_field(
        &mut self,
        expression: &IdedExpr,
        operand: &IdedExpr,
        field: &str,
    ) -> Result<(), Misfit> {
        let Expr::Ident(variable) = &operand.expr else { return Ok(()) };
        if self.is_bound(variable) {
            return Ok(());
        }
        if variable == BEFORE {
            let known = self.names.variables.iter().find(|known| **known == field);
            let unknown =
                || self.misfit_of_field(expression, field, self.unknown(expression, field));
            self.before.push(known.ok_or_else(unknown)?);
            return Ok(());
        }
        let known = self.names.fields.iter().find(|(known, _)| known == variable);
        let Some((_, fields)) = known.filter(|(_, fields)| !fields.iter().any(|f| f == field))
        else {
            return Ok(());
        };
        let known = || fields.iter().map(String::as_str);
        let message = format!(
            "`{variable}` has no `{field}`; there are {}{}",
            listed(known()),
            did_you_mean(field, known())
        );
        Err(self.misfit_of_field(expression, field, self.misfit(expression, message)))
    }

    fn check_call(
        &mut self,
        expression: &IdedExpr,
        call: &CallExpr,
        depth: usize,
    ) -> Result<(), Misfit> {
        let name = call.func_name.as_str();
        let is_comparison = COMPARISONS.contains(&name);
        if is_comparison && call.args.iter().any(is_a_comparison) {
            let message = "this compares the outcome of a comparison; write `a == b && b == c`";
            return Err(self.misfit(expression, message.to_owned()));
        }
        if !is_comparison && !OTHER_OPERATORS.contains(&name) && !FUNCTIONS.contains(&name) {
            let hint = match name {
                "len" | "length" | "count" => "; did you mean `size`?".to_owned(),
                _ => did_you_mean(name, FUNCTIONS.iter().chain(MACROS).copied()),
            };
            return Err(self.misfit_of_call(
                expression,
                call,
                format!("there is no function `{name}`{hint}"),
            ));
        }
        let operands = || call.target.as_deref().into_iter().chain(&call.args);
        if name == operators::INDEX
            && let [operand, index] = call.args.as_slice()
            && let Expr::Literal(LiteralValue::String(field)) = &index.expr
        {
            self.check_field(index, operand, field.inner())?;
        }
        if name == "slope"
            && !operands().all(|list| matches!(&list.expr, Expr::Ident(name) if name == SAMPLES))
        {
            let message = "`slope` is known of `samples` only: it needs their times";
            return Err(self.misfit_of_call(expression, call, message.to_owned()));
        }
        operands().try_for_each(|operand| self.check(operand, depth))?;
        if FUNCTIONS.contains(&name) && operands().all(|o| matches!(o.expr, Expr::Literal(_))) {
            // It is the same at every run: what is wrong with it is wrong now.
            Value::resolve(expression, &Context::default()).map_err(|error| {
                let message = match name {
                    "duration" => {
                        "this is no duration; they look like \"500ms\", \"5s\", \"1h30m\""
                    }
                    "timestamp" => "this is no time; they look like \"2026-01-31T12:00:00Z\"",
                    _ => &format!("`{name}` cannot work on this: {error}"),
                };
                self.misfit_of_call(expression, call, message.to_owned())
            })?;
        }
        if name == "matches"
            && let Some(Expr::Literal(LiteralValue::String(pattern))) =
                call.args.last().map(|pattern| &pattern.expr)
            && let Err(error) = regex::Regex::new(pattern.inner())
        {
            // The last line says what is wrong; those before draw an arrow.
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("this is no regular expression: {reason}");
            return Err(self.misfit_of_call(expression, call, message));
        }
        Ok(())
    }

    /// A call is known by its bracket; its name stands before it.
    fn misfit_of_call(&self, expression: &IdedExpr, call: &CallExpr, message: String) -> Misfit {
        let bracket = self.misfit(expression, message);
        let name = call.func_name.chars().count();
        Misfit { at: bracket.at.start.saturating_sub(name)..bracket.at.start, ..bracket }
    }

    /// A field is known by its full stop; its name stands behind it.
    fn misfit_of_field(&self, expression: &IdedExpr, field: &str, misfit: Misfit) -> Misfit {
        if !matches!(expression.expr, Expr::Select(_)) {
            return misfit;
        }
        let start = misfit.at.start + 1;
        Misfit { at: start..start + field.chars().count(), ..misfit }
    }

    fn misfit(&self, expression: &IdedExpr, message: String) -> Misfit {
        let at = self.places.offset_for(expression.id);
        let at = at.map_or(0..0, |(first, last)| first as usize..last as usize + 1);
        Misfit { message, at }
    }
}

fn is_a_comparison(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Call(call) if COMPARISONS.contains(&call.func_name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(source: &str) -> String {
        let names = Names {
            subject: "an http probe".to_owned(),
            variables: vec!["status", "json", "latency", "phases"],
            fields: vec![("phases", vec!["dns".to_owned(), "tls".to_owned()])],
            sampled: false,
        };
        match Condition::parse(source, &names) {
            Ok(_) => "fine".to_owned(),
            Err(misfit) => {
                let word: String =
                    source.chars().skip(misfit.at.start).take(misfit.at.len()).collect();
                format!("{word:?}: {}", misfit.message)
            }
        }
    }

    #[test]
    fn what_can_be_evaluated_is_accepted() {
        for source in [
            "status == 200",
            "status in [200, 204] && latency < duration('5s')",
            "json.items.all(item, item.ok) || !has(json.items)",
            "json.a['b'][0].c.matches('^x') ? json.n % 2 == 1 : size(json.m) > 0",
            "json.size < 512 * MiB && latency < before.latency * 2.0",
            "phases.tls < latency && max(json.items) < 3",
            "now - timestamp(json.at) < duration('10m')",
        ] {
            assert_eq!(problem(source), "fine", "{source}");
        }
    }

    #[test]
    fn what_can_never_be_evaluated_is_refused_at_the_word() {
        let all = [
            "statsu == 200",
            "len(json.items) > 0",
            "status = 200",
            "status == ",
            "status == 200 and json.ok",
            "latency < 5s",
            "latency < 1h30m",
            "json.size < 512MiB",
            "json.used < 90%",
            "json.text contains 'x'",
            "json.n < 5x",
            "json.name == status == 200",
            "'é' == json.é.x",
            "json.items.all(item, thing.ok)",
            "latency < duration('5 seconds')",
            "json.text.matches('[')",
            "1 == 1",
            "true",
            "'unterminated",
            "Foo{a: 1} == json",
            "json.?x == 1",
            "status == 99999999999999999999",
            "phases.tsl < latency",
            "phases['connect'] < latency",
            "max(samples) < 3",
            "slope(json.items) < 3",
            "latency < before.lateny * 2.0",
            "before == latency",
            "now > timestamp('2026-01-31T12:00:00Z')",
            "512 * MiB > 1",
        ];
        let report: Vec<String> = all.iter().map(|s| format!("{s}\n    {}", problem(s))).collect();
        insta::assert_snapshot!(report.join("\n"), @r#"
        statsu == 200
            "statsu": an http probe measures no `statsu`; it has `status`, `json`, `latency` and `phases`; did you mean `status`?
        len(json.items) > 0
            "len": there is no function `len`; did you mean `size`?
        status = 200
            "=": the condition does not parse: `=` means nothing; write `==`
        status == 
            " ": the condition does not parse: something is missing at its end
        status == 200 and json.ok
            "and": the condition does not parse: write `&&` for `and`
        latency < 5s
            "s": the condition does not parse: write `duration("5s")` for `5s`
        latency < 1h30m
            "h30m": the condition does not parse: write `duration("1h30m")` for `1h30m`
        json.size < 512MiB
            "MiB": the condition does not parse: write `512 * MiB` for `512MiB`
        json.used < 90%
            "%": the condition does not parse: `%` is what is left of a division; without it a number is a number of percent
        json.text contains 'x'
            "contains": the condition does not parse: `contains` is a function of a text; write `text.contains("…")`
        json.n < 5x
            "x": the condition does not parse: `x` does not belong here
        json.name == status == 200
            "==": this compares the outcome of a comparison; write `a == b && b == c`
        'é' == json.é.x
            "é": the condition does not parse: `é` does not belong here
        json.items.all(item, thing.ok)
            "thing": an http probe measures no `thing`; it has `status`, `json`, `latency` and `phases`
        latency < duration('5 seconds')
            "duration": this is no duration; they look like "500ms", "5s", "1h30m"
        json.text.matches('[')
            "matches": this is no regular expression: unclosed character class
        1 == 1
            "1 == 1": the condition does not look at anything that is measured; an http probe has `status`, `json`, `latency` and `phases`
        true
            "true": the condition does not look at anything that is measured; an http probe has `status`, `json`, `latency` and `phases`
        'unterminated
            "'unterminated": the condition does not parse: `'unterminated` does not belong here
        Foo{a: 1} == json
            "{": messages cannot be built in a condition
        json.?x == 1
            ".?": the condition does not parse: unsupported syntax '.?'
        status == 99999999999999999999
            "9": the condition does not parse: invalid int literal
        phases.tsl < latency
            "tsl": `phases` has no `tsl`; there are `dns` and `tls`; did you mean `tls`?
        phases['connect'] < latency
            "'connect'": `phases` has no `connect`; there are `dns` and `tls`
        max(samples) < 3
            "samples": there are `samples` only of a probe with `sample: {count: 6, every: 10s, value: …}`
        slope(json.items) < 3
            "slope": `slope` is known of `samples` only: it needs their times
        latency < before.lateny * 2.0
            "lateny": an http probe measures no `lateny`; it has `status`, `json`, `latency` and `phases`; did you mean `latency`?
        before == latency
            "before": `before` is asked for a name: `before.latency`
        now > timestamp('2026-01-31T12:00:00Z')
            "now > timestamp('2026-01-31T12:00:00Z')": the condition does not look at anything that is measured; an http probe has `status`, `json`, `latency` and `phases`
        512 * MiB > 1
            "512 * MiB > 1": the condition does not look at anything that is measured; an http probe has `status`, `json`, `latency` and `phases`
        "#);
    }

    #[test]
    fn a_condition_of_any_size_and_depth_ends_without_a_crash() {
        for (open, middle, close) in [("(", "status", ")"), ("[", "1", "]"), ("!", "status", "")] {
            for depth in [20, 400, 100_000] {
                problem(&format!("{}{middle}{}", open.repeat(depth), close.repeat(depth)));
            }
        }
        problem(&format!("status{}", "+1".repeat(490)));
        problem(&format!("json{}", ".a".repeat(490)));
        problem(&"status?".repeat(140));
    }
}
