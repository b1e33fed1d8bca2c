//! Edits of requests that pass in this wire: everything else stays byte for byte.

use crate::chat::{Error, ErrorKind};
use crate::dialect::Edits;
use crate::json::Text;
use crate::json::scan::top_level;
use crate::json::splice::Splice;

/// Makes `edits` in a request body; `None` where nothing changes. Usage needs no asking in this wire.
///
/// # Errors
/// The body is not one JSON object.
pub fn edit(body: &[u8], edits: &Edits<'_>) -> Result<Option<Vec<u8>>, Error> {
    let Some(name) = edits.model else {
        return Ok(None);
    };
    let [model] = top_level(body, ["model"]).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("The request body is not a JSON object: {error}"),
        )
    })?;
    let mut value = Vec::new();
    Text::from(name).write(&mut value);
    let mut splice = Splice::new(body);
    match model {
        Some(member) => splice.replace(&member, value),
        None => splice.append(&format!("\"model\":{}", String::from_utf8_lossy(&value))),
    }
    Ok(Some(splice.apply()))
}
