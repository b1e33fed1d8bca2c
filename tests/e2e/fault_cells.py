"""The matrix of faults: what a provider or a client does, and at which point of an answer.

A *cell* is a fault at a point, of a unary or streamed answer, between two wires. Not every combination has a meaning; `cells` leaves
out, by these rules, and says no more than they do:

* `before headers` has nothing to end well: only what breaks or stops can stand there.
* A unary answer is one piece: it has no first event, and nothing between events. Its `before the end` is all but the last byte.
* Gemini's streams have no terminator: there is no point before it, and none to come twice; nothing comes
  after it that could be told from the answer.
* An event's fault (an error, a broken one) takes an event's place: it stands where an event could.
* A frame has a checksum in AWS's event stream only.
* What a provider says after its error passes where the wires are the same: `then more` is of others.
* A fault of the whole answer (its status, type, length, coding, what follows its end) has one point: `whole`.
"""
from dataclasses import dataclass

from fault_wires import PROVIDERS

HEAD, FIRST, BETWEEN, INSIDE, LAST, BEFORE, WHOLE = (
    "after headers", "in the first event", "between events", "inside an event", "before the end", "before headers", "whole")
SAME = [("openai", "openai"), ("anthropic", "anthropic")]
TRANSLATED = [("openai", "anthropic"), ("openai", "gemini"), ("openai", "bedrock"), ("anthropic", "openai")]
# The inline example has two providers.
INLINE_WIRES = ("openai", "anthropic")
# What stops the answer at a point: RST, FIN before the framing's end, an end that the framing knows (a last chunk, or FIN where
# nothing else tells), the client that goes, and silence.
BREAKS = ["reset", "closes"]
ENDS = ["ends", "ends by closing", "ends with trailers"]
LEAVES = ["client FIN", "client RST"]
EVENTS = ["error event", "broken event", "broken checksum"]
STALLS = ["stalls", "error event, then silence"]
# The provider stops at a point and goes on: what happens meanwhile is not its doing, and the answer is whole in the end.
PAUSES = "pauses"
WHOLES = [
    "nothing wrong", "error in 200", "529", "502 page", "page in 200", "page as answer", "compressed", "compressed secretly",
    "length too long", "length too short", "second terminator", "data after the end", "bytes after the end", "trailers", "no body",
]

# The provider goes on after it: where that is not passed on, it is told to stop.
MORE = [f"{event}, then more" for event in EVENTS]
# These take an event's place.
TAKE_EVENTS = [*EVENTS, *MORE, STALLS[1]]
# Of these no event is read.
NO_EVENTS = ["error in 200", "529", "502 page", "page in 200", "page as answer", "compressed", "compressed secretly", "no body"]


@dataclass(frozen=True)
class Cell:
    fault: str
    point: str
    client: str
    wire: str
    stream: bool
    # Whether OpenAI's client asks for usage: the gateway takes it out again where it did not.
    include_usage: bool = False
    # What the provider did that was asked before this one, where there was one.
    first: str = ""

    def __str__(self):
        usage = "+usage" if self.include_usage else ""
        first = f"{self.first}, then " if self.first else ""
        return f"{first}{self.fault}-{self.point}-{self.client}{usage}-{self.wire}-{'stream' if self.stream else 'unary'}"

    @property
    def same(self):
        return self.client == self.wire

    @property
    def provider(self):
        return PROVIDERS[self.wire]

    def before(self):
        """The events that came whole before the fault, and the bytes of the one that did not; of a unary answer just bytes."""
        events = self.provider.events
        if self.fault in NO_EVENTS:
            return [], b""
        # Too short a length cuts the answer in an event.
        point = INSIDE if self.fault == "length too short" else self.point
        if not self.stream:
            body = self.provider.unary
            return [], {BEFORE: b"", HEAD: b"", INSIDE: body[: len(body) // 2], LAST: body[:-1], WHOLE: body}[point]
        texts = [place for place, event in enumerate(events) if event.part == "text"]
        if point in (BEFORE, HEAD):
            return [], b""
        if point == FIRST:
            return [], b"" if self.fault in TAKE_EVENTS else events[0].data[: len(events[0].data) // 2]
        if point == BETWEEN:
            return list(events[: texts[2]]), b""
        if point == INSIDE:
            return list(events[: texts[2]]), events[texts[2]].data[: len(events[texts[2]].data) // 2]
        if point == LAST:
            return [event for event in events if event.part != "end"], b""
        return list(events), b""

    def came(self):
        """The events that came whole in the end."""
        return list(self.provider.events) if self.fault == PAUSES else self.before()[0]


def _points(fault, wire, stream):
    if fault in WHOLES:
        return [WHOLE]
    if fault == "refused":
        return [BEFORE]
    if fault in TAKE_EVENTS:
        points = [FIRST, BETWEEN, LAST] if stream else []
    else:
        points = [HEAD, FIRST, BETWEEN, INSIDE, LAST] if stream else [HEAD, INSIDE, LAST]
        if fault not in ENDS:
            points.insert(0, BEFORE)
    if stream and wire == "gemini":
        points.remove(LAST)
    return points


def _makes_sense(fault, wire, stream):
    if fault.startswith("broken checksum"):
        return wire == "bedrock" and stream
    if fault == "second terminator":
        return stream and wire != "gemini"
    if fault == "data after the end":
        return not stream or wire != "gemini"
    # Trailers need chunks, and so does an end before the length that was said.
    return stream or fault not in ("ends with trailers", "trailers")


def inline(cells):
    """Those whose providers the inline example has."""
    return [cell for cell in cells if cell.wire in INLINE_WIRES]


def cells(faults, pairs, streams=(False, True)):
    """Every cell of these faults between these pairs of a client's and a provider's wire."""
    found = []
    for fault in faults:
        for client, wire in pairs:
            for stream in streams:
                if not _makes_sense(fault, wire, stream) or (fault in MORE and client == wire):
                    continue
                for usage in (False, True) if stream and client == wire == "openai" else (False,):
                    found += [Cell(fault, point, client, wire, stream, usage) for point in _points(fault, wire, stream)]
    return found


@dataclass(frozen=True)
class Expect:
    """What must come of a cell.

    The client's `view`: "whole" (the answer), "passed" (the provider's own bytes, to their end), "error" (one error, `status`), "event"
    (what came, then one error event), "cut" (what came, then the connection's end), "gone" (the client left).
    """

    view: str
    outcome: str
    status: int = 200
    # Token counts, and where they are from.
    usage: tuple = (0, 0, "none")


def usage(cell, request_bytes):
    """The counts of what came: the provider's once it has finished, else what can be estimated from it."""
    events = cell.came()
    if cell.fault == PAUSES:
        return (12, 7, "provider")
    if not cell.stream:
        return (12, 7, "provider") if cell.point == WHOLE and cell.fault not in NO_EVENTS else (0, 0, "none")
    parts = {event.part for event in events}
    told = {"openai": "usage", "anthropic": "finish", "gemini": "finish", "bedrock": "end"}[cell.wire]
    if {told, "finish"} <= parts:
        return (12, 7, "provider")
    if not events:
        return (0, 0, "none")
    seen = -(-sum(len(event.text.encode()) for event in events) // 4)
    early = cell.provider.early
    if early:
        return (early[0], max(early[1], seen), "estimated")
    return (-(-request_bytes // 4), seen, "estimated")


def expect(cell, request_bytes, gateway):
    """What must come of a cell, whose request had so many bytes.

    Inline a held answer has passed Envoy's router already: its status is logged, though the client has seen none of it. Where streams are held
    for a fallback, what goes wrong before their first content is answered as if nothing had come. With trailers no more body can be written: where an
    error or a terminator had to be, the stream is cut.
    """
    if gateway.held and cell.stream and (cell.point in (HEAD, FIRST) or cell.fault in NO_EVENTS):
        if cell.fault in LEAVES:
            return Expect("gone", "aborted", 0)
        if cell.fault == "stalls":
            return Expect("error", "error", 504)
        if cell.fault.startswith("error"):
            return Expect("error", "error", 500)
        if cell.fault not in (PAUSES, "529"):
            return Expect("error", "error", 502)
    counts = usage(cell, request_bytes)
    fault, stream = cell.fault, cell.stream
    if fault == "refused":
        return Expect("error", "error", 502)
    if fault == PAUSES:
        return Expect("passed" if cell.same and stream else "whole", "ok", 200, counts)
    if fault in LEAVES:
        return Expect("gone", "aborted", 0 if cell.point == BEFORE or not (stream or gateway.inline) else 200, counts)
    if fault in BREAKS or fault == "stalls":
        if cell.point == BEFORE or not stream:
            return Expect("error", "error", 504 if fault == "stalls" else 502)
        return Expect("cut", "aborted", 200, counts)
    if fault in ENDS:
        if not stream:
            return Expect("error", "error", 502)
        is_whole = cell.point == LAST and cell.provider.lax_end
        # A part of an event waits for its rest, where something may be taken out of it.
        waits = cell.wire == "openai" and not cell.include_usage and cell.before()[1]
        if fault == "ends with trailers" and gateway.trailing and (waits or not cell.same):
            return Expect("cut", "aborted" if is_whole else "error", 200, counts)
        if is_whole:
            return Expect("passed" if cell.same else "whole", "ok", 200, counts)
        return Expect("passed" if cell.same else "event", "error", 200, counts)
    if fault in TAKE_EVENTS:
        return Expect("passed" if cell.same else "event", "error", 200, counts)
    return _expect_whole(cell, counts, gateway.held)


def _expect_whole(cell, counts, held):
    fault, stream = cell.fault, cell.stream
    statuses = {"529": 529, "502 page": 502, "page in 200": 502, "compressed": 502, "no body": 502}
    if fault in statuses:
        return Expect("error", "error", statuses[fault])
    if fault == "error in 200":
        # In Gemini's wire JSON is a stream's type as well: the error is the stream's first event.
        return Expect("event", "error") if cell.wire == "gemini" and stream else Expect("error", "error", 500)
    if fault in ("page as answer", "compressed secretly"):
        if not stream:
            return Expect("error", "error", 502)
        return Expect("passed" if cell.same else "event", "error")
    if fault == "length too long":
        if not stream:
            return Expect("error", "error", 502)
        if held and cell.wire == "gemini":
            return Expect("error", "error", 502, (12, 7, "estimated"))
        # Gemini's answer is over when its bytes are, and these never were.
        return Expect("cut", "aborted", 200, (12, 7, "estimated") if cell.wire == "gemini" else counts)
    if fault == "length too short":
        if not stream:
            return Expect("error", "error", 502)
        return Expect("passed" if cell.same else "event", "error", 200, counts)
    if fault == "data after the end" and not stream:
        return Expect("error", "error", 502)
    return Expect("passed" if cell.same and stream else "whole", "ok", 200, counts)
