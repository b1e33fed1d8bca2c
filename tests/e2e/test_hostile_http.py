"""Requests whose HTTP is broken or odd, byte by byte: what Envoy lets through is served or told what is wrong, and no provider gets
what could be read in two ways."""
import gzip
import json
import re
import socket

import pytest
from fault_wires import PROVIDERS, TEXT
from h2_provider import H2Provider
from gateway import wait_for
from hostile import plain, post, said, send, told
from raw_http2 import post_http2

BODY = json.dumps(plain("openai", "claude-sonnet-4-6")).encode()
LENGTH = b"content-length: %d" % len(BODY)
CHUNKED = b"transfer-encoding: chunked"
PACKED = gzip.compress(BODY, mtime=0)
# A refusal of Envoy's own, before any filter was asked: there is nothing to settle.
BY_ENVOY = "Envoy"
SERVED = None


def head(*lines, first=b"POST /v1/chat/completions HTTP/1.1", host=b"host: gateway.test"):
    return b"\r\n".join([first, host, b"content-type: application/json", *lines]) + b"\r\n\r\n"


def chunks(*parts, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def first(line):
    return head(LENGTH, first=line) + BODY


# The bytes, the status, and what the client is told: words of the message.
CASES = {
    # Lengths that lie, or say it twice.
    "a length too short": (head(b"content-length: %d" % (len(BODY) - 10)) + BODY, 400, "cut off"),
    **{f"a length of {value.decode()}": (head(b"content-length: " + value) + BODY, 400, BY_ENVOY) for value in (b"-1", b"+91", b"0x10", b"abc", b"9" * 23, b"91, 91")},
    "a length of 2 ^ 63": (head(b"content-length: 9223372036854775808") + BODY, 413, "larger than the limit"),
    "the length twice": (head(LENGTH, LENGTH) + BODY, 400, BY_ENVOY),
    "two lengths": (head(LENGTH, b"content-length: 3") + BODY, 400, BY_ENVOY),
    "a length and chunks": (head(LENGTH, CHUNKED) + chunks(BODY), 400, BY_ENVOY),
    "chunks and a length": (head(CHUNKED, b"content-length: 3") + chunks(BODY), 400, BY_ENVOY),
    "neither": (head() + BODY, 400, "has no body"),
    # Chunks.
    "chunks": (head(CHUNKED) + chunks(BODY), 200, SERVED),
    "a chunk a byte": (head(CHUNKED) + chunks(*(BODY[place:place + 1] for place in range(len(BODY)))), 200, SERVED),
    "a chunk with an extension": (head(CHUNKED) + b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY), 200, SERVED),
    "chunks with trailers": (head(CHUNKED) + chunks(BODY, end=b"0\r\nx-weir-target: openai\r\nauthorization: Bearer caller-5ecret\r\n\r\n"), 200, SERVED),
    **{f"a chunk's size of {size.decode()}": (head(CHUNKED) + size + b"\r\n" + BODY, 400, "codec_error") for size in (b"zz", b"-1", b"f" * 17)},
    "two encodings": (head(b"transfer-encoding: gzip, chunked") + chunks(BODY), 501, BY_ENVOY),
    "an unknown encoding": (head(b"transfer-encoding: xchunked") + chunks(BODY), 501, BY_ENVOY),
    "chunks twice": (head(CHUNKED, CHUNKED) + chunks(BODY), 501, BY_ENVOY),
    "a blank before the colon": (head(b"transfer-encoding : chunked") + chunks(BODY), 400, BY_ENVOY),
    # Bodies in another form.
    "expects 100": (head(LENGTH, b"expect: 100-continue") + BODY, 200, SERVED),
    "expects something else": (head(LENGTH, b"expect: 200-ok") + BODY, 200, SERVED),
    "a packed body": (head(b"content-encoding: gzip", b"content-length: %d" % len(PACKED)) + PACKED, 415, "encoded (`gzip`)"),
    "a body that is not packed": (head(b"content-encoding: br", LENGTH) + BODY, 415, "encoded (`br`)"),
    "a body packed twice": (head(b"content-encoding: gzip, gzip", LENGTH) + BODY, 415, "encoded (`gzip, gzip`)"),
    "a body as it is": (head(b"content-encoding: Identity", LENGTH) + BODY, 200, SERVED),
    "another charset": (head(b"content-type: application/json; charset=utf-16", LENGTH) + BODY, 200, SERVED),
    "a form's type": (head(b"content-type: multipart/form-data; boundary=x", LENGTH) + BODY, 200, SERVED),
    # Versions, hosts, methods.
    "no host": (first(b"POST /v1/chat/completions HTTP/1.1").replace(b"host: gateway.test\r\n", b""), 400, BY_ENVOY),
    "HTTP/1.0": (first(b"POST /v1/chat/completions HTTP/1.0"), 426, BY_ENVOY),
    "HTTP/0.9": (b"GET /v1/models\r\n\r\n", 426, BY_ENVOY),
    "HTTP/3.0": (first(b"POST /v1/chat/completions HTTP/3.0"), 426, BY_ENVOY),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), 400, BY_ENVOY),
    "another host's address": (first(b"POST http://user:5ecret@evil.test/v1/chat/completions HTTP/1.1"), 200, SERVED),
    **{method: (first(method.encode() + b" /v1/chat/completions HTTP/1.1"), 405, "use POST") for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE")},
    "HEAD": (b"HEAD /v1/models HTTP/1.1\r\nhost: x\r\n\r\n", 405, "no body"),
    "an unknown method": (first(b"BREW /v1/chat/completions HTTP/1.1"), 400, BY_ENVOY),
    "CONNECT": (b"CONNECT evil.test:443 HTTP/1.1\r\nhost: x\r\n\r\n", 404, BY_ENVOY),
    "an upgrade": (head(LENGTH, b"connection: upgrade", b"upgrade: websocket") + BODY, 403, BY_ENVOY),
    "an upgrade to HTTP/2": (head(LENGTH, b"connection: upgrade, http2-settings", b"upgrade: h2c", b"http2-settings: AAMAAABkAAQAAP__") + BODY, 200, SERVED),
    # Headers.
    "a NUL in a header": (head(LENGTH, b"x-a: a\0b") + BODY, 400, BY_ENVOY),
    "a CR in a header": (head(LENGTH, b"x-a: a\rx-evil: b") + BODY, 200, SERVED),
    "a LF in a header": (head(LENGTH, b"x-a: a\nx-weir-target: openai") + BODY, 200, SERVED),
    "a folded header": (head(LENGTH, b"x-a: a\r\n x-evil: b") + BODY, 200, SERVED),
    "a blank in a name": (head(LENGTH, b"x a: b") + BODY, 400, BY_ENVOY),
    "no name": (head(LENGTH, b": b") + BODY, 400, BY_ENVOY),
    "a NUL in a name": (head(LENGTH, b"x\0a: b") + BODY, 400, BY_ENVOY),
    "keys upon keys": (head(LENGTH, b"authorization: Bearer caller-5ecret", b"authorization: Basic other-5ecret", b"x-api-key: Bearer caller-5ecret", b"x-api-key: caller-5ecret", b"api-key: 5ecret") + BODY, 200, SERVED),
    "a pseudo-header": (head(LENGTH, b":path: /evil") + BODY, 400, BY_ENVOY),
    "hop by hop": (head(LENGTH, b"connection: close, content-length, content-type, x-request-id") + BODY, 200, SERVED),
    "90 headers": (head(LENGTH, *(b"x-h%d: %d" % (n, n) for n in range(90))) + BODY, 200, SERVED),
    "90 times one header": (head(LENGTH, *[b"x-h: 1"] * 90) + BODY, 200, SERVED),
    "more headers than Envoy takes": (head(LENGTH, *(b"x-h%d: %d" % (n, n) for n in range(101))) + BODY, 431, BY_ENVOY),
    **{f"{name} of 59 KB": (head(LENGTH, b"%b: %b" % (name.encode(), b"a" * 59_000)) + BODY, 200, SERVED) for name in ("x-big", "authorization", "x-api-key", "cookie", "anthropic-beta", "x-weir-target", "user-agent")},
    "a host of 59 KB": (head(LENGTH, host=b"host: " + b"a" * 59_000) + BODY, 200, SERVED),
    "a query of 59 KB": (first(b"POST /v1/chat/completions?a=" + b"a" * 59_000 + b" HTTP/1.1"), 200, SERVED),
    "more bytes than Envoy takes": (head(LENGTH, b"x-big: " + b"a" * 70_000) + BODY, 431, BY_ENVOY),
    # Paths.
    "a NUL in the path": (first(b"POST /v1/chat/\0completions HTTP/1.1"), 400, BY_ENVOY),
    "\\xff in the path": (first(b"POST /v1/chat/completions\xff HTTP/1.1"), 400, BY_ENVOY),
    "a fragment": (first(b"POST /v1/chat/completions#x HTTP/1.1"), 400, BY_ENVOY),
    "dots": (first(b"POST /v1/../v1/chat/completions HTTP/1.1"), 404, "Unknown path"),
    "two slashes": (first(b"POST //v1/chat/completions HTTP/1.1"), 404, "Unknown path"),
    "a slash in disguise": (first(b"POST /v1/chat%2Fcompletions HTTP/1.1"), 404, "Unknown path"),
    "two question marks": (first(b"POST /v1/chat/completions??a=b?c HTTP/1.1"), 200, SERVED),
    "no path": (first(b"POST  HTTP/1.1"), 400, BY_ENVOY),
    "a star": (first(b"POST * HTTP/1.1"), 400, BY_ENVOY),
}
WAYS = {"two stages": ("envoy.yaml", False), "inline": ("inline.yaml", False), "on 1.37": ("envoy.yaml", True)}
# What may stand in no request to a provider: ours, between the client and Envoy, or about a body that is another now.
UNWANTED = re.compile(rb"^(x-weir-|x-evil|transfer-encoding|te|expect|content-encoding|connection|upgrade|http2-settings|trailer|cookie|:)", re.I)


def check_sent(request):
    """A request as it came to a provider, byte for byte, can be read in one way only."""
    line, *lines = request.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert re.fullmatch(rb"POST /v1/messages HTTP/1\.1", line)
    assert b"\r" not in b"".join(lines) and b"\n" not in b"".join(lines) and b"\0" not in request.head
    assert not [text for text in lines if UNWANTED.match(text)], request.head
    lengths = [text for text in lines if text.lower().startswith(b"content-length:")]
    assert lengths == [b"content-length: %d" % len(request.body)]
    assert b"5ecret" not in request.head.replace(b"x-api-key: sk-ant-5ecret", b"")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_a_request(wards, hostile_provider, name, way):
    data, status, what = CASES[name]
    example, old = WAYS[way]
    ward = wards(example, old=old)
    before, asked = ward.settled(), len(hostile_provider.requests)
    answer = send(ward.gateway.port, data)
    if what is SERVED:
        assert said("openai", answer) == TEXT
        [sent] = hostile_provider.requests[asked:]
        check_sent(sent)
    else:
        assert hostile_provider.requests[asked:] == []
        if what in (BY_ENVOY, "no body"):
            assert (answer.status, answer.whole) == (status, True)
        else:
            assert what in told("openai", answer, status)
    ward.check(before, 0 if what == BY_ENVOY else 1)


@pytest.mark.parametrize("name, data", [
    ("a length too long", head(b"content-length: %d" % (len(BODY) + 10)) + BODY), ("chunks without an end", head(CHUNKED) + chunks(BODY, end=b"")),
    ("half a chunk", head(CHUNKED) + b"ffff\r\n" + BODY), ("half a body", head(LENGTH) + BODY[:20]),
])
def test_a_body_that_never_ends(wards, hostile_provider, name, data):
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    aborted = ward.settled("aborted")
    answer = send(ward.gateway.port, data, leaves=0.1)
    assert not answer.whole and hostile_provider.requests[asked:] == []
    wait_for(lambda: ward.settled("aborted") == aborted + 1, "it is settled as aborted")
    ward.check(before)


def test_two_requests_in_one_are_two(wards, hostile_provider):
    """A request hidden in another's body stays a body; one behind it is one of its own."""
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    hidden = json.dumps(plain("openai", "claude-sonnet-4-6", "\r\n\r\n0\r\n\r\nPOST /evil HTTP/1.1\r\n\r\n")).encode()
    with socket.create_connection(("127.0.0.1", ward.gateway.port), timeout=10) as wire:
        wire.sendall(post("/v1/chat/completions", hidden) + post("/v1/chat/completions", BODY, [b"connection: close"]))
        came = b""
        while data := wire.recv(65536):
            came += data
    assert came.count(b"HTTP/1.1 200 OK") == 2
    sent = hostile_provider.requests[asked:]
    assert [request.path for request in sent] == ["/v1/messages"] * 2
    for request in sent:
        check_sent(request)
    ward.check(before, 2)


@pytest.mark.parametrize("name, headers, status", [
    ("no length", [], 200), ("the right length", [("content-length", str(len(BODY)))], 200),
    ("a length too long", [("content-length", str(len(BODY) + 5))], 0), ("a length too short", [("content-length", "5")], 0),
    ("a CR in a header", [("x-a", "a\rb")], 0), ("a LF in a header", [("x-a", "a\nx-evil: b")], 0), ("a NUL in a header", [("x-a", "a\0b")], 0),
    ("a name in capitals", [("X-Weir-Target", "openai")], 0), ("chunks", [("transfer-encoding", "chunked")], 0), ("a connection header", [("connection", "close")], 0),
    ("a late pseudo-header", [("x-a", "b"), (":path", "/evil")], 0), ("a gateway's header", [("x-weir-target", "openai")], 200), ("te", [("te", "trailers")], 200),
])
def test_over_http2(wards, hostile_provider, name, headers, status):
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    assert post_http2(ward.gateway.port, BODY, headers)[0] == status
    sent = hostile_provider.requests[asked:]
    assert len(sent) == (1 if status == 200 else 0)
    for request in sent:
        check_sent(request)
    # What Envoy's codec refuses no filter sees, but for a length that shows as wrong only with the body.
    ward.check(before, 1 if status == 200 or "length" in name else 0)


def test_trailers_stay_here(gateways_of):
    provider = H2Provider(PROVIDERS["openai"].unary)
    gateway = gateways_of("envoy.yaml", provider, [("explicit_http_config: {http_protocol_options: {}}", "explicit_http_config: {http2_protocol_options: {}}")])
    body = json.dumps(plain("openai", "gpt-4o")).encode()
    status, _ = post_http2(gateway.port, body, trailers=[("authorization", "Bearer caller-5ecret"), ("x-weir-target", "anthropic"), ("x-a", "b")])
    [sent] = provider.requests
    assert (status, sent.body, sent.trailers) == (200, body, [])
    provider.stop()
