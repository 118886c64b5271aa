//! How a checklist comes along, while it does: a line for each probe that still runs on a terminal,
//! and elsewhere one plain line for each that has to be tried again. All of it goes to standard
//! error, so that a report on standard output stays whole.

use super::check::mark;
use crate::config::{Config, Entry};
use crate::probe::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    io::{IsTerminal, stderr},
    time::Duration,
};

/// Shows the events of one run.
pub struct Progress {
    lines: Option<Lines>,
    /// The probes of which it was said that they are tried again.
    said: RefCell<HashSet<String>>,
}

struct Lines {
    all: MultiProgress,
    bars: RefCell<HashMap<String, ProgressBar>>,
    width: usize,
}

impl Progress {
    pub fn new(config: &Config, checklist: &str) -> Self {
        let entries = config.checklists.get(checklist).map(Vec::as_slice).unwrap_or_default();
        let width = entries.iter().map(Entry::name).map(|name| name.chars().count()).max();
        let is_live = stderr().is_terminal();
        let lines = is_live.then(|| Lines {
            all: MultiProgress::new(),
            bars: RefCell::default(),
            width: width.unwrap_or(0),
        });
        Self { lines, said: RefCell::default() }
    }

    pub fn tell(&self, event: &Event<'_>) {
        match &self.lines {
            Some(lines) => lines.tell(event),
            None => self.say(event),
        }
    }

    /// Takes all lines away.
    pub fn clear(&self) {
        if let Some(lines) = &self.lines {
            lines.bars.borrow_mut().drain().for_each(|(_, bar)| bar.finish_and_clear());
            // A terminal that cannot be cleared keeps its lines.
            let _ = lines.all.clear();
        }
    }

    fn say(&self, event: &Event<'_>) {
        if let Event::Again { name, message, left, .. } = event
            && self.said.borrow_mut().insert((*name).to_owned())
        {
            eprintln!("tagout: {name}: not yet, trying again for {}: {message}", seconds(*left));
        }
    }
}

impl Lines {
    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Begun { name } => {
                let bar = self.all.add(ProgressBar::new_spinner());
                let template = format!("  {{spinner}}  {{prefix:{}}}  {{wide_msg}}", self.width);
                if let Ok(style) = ProgressStyle::with_template(&template) {
                    bar.set_style(style);
                }
                bar.set_prefix((*name).to_owned());
                bar.enable_steady_tick(Duration::from_millis(100));
                self.bars.borrow_mut().insert((*name).to_owned(), bar);
            }
            Event::Again { name, attempt, message, left } => {
                let first = message.lines().next().unwrap_or_default();
                self.set(name, format!("attempt {attempt}: {first}; {} left", seconds(*left)));
            }
            Event::Holding { name, left } => {
                self.set(name, format!("passes; must stay so for {}", seconds(*left)));
            }
            Event::Ended(report) => {
                let bar = self.bars.borrow_mut().remove(&report.name);
                let Some(bar) = bar else { return };
                let line = format!("  {}  {}", mark(report.outcome), report.name);
                bar.set_style(
                    ProgressStyle::with_template("{msg}")
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                );
                bar.finish_with_message(line);
            }
        }
    }

    fn set(&self, name: &str, message: String) {
        if let Some(bar) = self.bars.borrow().get(name) {
            bar.set_message(message);
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.0} s", time.as_secs_f64().ceil())
}
