//! Compiles the programs in bpf/ where that can be done, and sets the cfg `probe` then.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rustc-check-cfg=cfg(probe)");
    println!("cargo:rustc-check-cfg=cfg(no_clang)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=data/ops.txt");
    println!("cargo:rerun-if-changed=../../bpf");
    println!("cargo:rerun-if-env-changed=BPF_CLANG");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let ops = fs::read_to_string("data/ops.txt").expect("data/ops.txt is part of the crate");
    fs::write(out.join("ops.h"), ops_header(&ops)).expect("OUT_DIR can be written");
    programs(&out);
}

/// The operations' numbers for C: in order from 1, and where each section begins.
fn ops_header(ops: &str) -> String {
    let mut header = String::from("#pragma once\nenum {\n");
    let mut number = 0;
    for line in ops.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            header += &format!("\tOP_FIRST_{} = {},\n", section.to_uppercase(), number + 1);
        } else if let Some(name) = line.split_whitespace().next() {
            number += 1;
            header += &format!("\tOP_{name} = {number},\n");
        }
    }
    header + "};\n"
}

#[cfg(feature = "bpf")]
fn programs(out: &Path) {
    let target = (env::var("CARGO_CFG_TARGET_OS"), env::var("CARGO_CFG_TARGET_ARCH"));
    if target != (Ok("linux".into()), Ok("x86_64".into())) {
        return;
    }
    let Some(clang) = clang() else {
        println!("cargo:rustc-cfg=no_clang");
        // What is not there counts as changed: the next build looks again.
        println!("cargo:rerun-if-changed=no-clang-yet");
        println!(
            "cargo:warning=no clang that can make BPF programs: the live probe is left out (apt-get install clang-19)"
        );
        return;
    };
    for name in ["probe", "snapshot"] {
        libbpf_cargo::SkeletonBuilder::new()
            .source(format!("../../bpf/{name}.bpf.c"))
            .clang(&clang)
            .clang_args([
                "-I".as_ref(),
                out.as_os_str(),
                "-D__TARGET_ARCH_x86".as_ref(),
                "-Wall".as_ref(),
                "-Werror".as_ref(),
            ])
            .obj(out.join(format!("{name}.bpf.o")))
            .build_and_generate(out.join(format!("{name}.skel.rs")))
            .expect("the programs in bpf/ compile");
    }
    println!("cargo:rustc-cfg=probe");
}

#[cfg(not(feature = "bpf"))]
fn programs(_out: &Path) {}

/// The first compiler that knows the BPF target.
#[cfg(feature = "bpf")]
fn clang() -> Option<String> {
    let named = env::var("BPF_CLANG").ok();
    let known = ["clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"];
    named.into_iter().chain(known.map(String::from)).find(|clang| {
        let targets = std::process::Command::new(clang).arg("--print-targets").output();
        targets.is_ok_and(|o| o.status.success() && String::from_utf8_lossy(&o.stdout).contains("bpf "))
    })
}
