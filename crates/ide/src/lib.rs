//! Editor features over immutable snapshots of a workspace, in plain data with byte offsets.
//!
//! The crate knows nothing of LSP and of tokio. Start reading at [`Analysis`]: a snapshot of the workspace's files that
//! answers every request; `context` says what stands around the cursor; each feature is a module of its own.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod actions;
mod analysis;
mod calls;
mod completion;
pub(crate) mod context;
mod definition;
mod diagnostics;
#[cfg(test)]
mod fixture;
mod folding;
pub mod format;
mod graph;
mod hover;
mod in_test;
mod inlay;
mod inspect;
mod links;
mod markup;
mod names;
mod pages;
pub mod project;
mod references;
mod rename;
mod search;
mod selection;
mod semantic;
mod signature;
mod symbols;
mod tokens;
mod types;

pub use analysis::{Analysis, Settings, WorkspaceFile};
pub use calls::{Call, CallItem};
pub use falco_compiler::Cancel;
pub use folding::Fold;
pub use graph::{Graph, GraphEdge, GraphNode};
pub use in_test::{highlights_in_test, named_in_test, rename_in_test, rule_at_in_test};
pub use inlay::{HintKind, InlayHint};
pub use links::{Link, LinkTarget, links_of_test};
pub use markup::event_names;
pub use names::{Access, Occurrence};
pub use pages::page;
pub use rename::{FileEdits, RenameError};
pub use search::FoundSymbol;
pub use tokens::{Token, TokenKind};
pub use types::*;
