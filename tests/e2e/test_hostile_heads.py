"""Providers whose answers' heads are broken or odd: the client gets a clean answer or error, and none of the provider's own affairs."""
import itertools
import json

import pytest
from fault_wires import PROVIDERS, TEXT
from hostile import MODELS, path_of, plain, post, said, send, told
from raw_provider import CLOSE, HOLD, steps

OK = b"HTTP/1.1 200 OK"
SERVED = None
UNREACHABLE = "The provider could not be reached, or closed the connection"
_marks = (f"mark-h{number}" for number in itertools.count())


def answer(*lines, first=OK, kind=b"application/json", body=None, length=True):
    """An answer's bytes, made of the wire's body."""

    def make(wire, stream):
        provider = PROVIDERS[wire]
        said_ = body if body is not None else b"".join(event.data for event in provider.events) if stream else provider.unary
        named = provider.stream_kind.encode() if stream and kind == b"application/json" else kind
        head = [first, *([b"content-type: " + named] if kind else []), *([b"content-length: %d" % len(said_)] if length else []), *lines]
        return b"\r\n".join(head) + b"\r\n\r\n" + said_

    return make


def error(first, *lines):
    plain_ = {"type": "invalid_request_error", "message": "no"}
    bodies = {"openai": {"error": {**plain_, "param": None, "code": None}}, "anthropic": {"type": "error", "error": plain_}}
    return lambda wire, stream: answer(*lines, first=first, body=json.dumps(bodies[wire]).encode())(wire, False)


def raw(data):
    return lambda wire, stream: data


# The answer's bytes, the client's status and what it is told, and whether a stream is as well.
CASES = {
    # Headers.
    "a header of 50 KB": (answer(b"x-a: " + b"a" * 50_000), 200, SERVED),
    "90 headers": (answer(*(b"x-h%d: 1" % n for n in range(90))), 200, SERVED),
    "more headers than Envoy takes": (answer(*(b"x-h%d: 1" % n for n in range(150))), 502, UNREACHABLE),
    "a NUL in a header": (answer(b"x-a: a\0b"), 502, UNREACHABLE),
    "a CR in a header": (answer(b"x-a: a\rx-weir-provider: wrong"), 200, SERVED),
    "a LF in a header": (answer(b"x-a: a\nx-weir-provider: evil"), 200, SERVED),
    "\\xff in a header": (answer(b"x-a: \xff\xfe"), 200, SERVED),
    "a pseudo-header": (answer(b":status: 500"), 502, UNREACHABLE),
    "a blank before the colon": (answer(b"content-length : 3"), 502, UNREACHABLE),
    "the gateway's headers": (answer(b"x-weir-provider: evil", b"X-Weir-Cost-Nanousd: evil"), 200, SERVED),
    "cookies": (answer(b"set-cookie: evil=1", b"set-cookie: evil=2"), 200, SERVED),
    "a place to go": (answer(b"location: http://evil.test/"), 200, SERVED),
    "hop by hop": (answer(b"connection: close, content-length"), 200, SERVED),
    # What kind of answer it says it is.
    "no type": (answer(kind=None), 200, SERVED, False),
    "a type of 50 KB": (answer(kind=b"x" * 50_000), 502, "content type `xxxx"),
    "a type that is no text": (answer(kind=b"\xff"), 200, SERVED, False),
    "two types": (answer(b"content-type: text/html"), 502, "content type"),
    "a coding of 50 KB": (answer(b"content-encoding: " + b"x" * 50_000), 502, "is compressed"),
    "no coding": (answer(b"content-encoding: identity"), 200, SERVED),
    # Statuses.
    **{f"a status of {status.decode()}": (answer(first=b"HTTP/1.1 %b X" % status), 502, UNREACHABLE) for status in (b"099", b"000", b"20", b"-200", b"abc")},
    **{f"a status of {status}": (answer(first=b"HTTP/1.1 %d X" % status), 502, f"answered with status {status}") for status in (300, 600, 999)},
    "no reason": (answer(first=b"HTTP/1.1 200"), 200, SERVED),
    "a reason that is no text": (answer(first=b"HTTP/1.1 200 \xff\xff"), 200, SERVED),
    "one 100 before": (lambda wire, stream: b"HTTP/1.1 100 Continue\r\n\r\n" + answer()(wire, stream), 200, SERVED),
    "a thousand 103 before": (lambda wire, stream: b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 1000 + answer()(wire, stream), 200, SERVED),
    "an upgrade": (raw(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n{}"), 502, "answered with status 101"),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), 502, "204 without a body"),
    "205": (answer(first=b"HTTP/1.1 205 X", body=b""), 502, "205 without a body"),
    "304": (raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), 502, "answered with status 304"),
    "a redirect": (answer(b"location: http://evil.test/", first=b"HTTP/1.1 302 Found", body=b""), 502, "answered with status 302"),
    "a redirect with a body": (answer(b"location: http://evil.test/", first=b"HTTP/1.1 307 X"), 502, "answered with status 307"),
    "a wait of 50 KB": (error(b"HTTP/1.1 429 X", b"retry-after: " + b"9" * 50_000), 429, "no"),
    "a wait that is no text": (error(b"HTTP/1.1 429 X", b"retry-after: \xff"), 429, "no"),
    "AWS's class of 50 KB": (error(b"HTTP/1.1 400 X", b"x-amzn-errortype: " + b"x" * 50_000), 400, "no"),
    "cookies of an error": (error(b"HTTP/1.1 400 X", b"set-cookie: evil=1", b"location: http://evil.test/", b"x-weir-provider: evil"), 400, "no"),
    # Lengths and chunks.
    **{f"a length of {length.decode()}": (answer(b"content-length: " + length, length=False), 502, UNREACHABLE) for length in (b"abc", b"-5", b"9" * 25)},
    "two lengths": (answer(b"content-length: 3"), 502, UNREACHABLE),
    "a length and chunks": (answer(b"transfer-encoding: chunked"), 502, UNREACHABLE),
    "an unknown encoding": (answer(b"transfer-encoding: gzip"), 502, UNREACHABLE),
    # What is no HTTP.
    **{f"{name} for HTTP": (raw(data), 502, UNREACHABLE) for name, data in {"HTTP/2": b"HTTP/2 200 OK\r\n\r\n", "only a body": b'{"a":1}\r\n\r\n', "noise": bytes(range(256)) + b"\r\n\r\n", "blank lines": b"\r\n\r\n", "SSH": b"SSH-2.0-OpenSSH\r\n", "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x28"}.items()},
}
PAIRS = [("openai", "openai"), ("anthropic", "anthropic"), ("openai", "anthropic"), ("anthropic", "openai")]
WAYS = {"two stages": ("envoy.yaml", False), "inline": ("inline.yaml", False), "on 1.37": ("envoy.yaml", True)}
ROWS = [(way, *pair, stream) for way in WAYS for pair in PAIRS for stream in (False, True) if way != "on 1.37" or pair[0] == "openai" and not stream]


@pytest.mark.parametrize("way, client, wire, stream", ROWS)
@pytest.mark.parametrize("name", CASES)
def test_a_head(wards, hostile_provider, name, way, client, wire, stream):
    make, status, what, *streams = CASES[name]
    example, old = WAYS[way]
    ward, mark = wards(example, old=old), next(_marks)
    before = ward.settled()
    # What Envoy cannot read it closes itself; what is short of it needs an end.
    hostile_provider.on(mark, steps(make(wire, stream), *([0.05, CLOSE] if what == UNREACHABLE else [HOLD] if name == "an upgrade" else [])))
    came = send(ward.gateway.port, post(path_of(client, MODELS[wire]), json.dumps(plain(client, MODELS[wire], mark, stream)).encode()))
    if stream and streams == [False]:
        # What does not say that it is a stream is read as a whole answer.
        assert "not JSON" in told(client, came, 502)
    elif what is SERVED:
        assert said(client, came, stream) == TEXT
        assert came.header("x-weir-provider") == wire
    else:
        assert what in told(client, came, status)
    assert "evil" not in str(came.headers)
    ward.check(before)
