//! Names that suggestions choose from.
//!
//! What is suggested for an unknown name depends on all names, where everything else about an item depends on the names in
//! it alone. So it is noted who asked: when a name comes or goes, those ask again.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use falco_catalog::suggest;
use rustc_hash::FxHashMap;

use crate::collect::{Collection, RuleState};

/// A place in the load order: file and element in it.
pub(crate) type Position = (u32, u32);

/// The names of one kind with their first places, in order.
pub(crate) type Placed = Vec<(Position, Arc<str>)>;

/// All names of a set of files.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) lists: Placed,
    pub(crate) macros: Placed,
    /// Rules, whether something defines them or not.
    pub(crate) rules: Placed,
    /// Rules, each from its first definition.
    pub(crate) defined_rules: Placed,
}

/// Answers questions about names other than those that an item names itself.
pub(crate) struct Suggest<'a> {
    /// Where to take names from, if the collection has only a part of them.
    all: Option<Box<dyn Fn() -> Names + 'a>>,
    names: OnceCell<Names>,
    /// What stands before this place is known.
    position: Cell<Position>,
    asked: Cell<bool>,
    /// What was suggested at this place already: a thousand rules can lack the same macro.
    known: RefCell<Known>,
}

type Known = FxHashMap<(Kind, Box<str>), Option<String>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    List,
    Macro,
    Rule,
}

impl<'a> Suggest<'a> {
    /// Answers from the collection, which has all names.
    pub(crate) fn from_collection() -> Self {
        Self {
            all: None,
            names: OnceCell::new(),
            position: Cell::new((0, 0)),
            asked: Cell::new(false),
            known: RefCell::default(),
        }
    }

    /// Answers from all names, which are asked for when they are needed.
    pub(crate) fn from_names(all: impl Fn() -> Names + 'a) -> Self {
        Self { all: Some(Box::new(all)), ..Self::from_collection() }
    }

    pub(crate) fn set_position(&self, position: Position) {
        if self.position.replace(position) != position && !self.known.borrow().is_empty() {
            self.known.borrow_mut().clear();
        }
    }

    /// Whether somebody asked since the last call.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.replace(false)
    }

    fn names(&self) -> Option<&Names> {
        self.asked.set(true);
        let all = self.all.as_ref()?;
        Some(self.names.get_or_init(all))
    }

    /// What is suggested for a name, worked out once for each place.
    fn once(&self, kind: Kind, name: &str, work: impl FnOnce(Option<&Names>) -> Option<String>) -> Option<String> {
        let names = self.names();
        let key = (kind, Box::from(name));
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let best = work(names);
        self.known.borrow_mut().insert(key, best.clone());
        best
    }

    fn best(&self, name: &str, placed: &Placed) -> Option<String> {
        let position = self.position.get();
        let earlier = placed.iter().take_while(|(at, _)| *at < position).map(|(_, name)| &**name);
        suggest::best(name, earlier).map(str::to_owned)
    }

    /// The list that is most likely meant.
    pub(crate) fn list(&self, collection: &Collection, name: &str) -> Option<String> {
        self.once(Kind::List, name, |names| match names {
            Some(names) => self.best(name, &names.lists),
            None => suggest::best(name, collection.lists.iter().map(|(_, list)| &*list.name)).map(str::to_owned),
        })
    }

    /// The macro that is most likely meant.
    pub(crate) fn macro_(&self, collection: &Collection, name: &str) -> Option<String> {
        self.once(Kind::Macro, name, |names| match names {
            Some(names) => self.best(name, &names.macros),
            None => suggest::best(name, collection.macros.iter().map(|(_, m)| &*m.name)).map(str::to_owned),
        })
    }

    /// The rule that is most likely meant.
    pub(crate) fn rule(&self, collection: &Collection, name: &str) -> Option<String> {
        self.once(Kind::Rule, name, |names| match names {
            Some(names) => self.best(name, &names.defined_rules),
            None => {
                let defined = collection.rules.iter().filter(|(_, rule)| !RuleState::is_phantom(rule));
                suggest::best(name, defined.map(|(_, rule)| &*rule.name)).map(str::to_owned)
            }
        })
    }

    /// Whether there is a rule of that name.
    pub(crate) fn is_rule(&self, collection: &Collection, name: &str) -> bool {
        match self.names() {
            Some(names) => {
                let position = self.position.get();
                names.rules.iter().take_while(|(at, _)| *at < position).any(|(_, known)| **known == *name)
            }
            None => collection.rules.id(name).is_some(),
        }
    }
}
