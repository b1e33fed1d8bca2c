//! HTTP/1.1, read as it comes: heads, and bodies by length or in chunks. Nothing is copied that lies in one read.

use std::io;

/// Most bytes of a head.
const HEAD: usize = 64 * 1024;
/// Most headers.
const HEADERS: usize = 96;

/// A message's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status of an answer; 0 for a request.
    pub status: u16,
    /// The path of a request.
    pub path: String,
    pub body: Body,
    /// Whether the connection ends with this message.
    pub close: bool,
    /// How many bytes it took.
    pub size: usize,
}

/// How much of a body is still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// This many bytes.
    Length(usize),
    Chunked(Chunk),
    /// All until the connection ends.
    ToEnd,
}

/// Where in a chunked body the reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// In a chunk's size: the digits so far, and whether they ended.
    Size(usize, bool),
    Data(usize),
    /// Before the line end after the data: bytes left of it.
    DataEnd(u8),
    /// After the last chunk: bytes in the present line.
    Trailer(usize),
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads a request's head; `None` where it is not whole yet.
///
/// # Errors
/// What no HTTP/1.1 message has.
pub fn request(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(bytes).map_err(io::Error::other)?;
    let httparse::Status::Complete(size) = parsed else {
        return partial(bytes);
    };
    let path = request.path.unwrap_or_default().to_owned();
    let (body, close) = framing(request.headers, Body::Length(0))?;
    let status = 0;
    Ok(Some(Head {
        status,
        path,
        body,
        close,
        size,
    }))
}

/// Reads an answer's head; `None` where it is not whole yet.
///
/// # Errors
/// What no HTTP/1.1 message has.
pub fn response(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).map_err(io::Error::other)?;
    let httparse::Status::Complete(size) = parsed else {
        return partial(bytes);
    };
    let status = response.code.unwrap_or(0);
    let (body, close) = framing(response.headers, Body::ToEnd)?;
    let path = String::new();
    Ok(Some(Head {
        status,
        path,
        body,
        close,
        size,
    }))
}

fn partial(bytes: &[u8]) -> io::Result<Option<Head>> {
    if bytes.len() > HEAD {
        return Err(broken("a head without an end"));
    }
    Ok(None)
}

fn framing(headers: &[httparse::Header<'_>], otherwise: Body) -> io::Result<(Body, bool)> {
    let (mut body, mut close) = (otherwise, false);
    for header in headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let length = std::str::from_utf8(header.value).unwrap_or_default();
            let length = length.trim().parse();
            body = Body::Length(length.map_err(|_| broken("a content length"))?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            body = Body::Chunked(Chunk::Size(0, false));
        } else if header.name.eq_ignore_ascii_case("connection") {
            close = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    Ok((body, close))
}

impl Body {
    /// Takes what is the body's off the front of `bytes`, gives its data to `sink`, and says whether it is whole.
    ///
    /// # Errors
    /// A chunk that is none.
    pub fn feed(&mut self, bytes: &mut &[u8], mut sink: impl FnMut(&[u8])) -> io::Result<bool> {
        match self {
            Body::Length(left) => {
                let (data, rest) = bytes.split_at((*left).min(bytes.len()));
                sink(data);
                *left -= data.len();
                *bytes = rest;
                Ok(*left == 0)
            }
            Body::ToEnd => {
                sink(bytes);
                *bytes = &[];
                Ok(false)
            }
            Body::Chunked(chunk) => chunk.feed(bytes, sink),
        }
    }
}

impl Chunk {
    fn feed(&mut self, bytes: &mut &[u8], mut sink: impl FnMut(&[u8])) -> io::Result<bool> {
        while let [first, rest @ ..] = *bytes {
            match self {
                Chunk::Data(left) => {
                    let (data, after) = bytes.split_at((*left).min(bytes.len()));
                    sink(data);
                    *bytes = after;
                    *left -= data.len();
                    if *left == 0 {
                        *self = Chunk::DataEnd(2);
                    }
                    continue;
                }
                Chunk::Size(size, ended) => match first {
                    b'\n' if *size == 0 => *self = Chunk::Trailer(0),
                    b'\n' => *self = Chunk::Data(*size),
                    b'\r' | b';' | b' ' => *ended = true,
                    _ if *ended => {}
                    digit => {
                        let value = char::from(*digit).to_digit(16);
                        let value = value.ok_or_else(|| broken("a chunk's size"))?;
                        let next = size.checked_mul(16).map(|size| size | value as usize);
                        *size = next.ok_or_else(|| broken("a chunk's size"))?;
                    }
                },
                Chunk::DataEnd(1) => *self = Chunk::Size(0, false),
                Chunk::DataEnd(left) => *left -= 1,
                Chunk::Trailer(length) => match first {
                    b'\n' if *length == 0 => {
                        *bytes = rest;
                        return Ok(true);
                    }
                    b'\n' => *length = 0,
                    b'\r' => {}
                    _ => *length += 1,
                },
            }
            *bytes = rest;
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_read_wherever_it_is_cut() {
        let text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n11\r\n, whole new world\r\n0\r\nt: 1\r\n\r\n";
        let head = response(text).expect("a head").expect("all of it");
        assert_eq!(head.status, 200);
        let rest = &text[head.size..];
        for cut in 0..rest.len() {
            let (mut got, mut body) = (Vec::new(), head.body.clone());
            let (first, second) = rest.split_at(cut);
            let mut done = false;
            for mut part in [first, second] {
                done = body
                    .feed(&mut part, |data| got.extend_from_slice(data))
                    .expect("chunks");
                assert!(part.is_empty());
            }
            assert!(done, "cut at {cut}");
            assert_eq!(got, b"hello, whole new world");
        }
    }

    #[test]
    fn heads_tell_lengths() {
        let head = request(b"POST /v1/x HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc").expect("a head");
        let head = head.expect("all of it");
        assert_eq!((head.path.as_str(), head.body), ("/v1/x", Body::Length(3)));
        assert!(request(b"POST /v1/x HT").expect("a beginning").is_none());
        assert!(response(b"HTTP/1.1 two hundred\r\n\r\n").is_err());
    }
}
