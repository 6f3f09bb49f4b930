//! Where things lie in the 2^32 bytes of memory. The borders are constants of the
//! machine, not part of its state, so that a checker on chain needs no table to enforce
//! them: one comparison each.

/// First address that may be written. Everything below may be executed and never
/// written, everything from here on may be written and never executed.
pub const DATA_START: u32 = 0x1000_0000;

/// Where the input lies: its length as a little-endian word, then its bytes.
pub const INPUT: u32 = 0x2000_0000;

/// The first address behind the longest input.
pub const INPUT_END: u32 = 0x4000_0000;
