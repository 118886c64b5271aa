//! Which workflow reaches what, as lines from the workflows on the left to the things on the right.
//! What is thrown away after a job is not drawn: nobody else is there to be hit, unless it goes beyond.

use super::{Line, Radius, Workflow};
use crate::{effect::resource, program::Scope};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

const ROW: usize = 30;
const TOP: usize = 36;
const WIDTH: usize = 960;
/// Where the lines leave the workflows, and where they reach the things.
const LEFT: usize = 330;
const RIGHT: usize = 610;
/// Longer words are cut, in characters.
const LONGEST: usize = 40;

#[derive(Debug, Default, Serialize)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub workflows: Vec<Node>,
    pub things: Vec<Node>,
    pub lines: Vec<Edge>,
}

#[derive(Debug, Serialize)]
pub struct Node {
    pub label: String,
    pub title: String,
    /// The gravest verdict on what leads from or to it.
    pub verdict: &'static str,
    pub x: usize,
    pub y: usize,
}

#[derive(Debug, Serialize)]
pub struct Edge {
    pub path: String,
    pub title: String,
    pub verdict: &'static str,
    pub from: usize,
    pub to: usize,
}

impl Picture {
    pub fn of(radius: &Radius) -> Self {
        // By workflow and thing, the gravest line.
        let mut edges: BTreeMap<(usize, String), &Line> = BTreeMap::new();
        let drawn: Vec<&Workflow> = radius
            .workflows
            .iter()
            .filter(|workflow| workflow.lines().any(|line| line.hits_others()))
            .collect();
        let mut gravest: HashMap<String, &Line> = HashMap::new();
        for (number, workflow) in drawn.iter().enumerate() {
            for line in workflow.lines().filter(|line| line.hits_others()) {
                let thing = thing(line);
                keep(edges.entry((number, thing.clone())).or_insert(line), line);
                keep(gravest.entry(thing).or_insert(line), line);
            }
        }
        let mut things: Vec<(String, &Line)> = gravest.into_iter().collect();
        things.sort_by_key(|(name, line)| (std::cmp::Reverse(line.weight()), name.clone()));
        let rows = drawn.len().max(things.len());
        let height = TOP + rows * ROW + ROW / 2;
        // Each side fills the height.
        let y = |position: usize, count: usize| {
            TOP + ((2 * position + 1) * rows * ROW) / (2 * count.max(1))
        };
        let lines = edges
            .iter()
            .filter_map(|((from, thing), line)| {
                let to = things.iter().position(|(name, _)| name == thing)?;
                let (from_y, to_y) = (y(*from, drawn.len()), y(to, things.len()));
                let (near, far) = (LEFT + 120, RIGHT - 120);
                Some(Edge {
                    path: format!("M{LEFT} {from_y} C{near} {from_y} {far} {to_y} {RIGHT} {to_y}"),
                    title: format!("{} {}", line.does, line.what),
                    verdict: line.verdict,
                    from: *from,
                    to,
                })
            })
            .collect();
        let workflows = drawn.iter().enumerate().map(|(number, workflow)| {
            let lines = workflow.lines().filter(|line| line.hits_others());
            let gravest = lines.max_by_key(|line| line.weight());
            Node {
                label: cut(workflow.file_name()),
                title: workflow.path.clone(),
                verdict: gravest.map_or("allow", |line| line.verdict),
                x: LEFT - 10,
                y: y(number, drawn.len()),
            }
        });
        let nodes = things.iter().enumerate().map(|(number, (name, line))| Node {
            label: cut(name),
            title: name.clone(),
            verdict: line.verdict,
            x: RIGHT + 10,
            y: y(number, things.len()),
        });
        Self {
            width: WIDTH,
            height,
            workflows: workflows.collect(),
            things: nodes.collect(),
            lines,
        }
    }
}

fn keep<'l>(kept: &mut &'l Line, line: &'l Line) {
    if line.weight() > kept.weight() {
        *kept = line;
    }
}

/// Things that are hit alike are one in the picture: all of a kind, or the one that is named.
fn thing(line: &Line) -> String {
    let effect = &line.effect;
    let kind = resource(&effect.resource);
    match (effect.scope, effect.targets.as_slice()) {
        _ if kind.one.starts_with("the ") => kind.one.clone(),
        (Scope::Named | Scope::Shared, [one]) => format!("{} {one}", kind.one),
        (Scope::Named | Scope::Shared, _) => format!("{}, named", kind.many),
        (Scope::Unknown, _) => format!("a {}, which is not known", kind.one),
        (Scope::Pattern, _) => format!("{} by a pattern", kind.many),
        (Scope::All | Scope::Unfiltered, _) => format!("every {}", kind.one),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
