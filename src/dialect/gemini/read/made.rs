//! JSON that the reader makes: a request borrows its schemas, and those that were converted stand in no body.

use crate::chat::{Error, ErrorKind, Request, ResponseFormat, Tool};
use crate::dialect::Made;
use crate::json::{self, Value, Writer};
use std::ops::Range;

/// Where a piece belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The arguments of the function that is this one of the request's tools.
    Parameters(usize),
    /// That tool's own words.
    Own(usize),
    /// The answer's schema.
    Answer,
}

/// Pieces, one after the other.
#[derive(Debug, Default)]
pub(super) struct Making {
    text: Vec<u8>,
    pieces: Vec<(Place, Range<usize>)>,
}

impl Making {
    /// Makes a piece.
    pub(super) fn make(&mut self, place: Place, write: impl FnOnce(&mut Writer<'_>)) {
        let start = self.text.len();
        write(&mut Writer::new(&mut self.text));
        self.pieces.push((place, start..self.text.len()));
    }

    /// Puts every piece where it belongs.
    pub(super) fn finish<'a>(self, made: &'a Made, request: &mut Request<'a>) -> Result<(), Error> {
        if self.pieces.is_empty() {
            return Ok(());
        }
        let broken = || Error::new(ErrorKind::Internal, "A schema could not be converted");
        let text = String::from_utf8(self.text).map_err(|_| broken())?;
        made.set(text).map_err(|_| broken())?;
        let text = made.get().map(String::as_str).unwrap_or_default();
        for (place, span) in self.pieces {
            let piece = text.get(span).ok_or_else(broken)?;
            match place {
                Place::Parameters(index) => {
                    if let Some(Tool::Function { parameters, .. }) = request.tools.get_mut(index) {
                        *parameters = Some(piece);
                    }
                }
                Place::Own(index) => {
                    let Ok(Value::Object(object)) = json::parse(piece.as_bytes()) else {
                        return Err(broken());
                    };
                    match request.tools.get_mut(index) {
                        Some(Tool::WebSearch(search)) => search.own = Some(object),
                        Some(Tool::CodeExecution { own }) => *own = object,
                        Some(Tool::Other { value, .. }) => *value = object,
                        _ => {}
                    }
                }
                Place::Answer => {
                    if let Some(ResponseFormat::JsonSchema { schema, .. }) =
                        &mut request.response_format
                    {
                        *schema = Some(piece);
                    }
                }
            }
        }
        Ok(())
    }
}
