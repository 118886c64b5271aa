use super::{Contexts, Value, contexts::PossibleValues, syntax};
use foldhash::HashMap;
use std::rc::Rc;

/// More worlds than this are not tried one by one.
const MAX_WORLDS: usize = 32;

/// More work than this in one world is given up: what is left of it stays unknown. Values that
/// are put together of values could otherwise grow without end.
const MAX_STEPS: usize = 20_000;

/// One way in which everything that is open is decided.
pub(super) struct World<'c> {
    pub contexts: &'c Contexts,
    decides: Decides,
    decisions: Vec<Decision>,
    steps: usize,
    /// How deep the evaluation is nested.
    pub depth: usize,
    /// Only variables further out than this layer are seen: a variable does not see itself.
    pub inner_layer: usize,
    /// The rows of the matrix that fit the decisions so far.
    pub rows: Option<Vec<usize>>,
    parsed: Parsed,
}

/// How a world decides a question that comes up.
#[derive(Clone)]
enum Decides {
    /// As in the plan, and what is not planned by the first answer.
    By(Vec<usize>),
    /// By the answer of this number, as far as there are so many.
    All(usize),
    /// Not at all.
    Not,
}

struct Decision {
    question: String,
    answer: usize,
    answers: usize,
}

/// The trees of the expressions that were met, by their text.
type Parsed = Rc<std::cell::RefCell<HashMap<String, Option<Rc<syntax::Node>>>>>;

/// Reads in every world. Where those are too many, every answer to every question is still given
/// in one of them, though not with every answer to the others, and the last one leaves all open.
pub(super) fn in_all<T>(contexts: &Contexts, read: impl Fn(&mut World<'_>) -> T) -> Vec<T> {
    let parsed = Parsed::default();
    let read_in = |decides| {
        let mut world = World {
            contexts,
            decides,
            decisions: Vec::new(),
            steps: 0,
            depth: 0,
            inner_layer: usize::MAX,
            rows: None,
            parsed: Rc::clone(&parsed),
        };
        (read(&mut world), world.decisions)
    };
    let (mut found, mut plan, mut most) = (Vec::new(), Vec::new(), 1);
    while found.len() < MAX_WORLDS {
        let (result, mut decisions) = read_in(Decides::By(plan));
        found.push(result);
        most = decisions.iter().map(|decision| decision.answers).fold(most, usize::max);
        // The next plan: the last decision that has another answer gets it.
        while decisions.pop_if(|last| last.answer + 1 == last.answers).is_some() {}
        plan = decisions.iter().map(|decision| decision.answer).collect();
        match plan.last_mut() {
            Some(last) => *last += 1,
            None => return found,
        }
    }
    let every_answer = (0..most.min(MAX_WORLDS)).map(Decides::All);
    every_answer.chain([Decides::Not]).map(|decides| read_in(decides).0).collect()
}

impl World<'_> {
    /// Answers a question, the same one always alike; nothing if this world leaves it open.
    pub fn decide(&mut self, question: &str, answers: usize) -> Option<usize> {
        if answers <= 1 {
            return Some(0);
        }
        if let Some(known) = self.decisions.iter().find(|known| known.question == question) {
            return Some(known.answer);
        }
        let answer = match &self.decides {
            Decides::By(plan) => plan.get(self.decisions.len()).copied().unwrap_or(0),
            Decides::All(number) => (*number).min(answers - 1),
            Decides::Not => return None,
        };
        self.decisions.push(Decision { question: question.to_owned(), answer, answers });
        Some(answer)
    }

    /// Decides which of its possible values something has; nothing for another one.
    pub fn pick<'v>(&mut self, question: &str, possible: &'v PossibleValues) -> Option<&'v Value> {
        let answers = possible.values.len() + usize::from(possible.others);
        possible.values.get(self.decide(question, answers)?)
    }

    /// Counts a step of work; false when there were too many.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= MAX_STEPS
    }

    /// The tree of an expression.
    pub fn parse(&self, expression: &str) -> Option<Rc<syntax::Node>> {
        if let Some(tree) = self.parsed.borrow().get(expression) {
            return tree.clone();
        }
        let tree = syntax::parse(expression).map(Rc::new);
        self.parsed.borrow_mut().insert(expression.to_owned(), tree.clone());
        tree
    }
}
