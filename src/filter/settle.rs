//! What a request came to, in filter state and metrics.

use super::edge::EdgeFilter;
use super::host;
use super::metrics;
use crate::exchange::settlement::settle;
use crate::exchange::{AttemptRecord, Operation};

impl EdgeFilter {
    /// Settles the request: once, in the end.
    pub(super) fn settle(&mut self) {
        self.end.now_ms = host::now_ms();
        // While an answer is held inline and its provider dies, Envoy replies without asking a filter.
        if !self.end.complete
            && self.inline.is_some()
            && let Some(status) = host::number("response\0code")
            && status >= 400
        {
            self.end.status = u16::try_from(status).unwrap_or(502);
            self.end.complete = true;
        }
        let records = match &mut self.inline {
            Some(sent) => vec![sent.answer.settled().clone()],
            None if self.whole.is_empty() => Self::records(),
            None => std::mem::take(&mut self.whole),
        };
        let settled = settle(&self.end, &records);
        let operation = self
            .end
            .operation
            .map(Operation::as_str)
            .unwrap_or_default();
        let asked = [
            ("operation", operation),
            ("caller", self.caller.as_str()),
            ("team", self.team.as_str()),
            ("model", self.model.as_str()),
            ("target", self.target.as_str()),
        ];
        settled.properties(self.config.publish, &asked, &mut host::set_property);
        let limits = &self.config.label_limits;
        metrics::request(&settled, operation, &self.caller, limits);
        metrics::attempts(&records, limits);
    }

    /// The attempts' records, in their order.
    pub(super) fn records() -> Vec<AttemptRecord> {
        let mut records = Vec::new();
        let read = |number: u32| {
            let bytes = host::property(&AttemptRecord::key(number))?;
            AttemptRecord::unpack(&bytes)
        };
        let Some(first) = read(1) else {
            // A first attempt may have gone where no filter of ours is.
            let count = host::number("upstream\0request_attempt_count").unwrap_or(0);
            let count = u32::try_from(count.min(64)).unwrap_or(0);
            return (2..=count).filter_map(read).collect();
        };
        // Nothing is retried that was answered.
        let answered = first.is_whole();
        records.push(first);
        if answered {
            return records;
        }
        let mut number = 2;
        while let Some(record) = read(number) {
            records.push(record);
            number = number.saturating_add(1);
        }
        records
    }
}
