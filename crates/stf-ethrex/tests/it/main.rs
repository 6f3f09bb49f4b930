//! The executor from outside: only what every lane has.

mod check;
mod genesis;
mod lengths;
mod rlp;
mod sign;
mod skip;
mod support;
mod witness;
