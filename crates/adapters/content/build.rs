//! Embedded content is part of the crate: a file that is added or removed must rebuild it.

fn main() {
    println!("cargo:rerun-if-changed=../../../content");
}
