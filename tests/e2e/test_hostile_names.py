"""Names that would be more than names: of models, deployments, callers, fields and calls. What a provider receives, byte for byte, and
what logs, metrics and answers make of them."""
import json
import re
from urllib.parse import quote

import pytest
from fault_play import CALLERS
from fault_wires import PROVIDERS, TEXT
from gateway import fetch, wait_for
from hostile import path_of, plain, post, said, send, told
from raw_provider import steps, whole

# Tails of names. In a path each stands percent-encoded, once and whole.
TAILS = [
    "../../admin", "/../..", "..", "%2e%2e%2f", "%2F", "/", "//evil.test/", "\\", "?a=b", "?key=5tolen", "&a=b", "#", ";a=b", ":countTokens", ":streamGenerateContent?alt=sse", "@evil.test",
    "%", "%0d%0ax-evil: 1", "\r\nx-evil: 1", "\n", "\r", "\0", "\x7f", "\x1b[31m", "\u0085", "\u2028", "\u202e", "é", "☃", "😀", " HTTP/1.1\r\nx-evil: 1\r\n\r\n", "\t", " ", "{a}", "*",
]
PATHS = {
    "azure": ("azure-gpt-4o", "/openai/deployments/gpt-4o{}/chat/completions?api-version=2024-10-21", ""),
    "gemini": ("gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash{}:generateContent", ""),
    "bedrock": ("us.amazon.nova-lite-v1:0", "/model/us.amazon.nova-lite-v1%3A0{}/converse", ""),
}
HOSTS = {
    "vertex": ("gemini-2.5-flash", "/v1/projects/p/locations/us-east5/publishers/google/models/gemini-2.5-flash{}:generateContent", "@"),
    "vertex_anthropic": ("claude-sonnet-4-6", "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-6{}:rawPredict", "@"),
    "bedrock_anthropic": ("us.anthropic.claude-sonnet-4-6", "/model/us.anthropic.claude-sonnet-4-6{}/invoke", ""),
}
ELSEWHERE = [
    ("{provider: gemini, match: {cluster: gemini}, auth", "{provider: vertex_ai, project: p, location: us-east5, match: {cluster: gemini}, auth"),
    ("{provider: anthropic, match: {cluster: anthropic}, auth", "{provider: vertex_anthropic, project: p, location: us-east5, match: {cluster: anthropic}, auth"),
    ("{provider: bedrock, match", "{provider: bedrock_anthropic, match"),
]


def first_line(request):
    """A request's line, once it is sure that there is one, and that its head holds no other."""
    line, *headers = request.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert all(re.fullmatch(rb"[a-z0-9-]+: [\x20-\x7e]*", header) and b"x-evil" not in header for header in headers), request.head
    return line.decode()


@pytest.mark.parametrize("tail", TAILS, ids=ascii)
@pytest.mark.parametrize("place", [*PATHS, *HOSTS])
def test_a_model_is_one_segment_of_a_path(wards, hostile_provider, place, tail):
    model, path, safe = (PATHS | HOSTS)[place]
    ward = wards("envoy.yaml", ELSEWHERE) if place in HOSTS else wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(plain("openai", model + tail)).encode()))
    assert said("openai", answer) == TEXT
    [sent] = hostile_provider.requests[asked:]
    line = first_line(sent)
    assert line == f"POST {path.format(quote(tail, safe='-_.~' + safe))} HTTP/1.1"
    ward.check(before, model="claude-sonnet-4-6" if place not in HOSTS else model)


@pytest.mark.parametrize("tail", TAILS, ids=ascii)
@pytest.mark.parametrize("place", ["azure", "gemini"])
def test_a_clients_path_is_read_once(wards, hostile_provider, place, tail):
    """A model's name in the client's path, percent-encoded, is the same as one in a body."""
    ward = wards("envoy.yaml")
    model, path, safe = PATHS[place]
    before, asked = ward.settled(), len(hostile_provider.requests)
    if place == "azure":
        asks, body = f"/openai/deployments/{quote(model + tail, safe='')}/chat/completions?api-version=1", {"messages": [{"role": "user", "content": "Hi"}]}
    else:
        asks, body = path_of("gemini", quote(model + tail, safe="")), plain("gemini", "")
    answer = send(ward.gateway.port, post(asks, json.dumps(body).encode()))
    assert said("openai" if place == "azure" else "gemini", answer) == TEXT
    [sent] = hostile_provider.requests[asked:]
    assert first_line(sent) == f"POST {path.format(quote(tail, safe='-_.~'))} HTTP/1.1"
    ward.check(before)


@pytest.mark.parametrize("path, status", [
    ("/openai/deployments/../chat/completions", 404), ("/openai/deployments/%2e%2e/chat/completions", 404), ("/openai/deployments/%ff/chat/completions", 404),
    ("/openai/deployments/%/chat/completions", 404), ("/openai/deployments/a/../../v1/chat/completions", 404), ("/v1beta/models/..:generateContent", 404),
    ("/v1beta/models/%2e%2e:generateContent", 404), ("/v1beta/models/%zz:generateContent", 404), ("/v1beta/models/gemini-x:generateContent%0d%0a", 404),
    ("/v1beta/models/gemini-x:generateContent/../x", 404), ("/v1beta/models/gemini-x:other", 404), ("/v1/models/..%2f..%2fadmin", 405),
])
def test_paths_that_lead_nowhere(wards, hostile_provider, path, status):
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    answer = send(ward.gateway.port, post(path, json.dumps(plain("openai", "gpt-4o")).encode()))
    told("gemini" if path.startswith("/v1beta") else "openai", answer, status)
    assert hostile_provider.requests[asked:] == []
    ward.check(before)


@pytest.mark.parametrize("model", [".", "..", "models/..", "models/"])
def test_names_that_are_no_segment(wards, hostile_provider, model):
    everything = [("- {name: \"gemini-*\", target: gemini}", "- {name: \"*\", target: gemini}")]
    ward = wards("envoy.yaml", everything)
    before, asked = ward.settled(), len(hostile_provider.requests)
    answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(plain("openai", model)).encode()))
    assert "cannot stand in a path" in told("openai", answer, 400)
    assert hostile_provider.requests[asked:] == []
    ward.check(before)


LABELS = ["gpt-4o;.;outcome=.=ok;.;provider=.=evil", "gpt-4o\"} 1\nweir_requests_total{model=\"x", "gpt-4o\\", "gpt-4o.", "gpt-4o..", "gpt-4o\n# HELP x", "gpt-4o\u2028x", "gpt-" + "x" * 500, "gpt-" + "é" * 500, "gpt-4o|x:1|c\n", "gpt-a.b.c:d"]


def series(gateway):
    """Prometheus' lines of Weir's requests, as a scraper cuts them."""
    lines = fetch(f"http://127.0.0.1:{gateway.admin}/stats/prometheus").split("\n")
    return [line.rsplit(" ", 1)[0] for line in lines if line.startswith("weir_requests_total")]


@pytest.mark.parametrize("number, model", list(enumerate(LABELS + [f"gpt-4o{tail}" for tail in TAILS])), ids=ascii)
def test_a_name_is_one_label(wards, number, model):
    ward = wards("envoy.yaml", CALLERS)
    before = ward.settled()
    mine = f"c{number} "
    names = [b"x-caller: " + (mine + "".join(letter for letter in model if letter.isprintable())).encode()]
    answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(plain("openai", model)).encode(), names))
    assert said("openai", answer) == TEXT
    [entry] = wait_for(lambda: [entry for entry in ward.gateway.entries if (entry["caller"] or "").startswith(mine)], "an access log line")
    assert entry["outcome"] == "ok"
    found = series(ward.gateway)
    assert len(found) == len(set(found)), "two series have the same labels"
    for line in found:
        assert re.fullmatch(r'weir_requests_total\{((operation|provider|model|outcome|caller)="[^"\\\n]{1,128}",?)+\}', line), line
    labels = [dict(re.findall(r'(\w+)="([^"]*)"', line)) for line in found]
    [mine] = [label for label in labels if label["model"] == entry["model"] and label["caller"] == entry["caller"]]
    assert (mine["provider"], mine["outcome"], mine["operation"]) == ("openai", "ok", "chat")
    for field in ("model", "upstream_model", "caller"):
        assert len(entry[field].encode()) <= 128 and entry[field].isprintable()
    ward.check(before, caller=True)


DROPS = [("stage: attempt\n", "stage: attempt\n                  unsupported_params: drop\n")]


@pytest.mark.parametrize("field", ["x\r\nx-evil: 1", "x\0", "x\ud800", "x" * 5000, "é", "x\u2028", "\x1b[31m"], ids=lambda field: ascii(field)[:30])
def test_dropped_fields_are_listed_in_one_header(wards, hostile_provider, field):
    ward = wards("envoy.yaml", DROPS)
    before, asked = ward.settled(), len(hostile_provider.requests)
    answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(plain("openai", "claude-sonnet-4-6", **{field: 1})).encode()))
    assert said("openai", answer) == TEXT
    assert [name for name, _ in answer.headers if name.startswith("x-evil")] == []
    assert re.fullmatch(r"[^\x00-\x1f\x7f]{1,1100}", answer.header("x-weir-dropped-params"))
    [sent] = hostile_provider.requests[asked:]
    first_line(sent)
    ward.check(before)


@pytest.mark.parametrize("call", ["c\r\nx: 1", "c\0", "../c", "c\"", "c\ud800", "c" * 5000, "é", ""], ids=lambda call: ascii(call)[:30])
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-6", "gemini-2.5-flash", "us.amazon.nova-lite-v1:0"])
def test_ids_of_calls_stay_text(wards, hostile_provider, model, call):
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    calls = [{"id": call, "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None, "tool_calls": calls}, {"role": "tool", "tool_call_id": call, "content": "r"}]
    body = {"model": model, "messages": turns, "tools": [{"type": "function", "function": {"name": "f"}}]}
    answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(body).encode()))
    assert said("openai", answer) == TEXT
    [sent] = hostile_provider.requests[asked:]
    first_line(sent)
    # The call and its result still belong together.
    text = json.dumps(json.loads(sent.body))
    ids = re.findall(r'"(?:id|tool_use_id|toolUseId|tool_call_id)": "((?:[^"\\]|\\.)*)"', text)
    assert ids == [] if "gemini" in model else len(ids) == 2 and len(set(ids)) == 1, text
    ward.check(before)


@pytest.mark.parametrize("query, param", [("target=a%0d%0ax-evil:1", "target"), ("target=%00", "target"), ("model=%0a", "model"), ("target=%ff", "target"), ("wire=%0d%0a", "wire")])
def test_a_dry_run_names_no_lines(wards, hostile_provider, query, param):
    ward = wards("envoy.yaml")
    before, asked = ward.settled(), len(hostile_provider.requests)
    answer = send(ward.gateway.port, post(f"/weir/translate?{query}", json.dumps(plain("openai", "gpt-4o")).encode()))
    assert f"`{param}`" in told("openai", answer, 400)
    assert hostile_provider.requests[asked:] == []
    ward.check(before)


@pytest.mark.parametrize("header", [b"x-weir-provider: evil", b"x-weir-cost-nanousd: 0", b"x-weir-target: evil", b"X-WEIR-ANYTHING: evil", b"x-weir-estimated: true"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-6"])
def test_a_provider_does_not_speak_for_the_gateway(wards, hostile_provider, header, stream, model):
    ward = wards("envoy.yaml")
    before = ward.settled()
    wire = PROVIDERS["openai" if model == "gpt-4o" else "anthropic"]
    body, kind = (b"".join(event.data for event in wire.events), wire.stream_kind) if stream else (wire.unary, "application/json")
    hostile_provider.on("mark-names", steps(whole(body, kind=kind, more=[header.decode()])))
    answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(plain("openai", model, "mark-names", stream)).encode()))
    assert said("openai", answer, stream) == TEXT
    assert "evil" not in str(answer.headers)
    assert [value for name, value in answer.headers if name == "x-weir-provider"] == [wire.name]
    assert answer.header("x-weir-estimated") is None and answer.header("x-weir-cost-nanousd") != "0"
    ward.check(before)
