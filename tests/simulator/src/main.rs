//! Plays the providers' wires on loopback, for Weir's tests and benchmarks.

fn main() {}
