//! One connection of the load generator's.

use crate::answers::MARK;
use crate::control::Asked;
use crate::http1::{self, Body, Head};
use crate::http2::{self, Came, Http2};
use memchr::memmem::Finder;
use mio::net::TcpStream;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

/// A request, as every connection sends it but for its number.
#[derive(Debug)]
pub struct Template {
    head: Vec<u8>,
    body: Vec<u8>,
    /// Where the number's six digits are in the body.
    mark: Option<usize>,
    needle: Finder<'static>,
    /// Whether all content is counted, not only the first looked for.
    counts: bool,
}

impl Template {
    /// # Errors
    /// A body's file that cannot be read.
    pub fn new(asked: &Asked, counts: bool) -> io::Result<Self> {
        let body = std::fs::read(&asked.body)?;
        let authority = format!("127.0.0.1:{}", asked.port);
        let head = if asked.h2 {
            http2::headers(&authority, &asked.path, &asked.headers)
        } else {
            let mut head = format!("POST {} HTTP/1.1\r\nhost: {authority}\r\n", asked.path);
            for (name, value) in &asked.headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
            head.into_bytes()
        };
        let mark = memchr::memmem::find(&body, MARK).map(|place| place + MARK.len());
        Ok(Template {
            head,
            body,
            mark,
            needle: Finder::new(asked.needle.as_bytes()).into_owned(),
            counts,
        })
    }
}

/// A request that waits for its answer's end.
#[derive(Debug)]
pub struct Flight {
    due: Instant,
    /// From when it was due to its first content.
    pub first: Option<Duration>,
    pub status: u16,
    pub bytes: usize,
    /// Content seen.
    pub seen: usize,
}

#[derive(Debug)]
enum Protocol {
    /// A head that is not whole yet, and the head that is.
    Http1(Vec<u8>, Option<Head>),
    Http2(Box<Http2>),
}

/// A connection to a gateway.
#[derive(Debug)]
pub struct ClientConn {
    pub stream: TcpStream,
    /// Its number, which its requests carry.
    pub number: u32,
    pub flight: Option<Flight>,
    protocol: Protocol,
    body: Vec<u8>,
    out: Vec<u8>,
    sent: usize,
    connected: bool,
    close: bool,
}

/// An answer's end.
#[derive(Debug)]
pub struct Ended {
    pub flight: Flight,
    pub latency: Duration,
    /// Whether the connection cannot be used again.
    pub close: bool,
}

impl ClientConn {
    pub fn new(stream: TcpStream, number: u32, h2: bool) -> Self {
        let mut out = Vec::new();
        let protocol = if h2 {
            Protocol::Http2(Box::new(Http2::new(&mut out)))
        } else {
            Protocol::Http1(Vec::new(), None)
        };
        ClientConn {
            stream,
            number,
            flight: None,
            protocol,
            body: Vec::new(),
            out,
            sent: 0,
            connected: false,
            close: false,
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// A socket that broke.
    pub fn start(&mut self, template: &Template, due: Instant) -> io::Result<()> {
        self.flight = Some(Flight {
            due,
            first: None,
            status: 0,
            bytes: 0,
            seen: 0,
        });
        self.body.clone_from(&template.body);
        if let Some(mark) = template.mark {
            let number = format!("{:06}", self.number);
            self.body[mark..mark + 6].copy_from_slice(number.as_bytes());
        }
        match &mut self.protocol {
            Protocol::Http1(..) => {
                self.out.extend_from_slice(&template.head);
                self.out.extend_from_slice(&self.body);
            }
            Protocol::Http2(http2) => http2.start(&template.head, &self.body, &mut self.out),
        }
        self.write()
    }

    /// The socket can be written.
    ///
    /// # Errors
    /// A socket that broke, or was refused.
    pub fn writable(&mut self) -> io::Result<()> {
        if !self.connected {
            if let Some(error) = self.stream.take_error()? {
                return Err(error);
            }
            self.connected = true;
            self.stream.set_nodelay(true)?;
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        if !self.connected {
            return Ok(());
        }
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Takes bytes that came.
    ///
    /// # Errors
    /// What is no answer, or a socket that broke.
    pub fn read(&mut self, bytes: &[u8], template: Option<&Template>) -> io::Result<Option<Ended>> {
        let (Some(flight), Some(template)) = (&mut self.flight, template) else {
            return match &mut self.protocol {
                Protocol::Http1(..) => Err(io::Error::other("bytes that nothing asked for")),
                Protocol::Http2(http2) => {
                    http2.read(bytes, &[], &mut self.out, |_| {})?;
                    self.write().map(|()| None)
                }
            };
        };
        let mut done = false;
        match &mut self.protocol {
            Protocol::Http1(partial, head) => {
                let joined;
                let mut bytes = bytes;
                if !partial.is_empty() {
                    partial.extend_from_slice(bytes);
                    joined = std::mem::take(partial);
                    bytes = &joined;
                }
                if head.is_none() {
                    let Some(found) = http1::response(bytes)? else {
                        partial.extend_from_slice(bytes);
                        return Ok(None);
                    };
                    bytes = &bytes[found.size..];
                    flight.status = found.status;
                    self.close = found.close;
                    done = found.body == Body::Length(0);
                    *head = Some(found);
                }
                if let Some(found) = head {
                    done = done
                        || found
                            .body
                            .feed(&mut bytes, |data| flight.saw(data, template))?;
                }
                if done {
                    *head = None;
                }
            }
            Protocol::Http2(http2) => {
                http2.read(bytes, &self.body, &mut self.out, |came| match came {
                    Came::Status(status) => flight.status = status,
                    Came::Data(data) => flight.saw(data, template),
                    Came::End => done = true,
                })?;
                self.write()?;
            }
        }
        if !done {
            return Ok(None);
        }
        let close = self.close;
        Ok(self.flight.take().map(|flight| Ended {
            latency: flight.due.elapsed(),
            flight,
            close,
        }))
    }
}

impl Flight {
    fn saw(&mut self, data: &[u8], template: &Template) {
        self.bytes += data.len();
        if template.needle.needle().is_empty() {
            return;
        }
        if template.counts {
            self.seen += template.needle.find_iter(data).count();
        } else if self.first.is_none() {
            self.seen = usize::from(template.needle.find(data).is_some());
        }
        if self.first.is_none() && self.seen > 0 {
            self.first = Some(self.due.elapsed());
        }
    }
}
