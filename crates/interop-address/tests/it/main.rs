//! Vectors from elsewhere and of our own, and that both forms say the same of anything.

mod forms;
mod vectors;
