//! How tokens are drawn, and what ends the answer.

use super::Draft;
use super::thinking::Thinking;
use crate::chat::Error;
use crate::dialect::anthropic::models::Sampling;
use crate::json::number;
use crate::json::{Text, Writer};

impl Draft<'_, '_> {
    /// `temperature`, `top_p` and `top_k`, and what this wire has no words for.
    pub(super) fn sampling(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let request = self.request;
        if self.own {
            for (key, number) in [
                ("temperature", request.temperature),
                ("top_p", request.top_p),
                ("top_k", request.top_k),
            ] {
                if let Some(number) = number {
                    w.field_raw(key, number);
                }
            }
            return Ok(());
        }
        let thinks = matches!(self.thinking, Thinking::Budget(_) | Thinking::Adaptive(_));
        let allowed = self.rules.sampling != Sampling::None;
        let mut drawn = false;
        if let Some(number) = request.temperature {
            let value = number::value(number).unwrap_or(1.0);
            let default = value == 1.0;
            match default || (allowed && !thinks && (0.0..=1.0).contains(&value)) {
                true if default && (!allowed || request.top_p.is_some()) => {
                    // The default need not be said where it would be refused.
                }
                true => {
                    drawn = !default;
                    w.field_raw("temperature", number);
                }
                false => self.unsupported("temperature")?,
            }
        }
        if let Some(number) = request.top_p {
            let value = number::value(number).unwrap_or(1.0);
            let twice = drawn && self.rules.sampling == Sampling::Either;
            match allowed && !twice && (!thinks || value >= 0.95) {
                true => w.field_raw("top_p", number),
                false if value == 1.0 => {}
                false => self.unsupported("top_p")?,
            }
        }
        if let Some(number) = request.top_k {
            match allowed && !thinks {
                true => w.field_raw("top_k", number),
                false => self.unsupported("top_k")?,
            }
        }
        self.not_in_this_wire()
    }

    fn not_in_this_wire(&mut self) -> Result<(), Error> {
        let request = self.request;
        let zero =
            |number: Option<&str>| number.is_none_or(|text| number::value(text) == Some(0.0));
        let audio = request.modalities.iter().any(|kind| !kind.is("text"));
        for (field, asked) in [
            ("frequency_penalty", !zero(request.frequency_penalty)),
            ("presence_penalty", !zero(request.presence_penalty)),
            ("seed", request.seed.is_some()),
            ("n", request.n.is_some_and(|n| n != 1)),
            ("logprobs", request.logprobs == Some(true)),
            ("top_logprobs", request.top_logprobs.is_some_and(|n| n > 0)),
            ("modalities", audio),
            ("audio", request.audio.is_some()),
        ] {
            if asked {
                self.unsupported(field)?;
            }
        }
        Ok(())
    }

    /// `stop_sequences`.
    pub(super) fn stop(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let blank = |text: &Text<'_>| text.is_blank();
        let request = self.request;
        if !self.own && request.stop.iter().any(blank) {
            self.unsupported("stop")?;
        }
        let kept = request.stop.iter().filter(|text| self.own || !blank(text));
        let kept: Vec<&Text<'_>> = kept.collect();
        if !kept.is_empty() {
            w.key("stop_sequences");
            w.begin_array();
            kept.iter().for_each(|text| w.text(text));
            w.end_array();
        }
        Ok(())
    }
}
