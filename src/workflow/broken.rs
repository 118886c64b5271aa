//! Files that are not YAML, for all the repair. Their steps are told apart by their lines, and each
//! is read as YAML of its own, or else by its keys and their indentation. A file in which no step
//! can be told apart is read line by line, so a mistake in it hides nothing that a person would see.

use super::{
    Forge, actions, expressions,
    model::{Defaults, Job},
    place,
    walk::{Around, Walk},
};
use crate::{
    config::{Action, Config},
    source::{
        Hop, Language, Location, Origin, Place, Script, SourceFile, Text,
        yaml::{Node, Yaml, goes_on_with_workflow},
    },
};
use std::{
    collections::{HashMap, hash_map::Entry},
    ops::Range,
    sync::Arc,
};

/// Of more lines the rest is read as one script: each line is compared with those around it.
const MAX_LINES: usize = 2_000;

impl Walk<'_> {
    /// Adds the scripts of a file which the reading of its YAML did not give, or not whole.
    pub fn broken(&mut self, file: &Arc<SourceFile>) {
        let known = self.scripts.len();
        let mut lines = lines(file.text());
        let end = lines.get(MAX_LINES).map_or(file.text().len(), |line| line.at);
        lines.truncate(MAX_LINES);
        let text = BrokenText { file, lines, end };
        let steps = text.steps();
        for step in &steps {
            self.broken_step(&text, step.clone());
        }
        if steps.is_empty() {
            let around = self.around_step(&text, 0);
            self.scripts.extend(text.each_line(0..text.lines.len(), &around));
        }
        if text.end < file.text().len() {
            let around = self.around_step(&text, text.lines.len() - 1);
            self.scripts.push(text.script(text.end..file.text().len(), &around));
        }
        self.keep_longest(known);
    }

    fn broken_step(&mut self, text: &BrokenText, lines: Range<usize>) {
        let around = self.around_step(text, lines.start);
        let yaml = Yaml::parse_part(Arc::clone(text.file), text.bytes(lines.clone()));
        if yaml.is_broken() {
            let mut scripts = text.fields(lines.clone(), &around, self.config);
            if scripts.is_empty() {
                scripts = text.each_line(lines, &around);
            }
            return self.scripts.extend(scripts);
        }
        for step in yaml.documents().flat_map(Node::items).filter(|step| step.is_mapping()) {
            let step = self.reader.step(0, step);
            self.steps(&[step], &around);
        }
    }

    /// What can be told of the job of the step at a line.
    fn around_step(&self, text: &BrokenText, step: usize) -> Around<'static> {
        let contexts = expressions::of_workflow(None, expressions::Inputs::new());
        let runs_on =
            text.above(step, |line| line.field().is_some_and(|(key, _)| key == "runs-on"));
        let yaml = runs_on.map(|at| {
            Yaml::parse_part(Arc::clone(text.file), text.bytes(at..text.end_of_entry(at)))
        });
        let id = runs_on.and_then(|at| text.above(at, |line| line.field().is_some()));
        let id = id.and_then(|at| text.lines[at].field()).map(|(id, _)| id);
        let root = yaml.as_ref().and_then(|yaml| yaml.documents().next());
        let job = Job {
            id: id.unwrap_or_default(),
            key: None,
            concurrency: None,
            environment: None,
            condition: None,
            uses: None,
            with: None,
            runs_on: root.and_then(|root| root.get("runs-on")),
            needs: None,
            container: None,
            services: None,
            matrix: None,
            outputs: None,
            env: None,
            defaults: Defaults::default(),
            steps: Vec::new(),
        };
        let forge = Forge::of(text.file.path());
        let (place, is_windows) = place::of_job(&job, forge, self.config, &contexts);
        Around {
            origin: Origin { job: id.map(str::to_owned), ..Origin::default() }.into(),
            via: Vec::new(),
            place,
            is_windows,
            services: Vec::new(),
            defaults: Defaults::default(),
            env: Arc::default(),
            contexts,
        }
    }

    /// Of scripts that start at the same place keeps the longest, of equal ones the first: it knows
    /// more of what is around it.
    fn keep_longest(&mut self, known: usize) {
        let start = |script: &Script| {
            script.text.location().map(|at| (at.path().to_owned(), at.range.start))
        };
        let found = self.scripts.split_off(known);
        let mut held = HashMap::new();
        for (position, script) in self.scripts.iter().enumerate() {
            held.entry(start(script)).or_insert(position);
        }
        for script in found {
            match held.entry(start(&script)) {
                Entry::Occupied(place) => {
                    let other = &mut self.scripts[*place.get()];
                    if other.text.len() < script.text.len() {
                        *other = script;
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(self.scripts.len());
                    self.scripts.push(script);
                }
            }
        }
    }
}

/// What to do about a syntax error at a byte of a file.
pub(super) fn advice(file: &SourceFile, at: usize) -> &'static str {
    let before =
        file.text()[..file.text().floor_char_boundary(at)].rfind('\n').map_or(0, |n| n + 1);
    let line = file.text()[before..].lines().next().unwrap_or_default();
    let content = line.trim_start();
    if line[..line.len() - content.len()].contains('\t') {
        "indent with spaces, not with tabs"
    } else if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
        "resolve the merge conflict"
    } else if content.contains("${{") && content.replace("${{", "").contains(['[', '{']) {
        "put text with `${{ }}` in quotes inside of brackets"
    } else if content.matches(": ").count() > 1 {
        "put text with `: ` in it in quotes"
    } else {
        "look at the indentation and the quotes here and just above"
    }
}

/// The lines of a file that is not YAML.
struct BrokenText<'t> {
    file: &'t Arc<SourceFile>,
    lines: Vec<Line<'t>>,
    /// Where they end in the file.
    end: usize,
}

#[derive(Clone, Copy)]
struct Line<'t> {
    /// Where it starts in the file.
    at: usize,
    /// Without the end of the line.
    text: &'t str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        Line { at: start, text: line.trim_end() }
    });
    lines.collect()
}

impl<'t> Line<'t> {
    fn indent(self) -> usize {
        self.text.len() - self.text.trim_start_matches([' ', '\t']).len()
    }

    /// How far right it starts; a tab goes far.
    fn column(self) -> usize {
        let indent = &self.text[..self.indent()];
        indent.bytes().map(|byte| if byte == b'\t' { 8 } else { 1 }).sum()
    }

    /// Without its indentation and the dash of a list.
    fn content(self) -> &'t str {
        let content = self.text.trim_start();
        content.strip_prefix("- ").map_or(content, str::trim_start)
    }

    /// Its key and what stands after it.
    fn field(self) -> Option<(&'t str, &'t str)> {
        let (key, value) = self.content().split_once(':')?;
        let is_key = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let separates = value.is_empty() || value.starts_with([' ', '\t']);
        (separates && !key.is_empty() && key.chars().all(is_key)).then(|| (key, value.trim()))
    }

    /// The bytes of what its text ends with.
    fn range_of(self, part: &str) -> Range<usize> {
        let end = self.at + self.text.len();
        end - part.len()..end
    }
}

impl<'t> BrokenText<'t> {
    /// The lines of each step.
    fn steps(&self) -> Vec<Range<usize>> {
        let starts = |line: &Line| {
            line.text.trim_start().starts_with("- ") && goes_on_with_workflow(line.text)
        };
        let starts = (0..self.lines.len()).filter(|at| starts(&self.lines[*at]));
        starts.map(|at| at..self.end_of_entry(at)).collect()
    }

    /// The line at which an entry ends: the next one of the workflow that is not further right.
    fn end_of_entry(&self, at: usize) -> usize {
        self.end(at, self.lines[at].column(), self.lines.len())
    }

    fn end(&self, at: usize, column: usize, limit: usize) -> usize {
        let ends = |line: &Line| line.column() <= column && goes_on_with_workflow(line.text);
        let after = &self.lines[at + 1..limit];
        after.iter().position(ends).map_or(limit, |found| at + 1 + found)
    }

    /// The nearest line above that is fitting and further left.
    fn above(&self, at: usize, fits: impl Fn(Line) -> bool) -> Option<usize> {
        let column = self.lines[at].column();
        (0..at).rev().find(|n| self.lines[*n].column() < column && fits(self.lines[*n]))
    }

    fn bytes(&self, lines: Range<usize>) -> Range<usize> {
        let at = |line: usize| self.lines.get(line).map_or(self.end, |line| line.at);
        at(lines.start)..at(lines.end)
    }

    /// The scripts of a step that is no YAML, by its keys.
    fn fields(&self, step: Range<usize>, around: &Around, config: &Config) -> Vec<Script> {
        let value = |name: &str| {
            let mut fields = self.lines[step.clone()].iter().filter_map(|line| line.field());
            let (_, value) = fields.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some(value.trim_matches(['"', '\'']))
        };
        let uses = value("uses").map(actions::name_of);
        let actions = uses.map(|uses| actions::find(config, uses)).unwrap_or_default();
        let scripts = step.clone().filter_map(|at| {
            let line = self.lines[at];
            let (key, written) = line.field()?;
            let takes = |a: &&&Action| a.inputs.iter().any(|name| name.eq_ignore_ascii_case(key));
            let action = actions.iter().find(takes);
            if action.is_none() && key != "run" && key != "script" {
                return None;
            }
            let place = match action.and_then(|action| action.remote.as_ref()) {
                Some(remote) => {
                    let machine = value(&remote.host).filter(|host| !host.is_empty());
                    Place::Remote(machine.or(uses).unwrap_or_default().to_owned())
                }
                None => around.place.clone(),
            };
            let step_name = match (uses, action) {
                (Some(uses), Some(_)) => format!("{uses} {key}"),
                _ => key.to_owned(),
            };
            let from = line.range_of(line.content()).start;
            let location = Location { file: Arc::clone(self.file), range: from..from + key.len() };
            let hop = Hop { step: step_name, location: Some(location) };
            let language = action.map_or(Language::Shell, |action| action.language);
            Some(around.script(self.value(at, written, step.end), language, place, hop))
        });
        scripts.collect()
    }

    /// What is written at a key: the lines of a block, or the rest of its line.
    fn value(&self, at: usize, written: &str, end: usize) -> Text {
        let line = self.lines[at];
        if !written.starts_with(['|', '>']) {
            let mut range = line.range_of(written);
            let is_quoted = |quote| written.starts_with(quote) && written.ends_with(quote);
            if written.len() >= 2 && (is_quoted('"') || is_quoted('\'')) {
                range = range.start + 1..range.end - 1;
            }
            return Text::of_range(Arc::clone(self.file), range);
        }
        let dash = line.text.len() - line.indent() - line.content().len();
        let column = line.column() + dash;
        let block = &self.lines[at + 1..self.end(at, column, end)];
        let indent = block.iter().find(|line| !line.text.is_empty()).map_or(0, |l| l.indent());
        let mut text = Text::default();
        for line in block {
            let end = line.at + line.text.len();
            let from = line.at + line.indent().min(indent);
            text.push(&Text::of_range(Arc::clone(self.file), from..end));
            text.push_decoded("\n", self.file, end..end);
        }
        text
    }

    /// Every line as a script of its own, for what else is there to be read.
    fn each_line(&self, lines: Range<usize>, around: &Around) -> Vec<Script> {
        let is_text = |line: &&Line| !line.content().is_empty() && !line.content().starts_with('#');
        let scripts = self.lines[lines].iter().filter(is_text).map(|line| {
            let written = match line.field() {
                Some(("run" | "script" | "command", value)) => value,
                _ => line.content(),
            };
            self.script(line.range_of(written), around)
        });
        scripts.collect()
    }

    fn script(&self, range: Range<usize>, around: &Around) -> Script {
        let hop = Hop { step: "this line".to_owned(), location: None };
        let text = Text::of_range(Arc::clone(self.file), range);
        around.script(text, Language::Shell, around.place.clone(), hop)
    }
}
