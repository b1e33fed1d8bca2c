//! The passing path allocates nothing per chunk once it is warm.
#![cfg(not(target_arch = "wasm32"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use weir::dialect::{AnswerContext, Wire};
use weir::exchange::stream::{Route, Stream};
use weir::framing::sse;
use weir::meter::Tally;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator as it came; only a counter of this thread is kept beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(act: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    act();
    COUNT.with(Cell::get) - before
}

const EVENT: &[u8] = b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"some words\"},\"finish_reason\":null}],\"usage\":null}\n\n";

#[test]
fn framing_allocates_nothing_after_warm_up() {
    let mut decoder = sse::Decoder::new(1 << 20);
    let mut seen = 0usize;
    let mut feed = |piece: &[u8]| {
        decoder
            .feed(piece, &mut |event| seen += event.data.len())
            .expect("framing");
    };
    let (head, tail) = EVENT.split_at(50);
    feed(head);
    feed(tail);
    let count = allocations(|| {
        for _ in 0..100 {
            feed(EVENT);
            feed(head);
            feed(tail);
        }
    });
    assert_eq!(count, 0);
    assert!(seen > 0);
}

#[test]
fn a_passing_stream_allocates_nothing_after_warm_up() {
    let mut stream = Stream::new(
        Route::new(Wire::OpenAi, Wire::OpenAi),
        AnswerContext::default(),
    );
    let mut tally = Tally::default();
    let mut out = Vec::new();
    let (head, tail) = EVENT.split_at(50);
    let mut feed = |piece: &[u8]| {
        assert!(stream.chunk(piece, &mut tally, 1, &mut out).untouched);
    };
    // Two events tell what the others look like.
    for _ in 0..2 {
        feed(head);
        feed(tail);
    }
    let count = allocations(|| {
        for _ in 0..100 {
            feed(EVENT);
            feed(head);
            feed(tail);
        }
    });
    assert_eq!(count, 0);
    assert!(tally.usage(0).0.output_tokens > 0);
}
