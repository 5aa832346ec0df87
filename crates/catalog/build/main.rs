//! Makes the catalogue's static tables from the text files in `data/`.
//!
//! Everything is known at build time, so that a program which asks for one field does not first parse them all. The data
//! files are lines of words: easy to read in a diff, and no parser crate is needed to build this crate.

// Cargo reads a build script's directives from its standard output.
#![allow(clippy::print_stdout)]

mod docs;
mod events;
mod facts;
mod fields;
mod text;
mod versions;

use std::path::{Path, PathBuf};

fn main() {
    let data = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("data");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=data");

    let docs = docs::Docs::read(&data.join("docs"));
    let versions = versions::Versions::read(&data.join("versions.txt"));
    let flags = facts::Flags::read(&data.join("flags.txt"));
    let syscalls = facts::Syscalls::read(&data.join("syscalls.txt"));
    let events = events::Events::read(&data.join("events.txt"), &flags, &syscalls);
    write(&out, "flags.rs", &flags.emit());
    write(&out, "syscalls.rs", &syscalls.emit(&events));
    write(&out, "events.rs", &events.emit(&flags, &syscalls, &docs));
    write(&out, "conversions.rs", &facts::conversions(&data.join("conversions.txt"), &events));
    write(&out, "fields.rs", &fields::emit(&data.join("fields.txt"), &data.join("plugins.txt"), &docs, &versions));
    write(&out, "docs.rs", &docs.emit_rest());
    write(&out, "versions.rs", &versions.emit());
}

fn write(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).expect("the build directory can be written");
}
