//! Run by cargo before the program is compiled: gives it a hash of what it is made of.
//!
//! What builds keep for the next one holds only for the same program. Its version says too
//! little while it is worked on, its file's time too much where it is installed anew each
//! night, and its file is too large to be read every time.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What the program is made of.
const MADE_OF: [&str; 4] = ["src", "themes", "Cargo.toml", "Cargo.lock"];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    for name in MADE_OF {
        println!("cargo::rerun-if-changed={name}");
        hash.path(&root.join(name));
    }
    println!("cargo::rustc-env=PATCHPRESS_SOURCE={:016x}", hash.0);
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Fnv {
    /// A file, or all files of a directory in the order of their names.
    fn path(&mut self, path: &Path) {
        match fs::read_dir(path) {
            Ok(entries) => {
                let mut names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                names.sort();
                names.iter().for_each(|path| self.path(path));
            }
            Err(_) => {
                let name = path.file_name().unwrap_or_default();
                self.bytes(name.as_encoded_bytes());
                self.bytes(&fs::read(path).unwrap_or_default());
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
