//! Whether a condition can hold, always holds, or follows from another one.
//!
//! A [`Formula`] is a Boolean expression over *atoms*: tests of one variable's value. A variable has one value or none; without a value
//! every test of it is false, as in Falco. The solver must not know syntax, files or Falco's tables: what a field is and what an
//! operator means is lowered to [`Test`]s by the compiler (`falco_compiler::logic`).
//!
//! What it says is proven: [`Answer::No`] and [`Answer::Yes`] (with a [`Witness`]) are certain, everything else is
//! [`Answer::Unknown`]. Work is bounded by a [`Budget`] of steps, so that no condition can keep it busy.
//!
//! Start with [`Space`]: it holds the variables and atoms, and answers the questions. `search.rs` is the search over the Boolean
//! structure, `theory/` says what tests of one variable can hold together.

mod formula;
mod search;
mod space;
mod test;
mod theory;

pub use formula::{AtomId, Formula, VarId};
pub use space::{Answer, Budget, Comparison, Space, Variable, Witness};
pub use test::{Test, Value};
