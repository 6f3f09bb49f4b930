//! The machine against formulas, the manual's listing, QEMU, and the programs it is for.

mod asm;
mod counts;
mod files;
mod inputs;
mod legality;
#[allow(dead_code)] // The examples use the rest.
mod measure;
mod programs;
mod qemu;
mod semantics;
