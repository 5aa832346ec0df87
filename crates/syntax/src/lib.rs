//! Text to lossless trees for the three languages of a Falco rules file: its YAML, the condition language and the output
//! format string.
//!
//! Every parser here takes any UTF-8 text and returns a tree whose text equals its input, with errors as values beside it.
//! The crate knows nothing of Falco's fields and does no I/O.
//!
//! Start reading at [`yaml`] for the document layer, [`ast`] for the typed view of a rules file, [`source_map`] for how a
//! position inside a scalar maps back to the file, and [`condition`] and [`output`] for the embedded languages.

pub mod ast;
pub mod condition;
mod green;
pub mod line_index;
pub mod output;
pub mod source_map;
pub mod yaml;

pub use line_index::{ColumnUnit, LineCol, LineIndex};
pub use rowan::{TextRange, TextSize};
pub use source_map::SourceMap;
