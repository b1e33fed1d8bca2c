"""Answers that are broken, or as odd as JSON and their framing allow, in every provider's wire."""
from dataclasses import dataclass

from fault_wires import INPUT, OUTPUT, PROVIDERS, TEXT, aws

DEEP = 100_000
ARRAYS = b"[" * DEEP + b"]" * DEEP
NESTED, NO_JSON = "nested deeper than 128", "not JSON"
PLAIN = TEXT.encode()
COUNTS = {
    "openai": b'"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19', "anthropic": b'"input_tokens": 12, "output_tokens": 7',
    "gemini": b'"promptTokenCount": 12, "candidatesTokenCount": 7, "totalTokenCount": 19', "bedrock": b'"inputTokens": 12, "outputTokens": 7, "totalTokens": 19',
}


@dataclass(frozen=True)
class Answer:
    """How a whole answer is changed, and what comes of it: `told`, where it is an error; `counts`, where they are not the provider's."""

    change: object
    told: str | None = None
    # "estimated", or a pair.
    counts: object = (INPUT, OUTPUT)
    # The text as the client reads it.
    text: str | None = TEXT


def more(value, key=b"x"):
    """One more member."""
    return lambda wire, body: body[:-1] + b',"%b":%b}' % (key, value)


def text(literal):
    """The text is this JSON."""
    return lambda wire, body: body.replace(b'"%b"' % PLAIN, literal)


def counted(inputs, outputs):
    """The counts are these."""

    def change(wire, body):
        names = [piece.split(b":")[0] for piece in COUNTS[wire].split(b", ")]
        values = [inputs, outputs, inputs][: len(names)]
        changed = body.replace(COUNTS[wire], b", ".join(b"%b: %b" % pair for pair in zip(names, values)))
        assert changed != body
        return changed

    return change


def twice(wire, body):
    """The counts are there a second time: the last word counts, as in every common parser."""
    one = {"openai": b'"usage":{"prompt_tokens":3,"completion_tokens":2}', "anthropic": b'"usage":{"input_tokens":3,"output_tokens":2}',
        "gemini": b'"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}', "bedrock": b'"usage":{"inputTokens":3,"outputTokens":2}'}
    return body[:-1] + b"," + one[wire] + b"}"


def bytes_of(change):
    return lambda wire, body: change(body)


UNARY = {
    "arrays in a member": Answer(more(ARRAYS), NESTED),
    "arrays that stay open": Answer(more(b"[" * DEEP), NESTED),
    "arrays as text": Answer(text(ARRAYS), NESTED),
    "arrays as the whole": Answer(bytes_of(lambda body: ARRAYS), NESTED),
    "as deep as may be": Answer(more(b"[" * 127 + b"]" * 127)),
    **{f"counts of {name}": Answer(counted(value, value), counts="estimated") for name, value in
        {"-7": b"-7", "1e30": b"1e30", "1e999999": b"1e999999", "400 digits": b"9" * 400, "text": b'"12"', "null": b"null", "true": b"true", "lists": b"[1]", "objects": b'{"a":1}', "2 ^ 64 - 1": b"%d" % (2**64 - 1), "2 ^ 63": b"%d" % 2**63, "12.5": b"12.5"}.items()},
    "deep counts": Answer(counted(b"[" * 200 + b"]" * 200, b"1"), NESTED),
    "counts of 12.0": Answer(counted(b"12.0", b"7.00")),
    "counts of 10 ^ 12": Answer(counted(b"1000000000000", b"7"), counts=(10**12, 7)),
    "counts twice": Answer(twice, counts=(3, 2)),
    "half a surrogate": Answer(text(b'"a\\ud800b"'), text=None),
    "half a surrogate as a key": Answer(more(b"1", b"\\ud800")),
    "a NUL": Answer(text(b'"a\\u0000b"'), text="a\0b"),
    "a raw NUL": Answer(text(b'"a\x00b"'), "control character"),
    "\\xff": Answer(text(b'"a\xffb"'), "invalid UTF-8"),
    "a byte order mark": Answer(bytes_of(lambda body: b"\xef\xbb\xbf" + body), NO_JSON),
    "UTF-16": Answer(bytes_of(lambda body: body.decode().encode("utf-16")), NO_JSON),
    "cut off": Answer(bytes_of(lambda body: body[:-3]), "cut off"),
    "two objects": Answer(bytes_of(lambda body: body + body), "something follows"),
    "blanks": Answer(bytes_of(lambda body: b" \n "), "cut off"),
    **{f"{value.decode()} as the whole": Answer(bytes_of(lambda body, value=value: value), "The provider answered with what") for value in (b"null", b"1", b'"x"', b"true", b"[1]")},
    "line breaks in ids": Answer(bytes_of(lambda body: body.replace(b'"chatcmpl-1"', b'"a\\r\\nx: 1"').replace(b'"msg_1"', b'"a\\r\\nx: 1"').replace(b'"r1"', b'"a\\r\\nx: 1"'))),
    "a text of 400 KB": Answer(text(b'"%b"' % (b"x" * 400_000)), text="x" * 400_000),
    "100,000 members": Answer(more(b'1,"y":[%b]' % b",".join([b"1"] * 100_000))),
}


def delta(wire, literal):
    """One event whose text is this JSON."""
    return {
        "openai": b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":%b},"finish_reason":null}]}\n\n',
        "anthropic": b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%b}}\n\n',
        "gemini": b'data: {"candidates":[{"content":{"role":"model","parts":[{"text":%b}]},"index":0}]}\n\n',
    }[wire] % literal if wire != "bedrock" else aws("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":%b}}' % literal)


def unknown(wire, literal):
    """One event that no wire knows, with this JSON."""
    return {
        "openai": b'data: {"id":"chatcmpl-1","choices":[],"x":%b}\n\n', "anthropic": b'event: x\ndata: {"type":"x","x":%b}\n\n', "gemini": b'data: {"x":%b,"candidates":[]}\n\n',
    }[wire] % literal if wire != "bedrock" else aws("x", b'{"x":%b}' % literal)


@dataclass(frozen=True)
class Event:
    """What stands among a stream's events, and what comes of it: an error event, or the text that it adds."""

    make: object
    told: str | None = None
    adds: str | None = ""
    # Whether the provider's bytes go on to a client of the same wire: what is too long is cut.
    passes: bool = True
    # Wires that can have it.
    wires: tuple = ("openai", "anthropic", "gemini", "bedrock")


SSE = ("openai", "anthropic", "gemini")


def texts(literal, told=None, adds="", **fields):
    return Event(lambda wire: delta(wire, literal), told, adds, **fields)


def among(data, **fields):
    """Bytes of server-sent events."""
    return Event(lambda wire: data, wires=SSE, **fields)


LONG = "longer than the limit of 1048576 bytes"
STREAMED = {
    "arrays as text": texts(ARRAYS, NESTED),
    "arrays in an unknown event": Event(lambda wire: unknown(wire, ARRAYS), NESTED),
    "arrays that stay open": Event(lambda wire: unknown(wire, b"[" * DEEP), NESTED),
    "half a surrogate": texts(b'"\\ud800"', adds=None),
    "a surrogate in two events": Event(lambda wire: delta(wire, b'"\\ud83d"') + delta(wire, b'"\\ude00"'), adds=None),
    "a character in two events": Event(lambda wire: delta(wire, b'"\xe2\x82"') + delta(wire, b'"\xac"'), "invalid UTF-8"),
    "\\xff": texts(b'"\xff"', "invalid UTF-8"),
    "a NUL": texts(b'"\\u0000"', adds="\0"),
    "a raw NUL": texts(b'"\0"', "control character"),
    "an event of 900 KB": texts(b'"%b"' % (b"x" * 900_000), adds="x" * 900_000),
    "an event of 2 MB": texts(b'"%b"' % (b"x" * 2_000_000), LONG, passes=False),
    "an event over many lines": among(b"data: 1\n" * 10_000 + b"\n", told=NO_JSON),
    "fields that say nothing": among(b"id: \0a\nretry: 99999999999999999999\nevent: \xff\nx\n: \xff\n\n"),
    "a NUL between": among(b"\0\n\n"),
    "10,000 blank lines": among(b"\n" * 10_000),
    "10,000 comments": among(b":\n\n" * 10_000),
    "10,000 pings": among(b": ping\r\n\r\n" * 10_000),
    "10,000 events without data": among(b"data:\n\n" * 10_000),
    "10,000 events": Event(lambda wire: delta(wire, b'"x"') * 10_000, adds="x" * 10_000),
    "10,000 unknown events": Event(lambda wire: unknown(wire, b"1") * 10_000),
}


def stream(wire, event):
    """A provider's stream with something among its texts."""
    events = PROVIDERS[wire].events
    place = [number for number, each in enumerate(events) if each.part == "text"][1]
    return b"".join(each.data for each in events[:place]) + event + b"".join(each.data for each in events[place:])
