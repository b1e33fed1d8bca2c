//! AWS's event stream, written: what Bedrock's streams are framed in. Tests take it from here, too.
#![allow(dead_code, reason = "each user takes what it needs")]

/// A message with these string headers and this payload, its checksums right.
pub fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(u8::try_from(name.len()).expect("a short name"));
        block.extend(name.as_bytes());
        block.push(7);
        let length = u16::try_from(value.len()).expect("a short value");
        block.extend(length.to_be_bytes());
        block.extend(value.as_bytes());
    }
    raw(&block, payload)
}

/// A message with this block of headers, whatever it is.
pub fn raw(block: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).expect("a short message").to_be_bytes();
    let mut out = Vec::new();
    out.extend(length(16 + block.len() + payload.len()));
    out.extend(length(block.len()));
    out.extend(crc32(&out).to_be_bytes());
    out.extend(block);
    out.extend(payload);
    out.extend(crc32(&out).to_be_bytes());
    out
}

/// An event.
pub fn event(name: &str, payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    message(&headers, payload)
}

/// An exception.
pub fn exception(name: &str, payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":exception-type", name),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    message(&headers, payload)
}

/// A stream of lines: `NAME JSON` is an event, `!NAME JSON` an exception; other lines say nothing.
pub fn stream(lines: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let Some(blank) = line.iter().position(|byte| *byte == b' ') else {
            continue;
        };
        let name = String::from_utf8_lossy(&line[..blank]);
        let payload = &line[blank + 1..];
        out.extend(match name.strip_prefix('!') {
            Some(name) => exception(name, payload),
            None => event(&name, payload),
        });
    }
    out
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    })
}
