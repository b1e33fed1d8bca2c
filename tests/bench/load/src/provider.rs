//! The provider: one connection of a gateway's, which is read, answered, and counted.

use crate::answers::{Answer, Answers, marked};
use crate::control::Play;
use crate::http1::{self, Body, Head};
use mio::net::TcpStream;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write as _};
use std::rc::Rc;

/// What was served to the end, by listener and wire.
#[derive(Debug, Default, Clone, Copy, serde::Serialize)]
pub struct Served {
    pub requests: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
}

/// What all connections of the provider share.
#[derive(Debug, Default)]
pub struct Provider {
    pub answers: Answers,
    pub play: Play,
    pub served: BTreeMap<(u16, &'static str), Served>,
    /// Streams that are told event by event: their numbers, and the connections they are on.
    pub paced: HashMap<u32, usize>,
    /// The last request: its head's bytes, and its body.
    pub last: (Vec<u8>, Vec<u8>),
    /// Requests that no answer was there for, by listener: some gateways ask for lists of models by themselves.
    pub unknown: BTreeMap<u16, u64>,
}

/// A connection from a gateway.
#[derive(Debug)]
pub struct ServerConn {
    pub stream: TcpStream,
    port: u16,
    token: usize,
    /// A head that is not whole yet.
    partial: Vec<u8>,
    reading: Option<Head>,
    body: Vec<u8>,
    telling: Option<Telling>,
    /// What the socket did not take yet.
    unsent: Vec<u8>,
}

/// An answer on its way.
#[derive(Debug)]
struct Telling {
    answer: Rc<Answer>,
    /// At once: bytes sent. Event by event: writes made.
    sent: usize,
    /// The stream's number, where it is told event by event.
    paced: Option<u32>,
}

impl ServerConn {
    pub fn new(stream: TcpStream, port: u16, token: usize) -> Self {
        ServerConn {
            stream,
            port,
            token,
            partial: Vec::new(),
            reading: None,
            body: Vec::new(),
            telling: None,
            unsent: Vec::new(),
        }
    }

    /// Takes bytes that came.
    ///
    /// # Errors
    /// What is no request, or a socket that broke.
    pub fn read(&mut self, bytes: &[u8], shared: &mut Provider) -> io::Result<()> {
        if self.partial.is_empty() {
            return self.parse(bytes, shared);
        }
        let mut whole = std::mem::take(&mut self.partial);
        whole.extend_from_slice(bytes);
        self.parse(&whole, shared)
    }

    fn parse(&mut self, mut bytes: &[u8], shared: &mut Provider) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.reading.is_none() {
                let Some(head) = http1::request(bytes)? else {
                    self.partial.extend_from_slice(bytes);
                    return Ok(());
                };
                let (taken, rest) = bytes.split_at(head.size);
                shared.last.0.clear();
                shared.last.0.extend_from_slice(taken);
                bytes = rest;
                self.body.clear();
                self.reading = Some(head);
            }
            let Some(head) = &mut self.reading else {
                return Ok(());
            };
            let body = &mut self.body;
            let empty = head.body == Body::Length(0);
            if empty
                || head
                    .body
                    .feed(&mut bytes, |data| body.extend_from_slice(data))?
            {
                self.answer(shared)?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, shared: &mut Provider) -> io::Result<()> {
        let Some(head) = self.reading.take() else {
            return Ok(());
        };
        shared.last.1.clone_from(&self.body);
        let play = &shared.play;
        let answer = shared
            .answers
            .to(&head.path, &self.body, &play.unary, &play.stream);
        let Some(answer) = answer else {
            *shared.unknown.entry(self.port).or_default() += 1;
            return self.send(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        };
        let paced = (play.paced && !answer.writes.is_empty())
            .then(|| marked(&self.body).unwrap_or(u32::MAX));
        if let Some(number) = paced {
            shared.paced.insert(number, self.token);
        }
        self.telling = Some(Telling {
            answer,
            sent: 0,
            paced,
        });
        match paced {
            Some(_) => self.release(shared, 0),
            None => self.write(shared),
        }
    }

    /// The client has seen so many events of the content's: what may be told now is written, each event by itself.
    ///
    /// # Errors
    /// A socket that broke.
    pub fn release(&mut self, shared: &mut Provider, seen: usize) -> io::Result<()> {
        while let Some(telling) = &mut self.telling {
            let Some(number) = telling.paced else {
                return Ok(());
            };
            let answer = telling.answer.clone();
            let told = telling.sent.saturating_sub(answer.lead);
            let held = shared.play.hold.is_some_and(|most| told >= most);
            if telling.sent >= answer.lead && (told > seen || held) {
                return Ok(());
            }
            let content = answer.lead + answer.deltas;
            if telling.sent >= content {
                // After the last of the content nothing waits any more.
                self.telling = None;
                shared.paced.remove(&number);
                self.count(&answer, shared);
                return self.send(&answer.writes[content..].concat());
            }
            let write = &answer.writes[telling.sent];
            telling.sent += 1;
            self.send(write)?;
        }
        Ok(())
    }

    /// One event more, although the client has not seen the last; whether there was one to tell.
    ///
    /// # Errors
    /// A socket that broke.
    pub fn push(&mut self, shared: &mut Provider) -> io::Result<bool> {
        let Some(telling) = &self.telling else {
            return Ok(false);
        };
        let (sent, told) = (
            telling.sent,
            telling.sent.saturating_sub(telling.answer.lead),
        );
        self.release(shared, told)?;
        Ok(self
            .telling
            .as_ref()
            .is_none_or(|telling| telling.sent > sent))
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut taken = 0;
        while self.unsent.is_empty() && taken < bytes.len() {
            match self.stream.write(&bytes[taken..]) {
                Ok(count) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.unsent.extend_from_slice(&bytes[taken..]);
        Ok(())
    }

    /// The socket takes bytes again.
    ///
    /// # Errors
    /// A socket that broke.
    pub fn write(&mut self, shared: &mut Provider) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let Some(telling) = self
            .telling
            .as_mut()
            .filter(|telling| telling.paced.is_none())
        else {
            return Ok(());
        };
        let answer = telling.answer.clone();
        while telling.sent < answer.whole.len() {
            match self.stream.write(&answer.whole[telling.sent..]) {
                Ok(count) => telling.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.telling = None;
        self.count(&answer, shared);
        Ok(())
    }

    fn count(&self, answer: &Answer, shared: &mut Provider) {
        let served = shared.served.entry((self.port, answer.wire.name()));
        let served = served.or_default();
        served.requests += 1;
        served.input_tokens += answer.input;
        served.output_tokens += answer.output;
    }
}
