//! What is asked of the loop.

use super::{Bench, Conn};
use crate::control::{Asked, Command, Reply};
use crate::run::Run;
use mio::net::TcpListener;
use mio::{Interest, Token};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::SocketAddr;

impl Bench {
    /// Commands that came; false at their end.
    pub(super) fn obey(&mut self) -> io::Result<bool> {
        loop {
            match self.commands.try_recv() {
                Ok(line) => {
                    let command = serde_json::from_str(&line).map_err(io::Error::other);
                    match command.and_then(|command| self.command(command)) {
                        Ok(None) => {}
                        Ok(Some(reply)) => tell(&reply)?,
                        Err(error) => tell(&Reply::Error {
                            error: error.to_string(),
                        })?,
                    }
                }
                Err(std::sync::mpsc::TryRecvError::Empty) => return Ok(true),
                Err(std::sync::mpsc::TryRecvError::Disconnected) => return Ok(false),
            }
        }
    }

    /// Does what is asked. A run is replied to when it has ended.
    fn command(&mut self, command: Command) -> io::Result<Option<Reply>> {
        let done = Ok(Some(Reply::Done { done: true }));
        match command {
            Command::Listen => {
                let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
                let port = listener.local_addr()?.port();
                let entry = self.conns.vacant_entry();
                let token = Token(entry.key());
                self.poll
                    .registry()
                    .register(&mut listener, token, Interest::READABLE)?;
                entry.insert(Some(Conn::Listener(listener, port)));
                Ok(Some(Reply::Port { port }))
            }
            Command::Play(play) => {
                self.provider.play = play;
                done
            }
            Command::Run(asked) => self.begin(asked).map(|()| None),
            Command::Release => {
                self.provider.play.hold = None;
                if let Some(run) = &mut self.run {
                    run.asked.hold = false;
                }
                self.push();
                Ok(None)
            }
            Command::Served { port } => {
                let of_port = |((at, wire), served)| (at == port).then_some((wire, served));
                let served = self.provider.served.clone().into_iter();
                let served = served.filter_map(of_port).collect::<BTreeMap<_, _>>();
                let unknown = self
                    .provider
                    .unknown
                    .get(&port)
                    .copied()
                    .unwrap_or_default();
                Ok(Some(Reply::Served { served, unknown }))
            }
            Command::Last => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let (head, body) = &self.provider.last;
                Ok(Some(Reply::Last {
                    head: text(head),
                    body: text(body),
                }))
            }
            Command::Close => {
                self.close();
                done
            }
        }
    }

    /// Closes the client's connections.
    pub(super) fn close(&mut self) {
        self.conns
            .retain(|_, conn| !matches!(conn, Some(Conn::Client(_))));
        self.idle.clear();
        self.clients = 0;
    }

    fn begin(&mut self, asked: Asked) -> io::Result<()> {
        let peer = (asked.port, asked.h2);
        if self.peer != peer || self.clients != asked.connections || self.idle.len() != self.clients
        {
            self.close();
            self.peer = peer;
            for number in 0..asked.connections {
                self.connect(u32::try_from(number).unwrap_or(0))?;
            }
        }
        self.run = Some(Run::new(asked, self.provider.play.paced)?);
        Ok(())
    }
}

/// Replies.
///
/// # Errors
/// A standard output that is gone.
pub(super) fn tell(reply: &Reply) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, reply)?;
    out.write_all(b"\n")?;
    out.flush()
}
