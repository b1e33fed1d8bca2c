//! Errors in Google's wire: `{"error":{code,message,status}}`.

mod render;

pub use super::failure::read;
pub(super) use render::{begin_event, end_event, write_event};
pub use render::{body, event, is_body};
