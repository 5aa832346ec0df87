//! Boolean expressions over atoms.

/// A variable of a [`Space`](crate::Space).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u32);

/// A test of a variable, interned in a [`Space`](crate::Space).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// A Boolean expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formula {
    /// All hold; the empty one is true.
    And(Vec<Formula>),
    /// One holds; the empty one is false.
    Or(Vec<Formula>),
    /// The child does not hold.
    Not(Box<Formula>),
    /// A test holds.
    Atom(AtomId),
}

impl Formula {
    /// What always holds.
    pub const TRUE: Self = Self::And(Vec::new());
    /// What never holds.
    pub const FALSE: Self = Self::Or(Vec::new());

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(child) => *child,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Its value, given that of every atom.
    pub fn holds(&self, atom: &dyn Fn(AtomId) -> bool) -> bool {
        match self {
            Self::And(children) => children.iter().all(|child| child.holds(atom)),
            Self::Or(children) => children.iter().any(|child| child.holds(atom)),
            Self::Not(child) => !child.holds(atom),
            Self::Atom(id) => atom(*id),
        }
    }
}
