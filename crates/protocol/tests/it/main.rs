//! The vectors of `spec/vectors`, made by another implementation from the text alone.

mod batch;
mod claim;
mod config;
mod json;
mod rule;
