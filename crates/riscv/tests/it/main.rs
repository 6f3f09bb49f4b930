//! The machine against formulas, the manual's listing, QEMU, and the programs it is for.

mod asm;
mod files;
mod legality;
mod programs;
mod qemu;
mod semantics;
