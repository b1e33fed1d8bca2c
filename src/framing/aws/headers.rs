//! A message's headers.

/// The headers that say what a message is; others are checked and passed over. Empty where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Headers<'a> {
    /// `event`, `exception` or `error`.
    pub(super) message_type: &'a [u8],
    /// An event's name.
    pub(super) event_type: &'a [u8],
    /// An exception's name, as the service's model has it.
    exception_type: &'a [u8],
    /// An error's code: one that the service's model does not have.
    error_code: &'a [u8],
    /// An error's message: such a message has no payload.
    pub(super) error_message: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Reads `name length u8, name, type u8, value` until the end; `None` where they are broken.
    pub(super) fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let mut headers = Headers::default();
        while let Some((&name_length, rest)) = bytes.split_first() {
            if name_length == 0 {
                return None;
            }
            let (name, rest) = rest.split_at_checked(usize::from(name_length))?;
            let (&kind, rest) = rest.split_first()?;
            let (value, rest) = value(kind, rest)?;
            bytes = rest;
            if kind == STRING {
                headers.set(name, value);
            }
        }
        Some(headers)
    }

    fn set(&mut self, name: &[u8], value: &'a [u8]) {
        match name {
            b":message-type" => self.message_type = value,
            b":event-type" => self.event_type = value,
            b":exception-type" => self.exception_type = value,
            b":error-code" => self.error_code = value,
            b":error-message" => self.error_message = value,
            _ => {}
        }
    }

    /// The event's, exception's or error's name.
    pub(super) fn name(&self) -> &'a [u8] {
        match self.message_type {
            b"exception" => self.exception_type,
            b"error" => self.error_code,
            _ => self.event_type,
        }
    }
}

/// The type of strings.
const STRING: u8 = 7;

/// A value of this type, and what follows it.
fn value(kind: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match kind {
        // true, false
        0 | 1 => Some((&[], bytes)),
        // i8, i16, i32, i64
        2 => bytes.split_at_checked(1),
        3 => bytes.split_at_checked(2),
        4 => bytes.split_at_checked(4),
        5 => bytes.split_at_checked(8),
        // bytes, string
        6 | STRING => {
            let (length, rest) = bytes.split_first_chunk::<2>()?;
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        }
        // milliseconds since 1970, i64
        8 => bytes.split_at_checked(8),
        // UUID
        9 => bytes.split_at_checked(16),
        _ => None,
    }
}
