//! The cases as functions of a Wasm module, for Node.

use crate::{Case, allocations, cases, first_price};
use std::cell::RefCell;

thread_local! {
    static CASES: RefCell<Vec<Case>> = RefCell::default();
}

fn with<T>(index: usize, act: impl FnOnce(&mut Case) -> T) -> T {
    CASES.with_borrow_mut(|cases| {
        if cases.is_empty() {
            *cases = crate::cases();
        }
        act(&mut cases[index])
    })
}

/// How many cases there are.
#[unsafe(no_mangle)]
pub extern "C" fn micro_cases() -> usize {
    cases().len()
}

/// Where a case's name is.
#[unsafe(no_mangle)]
pub extern "C" fn micro_name(index: usize) -> *const u8 {
    with(index, |case| case.name.as_ptr())
}

/// How long it is.
#[unsafe(no_mangle)]
pub extern "C" fn micro_name_length(index: usize) -> usize {
    with(index, |case| case.name.len())
}

/// How many events or requests one run has.
#[unsafe(no_mangle)]
pub extern "C" fn micro_units(index: usize) -> usize {
    with(index, |case| case.units)
}

/// Runs a case so many times; returns how often memory was asked for.
#[unsafe(no_mangle)]
pub extern "C" fn micro_run(index: usize, times: usize) -> f64 {
    with(index, |case| {
        let before = allocations::count();
        for _ in 0..times {
            (case.run)();
        }
        (allocations::count() - before) as f64
    })
}

/// A price is asked for. Only an instance's first call tells what unpacking the table costs.
#[unsafe(no_mangle)]
pub extern "C" fn micro_first_price() {
    first_price();
}
