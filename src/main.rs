//! The `patchpress` command: see `patchpress --help`.

#![forbid(unsafe_code)]

fn main() {}
