"""Requests and answers as large as can be: served, or refused at a limit that is told; no worker is held, and memory stays bounded."""
import itertools
import json

import pytest
from fault_play import CALLERS
from fault_wires import PROVIDERS, TEXT, WORDS
from hostile import MODELS, path_of, plain, post, said, send, told
from hostile_answers import delta, stream, unknown
from raw_provider import chunk, head, steps, whole

MODELS = {**MODELS, "claude on bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0"}
LIMIT = 16 << 20
# What a gateway may come to have in memory: a body of 16 MiB can be a tree of 8 million values.
MOST_MB = 1024


def memory_mb(gateway):
    with open(f"/proc/{gateway.process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def many(count, item):
    return b",".join(item(number) for number in range(count))


def chat(model, messages=b'{"role":"user","content":"Hi"}', rest=b""):
    return b'{"model":"%b","messages":[%b]%b}' % (model.encode(), messages, rest)


def tool(number):
    return b'{"type":"function","function":{"name":"t%d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}' % number


def call(number):
    return b'{"id":"c%d","type":"function","function":{"name":"t0","arguments":"{}"}}' % number


def result(number):
    return b'{"role":"tool","tool_call_id":"c%d","content":"r"}' % number


_marks = (f"mark-l{number}" for number in itertools.count())
ROLES = b"user", b"assistant"
# What is too many or too much, and whether only a provider of the same wire is asked; else what is said.
REQUESTS = {
    "100,000 messages": (lambda model: chat(model, many(100_001, lambda n: b'{"role":"%b","content":"x%d"}' % (ROLES[n % 2], n))), None),
    "100,000 messages of one role": (lambda model: chat(model, many(100_000, lambda n: b'{"role":"user","content":"x"}')), None),
    "10,000 tools": (lambda model: chat(model, rest=b',"tools":[%b]' % many(10_000, tool)), None),
    "10,000 tools of one name": (lambda model: chat(model, rest=b',"tools":[%b]' % many(10_000, lambda n: tool(0))), None),
    "50,000 calls and results": (lambda model: chat(model, b'{"role":"user","content":"x"},{"role":"assistant","tool_calls":[%b]},%b' % (many(50_000, call), many(50_000, result)), b',"tools":[%b]' % tool(0)), None),
    "300,000 parts": (lambda model: chat(model, b'{"role":"user","content":[%b]}' % many(300_000, lambda n: b'{"type":"text","text":"a"}')), None),
    "100,000 properties": (lambda model: chat(model, rest=b',"tools":[{"type":"function","function":{"name":"t","parameters":{"type":"object","properties":{%b},"required":[%b]}}}]' % (many(100_000, lambda n: b'"k%d":{"type":"string"}' % n), many(100_000, lambda n: b'"k%d"' % n))), None),
    "a text of 15 MB": (lambda model: chat(model, b'{"role":"user","content":"%b"}' % (b"x" * 15_000_000)), None),
    "7 million escapes": (lambda model: chat(model, b'{"role":"user","content":"%b"}' % (b'\\"' * 7_000_000)), None),
    "arguments of 7 million numbers": (lambda model: chat(model, b'{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c0","type":"function","function":{"name":"t0","arguments":"{\\"a\\":[1%b]}"}}]},%b' % (b",1" * 7_000_000, result(0)), b',"tools":[%b]' % tool(0)), None),
    "8 million messages that are numbers": (lambda model: chat(model, b"1" + b",1" * 8_000_000), "`messages[0]`: found a number"),
    "2 million members": (lambda model: chat(model, rest=b',"x":1' * 2_000_000), "`x` is not supported"),
}


@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_large_request(wards, hostile_provider, name, provider):
    make, what = REQUESTS[name]
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    body = make(MODELS[provider])
    assert len(body) < LIMIT
    answer = send(ward.gateway.port, post("/v1/chat/completions", body), seconds=60)
    if what is None or provider in ("openai", "azure"):
        assert said("openai", answer) == TEXT
        [sent] = hostile_provider.requests[asked:]
        assert b"content-length: %d\r\n" % len(sent.body) in sent.head
    else:
        assert what in told("openai", answer, 400)
    # What was sent is not kept: there are many of these.
    del hostile_provider.requests[asked:]
    ward.check(before)
    assert memory_mb(ward.gateway) < MOST_MB


# In the module, as it runs in Envoy, on the stack that it has there.
BRACKETS = {
    "arrays": lambda value: b"[" * value + b"]" * value, "objects": lambda value: b'{"a":' * value + b"1" + b"}" * value, "arrays that stay open": lambda value: b"[" * value,
}


@pytest.mark.parametrize("name", ["envoy.yaml", "inline.yaml"])
@pytest.mark.parametrize("place", [b'{"model":"%b","messages":[{"role":"user","content":@}]}', b'{"model":"%b","messages":[],"x":@}', b'{"model":"%b","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":@}}]}'], ids=["text", "member", "schema"])
@pytest.mark.parametrize("shape", BRACKETS)
def test_a_million_brackets(wards, hostile_provider, name, place, shape):
    ward = wards(name)
    before, asked = ward.settled(), len(hostile_provider.requests)
    body = (place % b"claude-sonnet-4-6").replace(b"@", BRACKETS[shape](1_000_000))
    assert "nested deeper than 128" in told("openai", send(ward.gateway.port, post("/v1/chat/completions", body)), 400)
    assert hostile_provider.requests[asked:] == []
    ward.check(before)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("name", ["envoy.yaml", "inline.yaml"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_one_byte_too_much(wards, hostile_provider, name, chunked, path):
    ward = wards(name)
    client = "anthropic" if path == "/v1/messages" else "openai"
    before, asked = ward.settled(), len(hostile_provider.requests)
    body = json.dumps(plain(client, "claude-sonnet-4-6")).encode()
    body += b" " * (LIMIT + 1 - len(body))
    data = post(path, body)
    if chunked:
        data = data.replace(b"content-length: %d" % len(body), b"transfer-encoding: chunked").removesuffix(body) + chunk(body) + chunk(b"")
    answer = send(ward.gateway.port, data, seconds=60)
    assert ("larger than the limit of 16777216 bytes" in told(client, answer, 413)) and hostile_provider.requests[asked:] == []
    ward.check(before)


# A provider's answer: how it is made, what a client of another wire sees of it, and its outcome.
ANSWERS = {
    "a text of 30 MB": (lambda wire: PROVIDERS[wire].unary.replace(TEXT.encode(), b"x" * 30_000_000), 30_000_000),
    "4 million members": (lambda wire: PROVIDERS[wire].unary[:-1] + b',"x":[1%b]}' % (b",1" * 4_000_000), TEXT),
    "a line of 60 MB": (lambda wire: PROVIDERS[wire].unary.replace(TEXT.encode(), b"x" * 60_000_000), None),
}
PAIRS = [("openai", "openai"), ("anthropic", "anthropic"), ("openai", "anthropic"), ("anthropic", "openai"), ("openai", "gemini"), ("openai", "bedrock")]


@pytest.mark.parametrize("client, wire", PAIRS)
@pytest.mark.parametrize("name", ANSWERS)
def test_a_large_answer(wards, hostile_provider, name, client, wire):
    make, want = ANSWERS[name]
    ward = wards("envoy.yaml", CALLERS)
    before, mark = ward.settled(), next(_marks)
    body = make(wire)
    hostile_provider.on(mark, steps(whole(body)))
    answer = send(ward.gateway.port, post(path_of(client, MODELS[wire]), json.dumps(plain(client, MODELS[wire], mark)).encode(), [b"x-caller: " + mark.encode()]), seconds=60)
    hostile_provider.on(mark, steps())
    if want is None:
        # The headers went when more had come than could be held: then an answer over the limit can only be cut.
        assert (answer.status, answer.whole) == (200, False)
        assert ward.settlement(mark) == {"error": 1}
    else:
        text = said(client, answer)
        right = text == want or len(text) == want
        assert right
        assert ward.settlement(mark) == {"ok": 1, "input": 12, "output": 7}
        same = client != wire or answer.body == body
        assert same
    ward.check(before, caller=True)
    assert memory_mb(ward.gateway) < MOST_MB


# A stream's event, how often it comes, and whether it is too much.
STREAMS = {
    "a million pings": (lambda wire: b":\n\n" * 1_000_000, "", False),
    "a million empty events": (lambda wire: b"data:\n\n" * 1_000_000, "", False),
    "200,000 events": (lambda wire: delta(wire, b'"x"') * 200_000, "x" * 200_000, False),
    "200,000 unknown events": (lambda wire: unknown(wire, b"1") * 200_000, "", False),
    "a line of 60 MB": (lambda wire: delta(wire, b'"%b"' % (b"x" * 60_000_000)), "", True),
    "60 MB without a line's end": (lambda wire: b"x" * 60_000_000, "", True),
}


@pytest.mark.parametrize("client, wire, name", [(*pair, name) for pair in PAIRS[:3] + PAIRS[-1:] for name in STREAMS if pair[1] != "bedrock" or "pings" not in name and "empty" not in name])
def test_a_large_stream(wards, hostile_provider, name, client, wire):
    make, adds, cut = STREAMS[name]
    ward = wards("envoy.yaml", CALLERS)
    before, mark = ward.settled(), next(_marks)
    body = stream(wire, make(wire))
    hostile_provider.on(mark, steps(head(kind=PROVIDERS[wire].stream_kind, chunked=True) + chunk(body) + chunk(b"")))
    answer = send(ward.gateway.port, post(path_of(client, MODELS[wire], True), json.dumps(plain(client, MODELS[wire], mark, True)).encode(), [b"x-caller: " + mark.encode()]), seconds=60)
    hostile_provider.on(mark, steps())
    assert answer.status == 200
    settled = ward.settlement(mark)
    if cut:
        assert not answer.whole and settled.pop("error") == 1
        # Where events are read, none began that did not end: the client is told instead.
        assert client == wire or answer.body.count(b"longer than the limit of 1048576 bytes") == 1 or wire == "bedrock"
    else:
        assert settled == {"ok": 1, "input": 12, "output": 7}
        # No word of what is this long is for people: it is compared, not shown.
        usage = [event.data for event in PROVIDERS[wire].events if event.part == "usage"]
        same = answer.body == (body.replace(usage[0], b"") if usage else body) if client == wire else said(client, answer, True) == WORDS[0] + adds + "".join(WORDS[1:])
        assert same and answer.whole
    ward.check(before, caller=True)
    assert memory_mb(ward.gateway) < MOST_MB
