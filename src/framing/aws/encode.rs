//! The tests' own encoder.

/// A header's value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    Bytes(Vec<u8>),
    String(String),
    Timestamp(i64),
    Uuid([u8; 16]),
}

impl Value {
    fn write(&self, out: &mut Vec<u8>) {
        let counted = |kind: u8, bytes: &[u8], out: &mut Vec<u8>| {
            out.push(kind);
            out.extend(u16::try_from(bytes.len()).expect("short").to_be_bytes());
            out.extend(bytes);
        };
        match self {
            Value::Bool(true) => out.push(0),
            Value::Bool(false) => out.push(1),
            Value::I8(number) => out.extend([2, number.to_be_bytes()[0]]),
            Value::I16(number) => {
                out.push(3);
                out.extend(number.to_be_bytes());
            }
            Value::I32(number) => {
                out.push(4);
                out.extend(number.to_be_bytes());
            }
            Value::I64(number) => {
                out.push(5);
                out.extend(number.to_be_bytes());
            }
            Value::Bytes(bytes) => counted(6, bytes, out),
            Value::String(text) => counted(7, text.as_bytes(), out),
            Value::Timestamp(number) => {
                out.push(8);
                out.extend(number.to_be_bytes());
            }
            Value::Uuid(bytes) => {
                out.push(9);
                out.extend(bytes);
            }
        }
    }
}

/// A message with these headers and this payload.
pub(super) fn message(headers: &[(&str, Value)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(u8::try_from(name.len()).expect("short"));
        block.extend(name.as_bytes());
        value.write(&mut block);
    }
    let length = |bytes: usize| u32::try_from(bytes).expect("short").to_be_bytes();
    let mut out = Vec::new();
    out.extend(length(16 + block.len() + payload.len()));
    out.extend(length(block.len()));
    out.extend([0; 4]);
    out.extend(block);
    out.extend(payload);
    out.extend([0; 4]);
    repair(&mut out);
    out
}

/// An event.
pub(super) fn event(name: &str, payload: &[u8]) -> Vec<u8> {
    let text = |text: &str| Value::String(text.to_owned());
    let headers = [
        (":event-type", text(name)),
        (":content-type", text("application/json")),
        (":message-type", text("event")),
    ];
    message(&headers, payload)
}

/// Makes a message's checksums right. (A tester's bit by bit CRC-32, so that encoder and decoder share no code.)
pub(super) fn repair(message: &mut [u8]) {
    let sum = crc(&message[..8]);
    message[8..12].copy_from_slice(&sum.to_be_bytes());
    let end = message.len() - 4;
    let sum = crc(&message[..end]);
    message[end..].copy_from_slice(&sum.to_be_bytes());
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    })
}
