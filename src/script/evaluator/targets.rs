//! Declarations, assignments, destructuring and imports: what names come to hold.

use super::{
    code::Span,
    state::Evaluator,
    syntax::{Assignment, Binds, Change, Expression, Kind, Target, TargetKind},
    thing::Thing,
};

impl Evaluator<'_> {
    pub fn assignment(&mut self, assignment: &Assignment, at: Span) -> Thing {
        let value = self.evaluate(&assignment.value);
        let value = match assignment.change {
            Change::Replaces => value,
            Change::Computes => self.unknown(at),
            Change::Adds | Change::MayReplace => {
                let Some(held) = self.held(&assignment.target) else { return value };
                match assignment.change {
                    Change::Adds => self.plus(held, value, at),
                    _ => held.or(value),
                }
            }
        };
        self.bind(&assignment.target, value.clone(), assignment.binds);
        value
    }

    /// What a variable or a part of an object holds before it is given another value.
    fn held(&mut self, target: &Target) -> Option<Thing> {
        match &target.kind {
            TargetKind::Name(name) => {
                Some(self.lookup(name).unwrap_or_else(|| self.unknown(target.at)))
            }
            TargetKind::Part(part) => Some(self.evaluate(part)),
            _ => None,
        }
    }

    /// Gives the names in a target the parts of a thing.
    pub fn bind(&mut self, target: &Target, thing: Thing, binds: Binds) {
        if !self.enter(target.at) {
            return;
        }
        match &target.kind {
            TargetKind::Name(name) => match binds {
                Binds::Constant => self.declare(name, thing, false),
                Binds::Variable => self.declare(name, thing, true),
                Binds::Existing => self.assign(name, thing),
                Binds::OfFunction => self.assign_in_function(name, thing),
            },
            TargetKind::Fields(parts) => {
                for (key, part) in parts {
                    let thing = match part.kind {
                        TargetKind::Rest(_) => thing.clone(),
                        _ => {
                            let name = self.key(key);
                            self.member(&thing, &name, part.at)
                        }
                    };
                    self.bind(part, thing, binds);
                }
            }
            TargetKind::Items(parts) => {
                for (index, part) in parts {
                    let thing = match part.kind {
                        TargetKind::Rest(_) => thing.clone(),
                        _ => self.index(&thing, &index.to_string(), part.at),
                    };
                    self.bind(part, thing, binds);
                }
            }
            TargetKind::Default(inner, default) => {
                let thing = match thing {
                    Thing::Undefined | Thing::Unknown(_) => {
                        let default = self.evaluate(default);
                        thing.or(default)
                    }
                    thing => thing,
                };
                self.bind(inner, thing, binds);
            }
            TargetKind::Rest(inner) | TargetKind::NamedRest(inner) => {
                self.bind(inner, thing, binds);
            }
            TargetKind::Part(part) => self.assign_part(part, thing),
            TargetKind::Nothing => {}
        }
        self.leave();
    }

    /// The name that a key of an object or of a pattern stands for.
    pub fn key(&mut self, key: &Expression) -> String {
        let thing = self.evaluate(key);
        thing.known_text().unwrap_or_default()
    }

    /// `config.name = …` and `list[0] = …`: for objects and arrays that variables hold.
    fn assign_part(&mut self, part: &Expression, thing: Thing) {
        let (object, field) = match &part.kind {
            Kind::Member(object, name) => (object, name.clone()),
            Kind::Index(object, index) => (object, self.key(index)),
            Kind::Name(name) => return self.assign(name, thing),
            _ => return,
        };
        let changed = match self.evaluate(object) {
            Thing::Object(object) => {
                let mut fields = object.inner.clone();
                fields.insert(field, self.settled(thing));
                Thing::object(fields)
            }
            Thing::Array(list) => {
                let mut items = list.inner.clone();
                items.push(self.settled(thing));
                Thing::array(items)
            }
            _ => None,
        };
        if let Some(changed) = changed {
            self.assign_part(object, changed);
        }
    }
}
