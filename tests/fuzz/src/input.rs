//! Reads choices off an input's beginning; what is left is the bytes that are looked at.

/// An input, read from its front. At its end it gives zeros.
pub struct Input<'d>(&'d [u8]);

impl<'d> Input<'d> {
    /// All of an input.
    pub fn new(data: &'d [u8]) -> Self {
        Input(data)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A place in a list of this many.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// A piece as long as two bytes say, at most what is left.
    pub fn piece(&mut self) -> &'d [u8] {
        let length = usize::from(self.byte()) + 256 * usize::from(self.byte() & 0x0f);
        let (piece, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        piece
    }

    /// What is left.
    pub fn rest(&mut self) -> &'d [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Bytes cut into pieces of these lengths, in turn.
pub struct Cuts([u8; 3]);

impl Cuts {
    /// Lengths from an input.
    pub fn read(input: &mut Input<'_>) -> Self {
        Cuts([input.byte(), input.byte(), input.byte()])
    }

    /// The pieces; some may be empty.
    pub fn pieces<'b>(&self, bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        for length in self.0.iter().cycle() {
            if rest.is_empty() || pieces.len() > 200 {
                break;
            }
            // An empty piece now and then, but not for ever.
            let length = usize::from(*length).max(usize::from(pieces.len() % 3 > 0));
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        pieces
    }
}
