//! The event loop that is both the load generator and the provider: on the one core that they share, nothing has to be
//! handed from one process to another.

mod commands;

use crate::answers::Answers;
use crate::client::ClientConn;
use crate::control::Reply;
use crate::provider::{Provider, ServerConn};
use crate::run::Run;
use commands::tell;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;
use std::collections::VecDeque;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// The token of the thread that reads commands.
pub const COMMANDS: Token = Token(usize::MAX - 1);
/// Bytes taken from a socket at once.
const READ: usize = 256 * 1024;
/// After how many idle polls in turn streams that wait for the client are told on.
const QUIET: u32 = 10;

enum Conn {
    Listener(TcpListener, u16),
    Server(ServerConn),
    Client(ClientConn),
}

/// Everything.
pub struct Bench {
    poll: Poll,
    conns: Slab<Option<Conn>>,
    provider: Provider,
    run: Option<Run>,
    /// The client's connections that wait for a request, and how many there are in all.
    idle: VecDeque<usize>,
    clients: usize,
    /// What the connections are to: a port, and whether by HTTP/2.
    peer: (u16, bool),
    scratch: Vec<u8>,
    commands: Receiver<String>,
    /// Kept: its wake-ups go with it.
    _waker: Arc<Waker>,
}

impl Bench {
    /// # Errors
    /// What the system refuses.
    pub fn new(
        answers: Answers,
        commands: impl FnOnce(Arc<Waker>) -> Receiver<String>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), COMMANDS)?);
        let commands = commands(waker.clone());
        Ok(Bench {
            poll,
            conns: Slab::new(),
            provider: Provider {
                answers,
                ..Provider::default()
            },
            run: None,
            idle: VecDeque::new(),
            clients: 0,
            peer: (0, false),
            scratch: vec![0; READ],
            commands,
            _waker: waker,
        })
    }

    /// Serves until standard input ends.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn serve(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut quiet = 0;
        loop {
            let wait = self.run.as_ref().map(Run::idle);
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &events {
                if event.token() == COMMANDS {
                    if !self.obey()? {
                        return Ok(());
                    }
                } else {
                    self.turn(event.token().0);
                }
            }
            if events.is_empty() && wait != Some(Duration::ZERO) {
                quiet += 1;
            } else {
                quiet = 0;
            }
            if quiet >= QUIET {
                quiet = 0;
                self.push();
            }
            self.advance()?;
        }
    }

    fn connect(&mut self, number: u32) -> io::Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.peer.0));
        let mut stream = TcpStream::connect(address)?;
        let entry = self.conns.vacant_entry();
        let token = entry.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, Token(token), interest)?;
        let client = ClientConn::new(stream, number, self.peer.1);
        entry.insert(Some(Conn::Client(client)));
        self.clients += 1;
        self.idle.push_back(token);
        Ok(())
    }

    /// Something happened on a socket.
    fn turn(&mut self, token: usize) {
        let Some(conn) = self.conns.get_mut(token).and_then(Option::take) else {
            return;
        };
        let kept = match conn {
            Conn::Listener(listener, port) => {
                self.accept(&listener, port);
                Some(Conn::Listener(listener, port))
            }
            Conn::Server(mut server) => self
                .serve_one(&mut server)
                .ok()
                .map(|()| Conn::Server(server)),
            Conn::Client(client) => self.client(client, token).map(Conn::Client),
        };
        match kept {
            // The connections may have been closed meanwhile.
            Some(conn) => {
                if let Some(place) = self.conns.get_mut(token) {
                    *place = Some(conn);
                }
            }
            None => drop(self.conns.try_remove(token)),
        }
    }

    fn accept(&mut self, listener: &TcpListener, port: u16) {
        while let Ok((mut stream, _)) = listener.accept() {
            let entry = self.conns.vacant_entry();
            let token = entry.key();
            let interest = Interest::READABLE | Interest::WRITABLE;
            let registry = self.poll.registry();
            let ready = stream
                .set_nodelay(true)
                .and_then(|()| registry.register(&mut stream, Token(token), interest));
            if ready.is_ok() {
                entry.insert(Some(Conn::Server(ServerConn::new(stream, port, token))));
            }
        }
    }

    fn serve_one(&mut self, server: &mut ServerConn) -> io::Result<()> {
        server.write(&mut self.provider)?;
        while let Some(count) = take(&mut server.stream, &mut self.scratch)? {
            server.read(&self.scratch[..count], &mut self.provider)?;
            if count < READ {
                break;
            }
        }
        Ok(())
    }

    /// Returns the connection, if it is to be kept.
    fn client(&mut self, mut client: ClientConn, token: usize) -> Option<ClientConn> {
        let (before, number) = (seen(&client), client.number);
        match self.client_turn(&mut client, token) {
            Ok(true) => {
                let now = seen(&client);
                if now > before {
                    if let Some(run) = self.run.as_mut().filter(|_| before == 0) {
                        run.shown += 1;
                    }
                    self.release(number, now);
                }
                return Some(client);
            }
            Ok(false) => {}
            Err(error) => {
                if let (Some(run), Some(_)) = (&mut self.run, &client.flight) {
                    run.in_flight -= 1;
                    run.fail(&error.to_string());
                }
            }
        }
        self.idle.retain(|idle| *idle != token);
        self.clients -= 1;
        // Where a gateway refuses connections, the run's end or its patience ends it.
        if self.run.is_some()
            && let Err(error) = self.connect(number)
            && let Some(run) = &mut self.run
        {
            run.fail(&error.to_string());
        }
        None
    }

    /// False where the connection ends with its answer.
    fn client_turn(&mut self, client: &mut ClientConn, token: usize) -> io::Result<bool> {
        client.writable()?;
        while let Some(count) = take(&mut client.stream, &mut self.scratch)? {
            let bytes = &self.scratch[..count];
            let template = self.run.as_ref().map(|run| &run.template);
            if let (Some(ended), Some(run)) = (client.read(bytes, template)?, &mut self.run) {
                run.in_flight -= 1;
                run.ended(&ended);
                if ended.close {
                    return Ok(false);
                }
                self.idle.push_back(token);
            }
            if count < READ {
                break;
            }
        }
        Ok(true)
    }

    /// The client saw content of a stream: its next event is told.
    fn release(&mut self, number: u32, seen: usize) {
        let Some(token) = self.provider.paced.get(&number).copied() else {
            return;
        };
        let conn = self.conns.get_mut(token).and_then(Option::as_mut);
        if let Some(Conn::Server(server)) = conn {
            // A broken connection shows when it is read.
            let _ = server.release(&mut self.provider, seen);
        }
    }

    /// Nothing happened for a while: streams that stand still are told on, although the client did not see the last event.
    fn push(&mut self) {
        let tokens: Vec<usize> = self.provider.paced.values().copied().collect();
        for token in tokens {
            let conn = self.conns.get_mut(token).and_then(Option::as_mut);
            if let Some(Conn::Server(server)) = conn
                && server.push(&mut self.provider).unwrap_or(false)
                && let Some(run) = &mut self.run
            {
                run.pushed();
            }
        }
    }

    /// Begins what is due, and ends the run when it is over.
    fn advance(&mut self) -> io::Result<()> {
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        while let Some(token) = self.idle.pop_front() {
            let Some(Some(Conn::Client(client))) = self.conns.get_mut(token) else {
                continue;
            };
            let Some(due) = run.due() else {
                self.idle.push_front(token);
                break;
            };
            run.in_flight += 1;
            if let Err(error) = client.start(&run.template, due) {
                run.in_flight -= 1;
                run.fail(&error.to_string());
                self.conns.remove(token);
                self.clients -= 1;
            }
        }
        if !run.finished() {
            return Ok(());
        }
        if run.asked.hold && run.in_flight > 0 && self.provider.play.hold.is_some() {
            // The streams stay open until they are released; what follows is replied to then.
            run.asked.connections = usize::MAX;
            return tell(&Reply::Done { done: true });
        }
        if let Some(run) = self.run.take() {
            if run.in_flight > 0 {
                self.close();
            }
            tell(&Reply::Found(run.found()))?;
        }
        Ok(())
    }
}

fn seen(client: &ClientConn) -> usize {
    client.flight.as_ref().map_or(0, |flight| flight.seen)
}

/// What a socket has; `None` where it has nothing now.
fn take(stream: &mut TcpStream, scratch: &mut [u8]) -> io::Result<Option<usize>> {
    match stream.read(scratch) {
        Ok(0) => Err(io::Error::other("connection closed")),
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(None),
        Err(error) => Err(error),
    }
}
