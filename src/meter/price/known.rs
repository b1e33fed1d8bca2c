//! Prices that were looked for before.

use super::Rates;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

/// Most models that are remembered: clients choose the names.
const MOST: usize = 256;

/// What models cost, or that they have no price, as it was found the first time.
#[derive(Default)]
pub struct KnownRates(RefCell<HashMap<String, Option<Rates>>>);

impl KnownRates {
    /// The rates of `model`, which `find` looks for once.
    pub fn of(&self, model: &str, find: impl FnOnce() -> Option<Rates>) -> Option<Rates> {
        let Ok(mut known) = self.0.try_borrow_mut() else {
            return find();
        };
        if let Some(rates) = known.get(model) {
            return *rates;
        }
        if known.len() >= MOST {
            known.clear();
        }
        let rates = find();
        known.insert(model.to_owned(), rates);
        rates
    }
}

impl fmt::Debug for KnownRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownRates")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_is_looked_for_once_and_the_number_is_bounded() {
        let known = KnownRates::default();
        let price = Some(Rates::default());
        assert_eq!(known.of("a", || price), price);
        assert_eq!(known.of("a", || None), price);
        assert_eq!(known.of("b", || None), None);
        assert_eq!(known.of("b", || price), None);
        for n in 0..2 * MOST {
            known.of(&n.to_string(), || None);
        }
        assert!(known.0.borrow().len() <= MOST);
    }
}
