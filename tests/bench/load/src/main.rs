//! Load generator and provider of Weir's benchmarks, in one process: `weir-bench-load MANIFEST`.
//!
//! It reads commands from standard input and replies on standard output ([`control`]). The provider's answers are bytes
//! that the simulator wrote, described by the manifest ([`answers`]).

mod answers;
mod bench;
mod client;
mod control;
mod http1;
mod http2;
mod provider;
mod run;

use std::io::{self, BufRead as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// Reads commands on a thread of its own; the end of standard input ends all.
fn commands(waker: Arc<mio::Waker>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        let _ = waker.wake();
    });
    receiver
}

fn main() -> io::Result<()> {
    let manifest = std::env::args().nth(1);
    let manifest = manifest.ok_or_else(|| io::Error::other("usage: weir-bench-load MANIFEST"))?;
    let answers = answers::Answers::load(&manifest)?;
    bench::Bench::new(answers, commands)?.serve()
}
