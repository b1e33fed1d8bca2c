"""Nothing secret anywhere: keys of callers and providers through every path, provider, error and log level, and then a search of logs,
access logs, filter state, statistics, configuration dumps, and both sides' bytes."""
import asyncio
import itertools
import json

import pytest
import secrets_watch as watch
from gateway import KEYS, wait_for
from hostile import MODELS, plain, post, send
from fault_wires import PROVIDERS, sse
from raw_provider import RESET, chunk, head, whole

# Filter state, all of it that a log can name.
STATE = ["exchange", "attempt.1", "attempt.2", "attempt.3", "log", "model", "target", "caller", "team", "operation", "provider", "upstream_model", "error", "outcome"]
TOLD = " ".join(f"%FILTER_STATE(wasm.weir.{key}:PLAIN)%" for key in STATE)
LOGS = [
    ('wasm.weir.log:PLAIN)%}\\n"', f'wasm.weir.log:PLAIN)%}}\\nSTATE {TOLD}\\n"'),
    ('error: "%FILTER_STATE(wasm.weir.error:PLAIN)%"', 'error: "%FILTER_STATE(wasm.weir.error:PLAIN)%"\n                  state: "' + TOLD + '"'),
]
WAYS = {"two stages": ("envoy.yaml", False), "inline": ("inline.yaml", False), "on 1.37": ("envoy.yaml", True)}
LEVELS = ["trace", "debug", "info", "warning", "error", "critical"]
_marks = (f"mark-k{number}" for number in itertools.count())


def echo(status, shape=None):
    """A provider that repeats all that it was sent in its error, key included."""

    async def script(peer):
        said = peer.request.head.decode("latin-1").replace("\r\n", " ")
        bodies = {
            "openai": {"error": {"message": f"bad key: {said}", "type": "invalid_request_error", "param": None, "code": said}},
            "anthropic": {"type": "error", "error": {"type": "authentication_error", "message": said}}, "gemini": {"error": {"code": 401, "message": said, "status": "UNAUTHENTICATED"}},
            "bedrock": {"message": said}, "text": said, "page": f"<html>{said}</html>", "odd": {"detail": [{"msg": said, "input": said}]},
        }
        # The provider's own, where none is said.
        body = bodies[shape or ("anthropic" if "anthropic" in said else "openai")]
        kind = "text/html" if shape in ("text", "page") else "application/json"
        await peer.send(whole((body if isinstance(body, str) else json.dumps(body)).encode(), status, kind))

    return script


def steps_of(*items):
    async def script(peer):
        for item in items:
            if item == RESET:
                peer.reset()
            else:
                await peer.send(item)
            await asyncio.sleep(0)

    return script


STATUSES = ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "413 Too Large", "429 Too Many", "500 Oops", "503 Busy", "529 Overloaded"]
SHAPES = ["openai", "anthropic", "gemini", "bedrock", "text", "page", "odd"]
FAULTS = [
    *(echo(status) for status in STATUSES), *(echo("401 Unauthorized", shape) for shape in SHAPES), echo("200 OK"), echo("200 OK", "page"),
    steps_of(RESET), steps_of(whole(b"")), steps_of(whole(b"{\xff")), steps_of(head(length=100) + b"{", RESET),
    steps_of(head(kind="text/event-stream", chunked=True) + chunk(PROVIDERS["openai"].events[1].data), RESET),
    steps_of(head(kind="text/event-stream", chunked=True) + chunk(sse({"error": {"message": "x", "type": "y"}})) + chunk(b"")),
]


def requests(way):
    """Everything that a client can ask, well and badly."""
    models = MODELS if way != "inline" else {name: MODELS[name] for name in ("openai", "anthropic")}
    for model, stream in itertools.product(models.values(), (False, True)):
        yield "/v1/chat/completions", plain("openai", model, stream=stream)
        yield "/v1/messages", plain("anthropic", model, stream=stream)
        yield "/v1/completions", plain("completions", model, stream=stream)
        yield f"/v1beta/models/{model}:{'streamGenerateContent' if stream else 'generateContent'}", plain("gemini", model)
    for model in models.values():
        yield "/v1/messages/count_tokens", plain("anthropic", model)
        yield f"/v1beta/models/{model}:countTokens", plain("gemini", model)
        yield "/v1/embeddings", {"model": model, "input": "Hi"}
        yield f"/openai/deployments/{model}/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}
    for target in ("openai", "anthropic", "gemini", "bedrock", "azure", "nowhere"):
        yield f"/weir/translate?target={target}", plain("openai", "gpt-4o")
    yield from [("/v1/nope", {}), ("/v1/models", {}), ("/v1/chat/completions", []), ("/v1/chat/completions", {"model": "llama"}), ("/v1/chat/completions", {"model": "gpt-4o", "stream": 1})]
    yield "/v1/chat/completions", plain("openai", "claude-sonnet-4-6", seed=1)


def ask(gateway, path, body, headers=()):
    """Asks with every key a caller can have, in headers and in the query."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    asks = f"{path}{'&' if '?' in path else '?'}{watch.CALLERS_QUERY}" if "/weir/" not in path else path
    return send(gateway.port, post(asks, body, [*watch.CALLERS_HEADERS, *headers]))


def play(gateway, provider, way, every=1):
    """All of it, or every so many'th; what came back."""
    answers = [ask(gateway, path, body) for path, body in itertools.islice(requests(way), 0, None, every)]
    for path in ("/v1/models", "/v1beta/models", "/v1/models/gpt-4o"):
        answers.append(send(gateway.port, b"GET %b?%b HTTP/1.1\r\nhost: x\r\n%b\r\n\r\n" % (path.encode(), watch.CALLERS_QUERY.encode(), b"\r\n".join(watch.CALLERS_HEADERS))))
    asked = itertools.product(FAULTS, [("openai", "/v1/chat/completions"), ("anthropic", "/v1/messages")], ("gpt-4o", "claude-sonnet-4-6"), (False, True))
    for fault, (client, path), model, stream in itertools.islice(asked, 0, None, every):
        mark = next(_marks)
        provider.on(mark, fault)
        answers.append(ask(gateway, path, plain(client, model, mark, stream)))
    return answers


def settle_down(gateway):
    wait_for(lambda: gateway.stat("http.llm.downstream_rq_active") == 0, "no request is open")
    gateway.mark()


def check_lines(gateway, since):
    """The access log, and all of filter state that it shows."""
    lines = gateway.lines[since:]
    assert lines and not watch.leaks("".join(lines)), watch.leaks("".join(lines))
    # It is shown: the exchange is in it, with the client's headers, but where one stage does all.
    assert any("content-length" in line or '"state":"- ' in line for line in lines), lines[:5]


@pytest.mark.parametrize("way", WAYS)
def test_no_key_is_anywhere(wards, hostile_provider, way):
    name, old = WAYS[way]
    ward = wards(name, LOGS, old)
    gateway = ward.gateway
    levels = LEVELS if way == "two stages" else ["trace", "info"]
    for level in levels:
        watch.level(gateway, level)
        asked, line, place = len(hostile_provider.requests), len(gateway.lines), len(gateway.log())
        answers = play(gateway, hostile_provider, way, 1 if level in ("trace", "info") else 7)
        settle_down(gateway)
        for answer in answers:
            text = str(answer.headers) + answer.body.decode("utf-8", "replace")
            assert not watch.leaks(text), text
        sent = hostile_provider.requests[asked:]
        # Some are refused, some end before a provider could be asked: most are sent.
        assert len(sent) > len(answers) // 2
        for request in sent:
            watch.check_sent(request)
        check_lines(gateway, line)
        loud = watch.check_log(gateway.log()[place:], quiet=level not in ("trace", "debug"))
        # Envoy itself shows headers at its lowest levels: what is looked for would be found.
        assert ("http" in loud) == (level in ("trace", "debug")), loud
    watch.level(gateway, "info")
    watch.check_admin(gateway)
    ward.serves()
    ward.unhurt()


def failing_at(host, fault):
    """A provider that fails as one host, and is polite as another."""
    from hostile import polite

    async def script(peer):
        names = dict(peer.request.headers)
        await (fault if names["host"] == host else polite)(peer)

    return script


@pytest.mark.parametrize("name", ["fallback.yaml", "fallback-priorities.yaml"])
@pytest.mark.parametrize("level", ["trace", "info"])
def test_a_fallback_carries_no_key_over(wards, hostile_provider, name, level):
    ward = wards(name, LOGS)
    gateway = ward.gateway
    watch.level(gateway, level)
    asked, line, place = len(hostile_provider.requests), len(gateway.lines), len(gateway.log())
    pairs = set()
    for status, stream, (client, path) in itertools.product(["429 Too Many", "500 Oops", "503 Busy"], (False, True), [("openai", "/v1/chat/completions"), ("anthropic", "/v1/messages")]):
        for both in (False, True):
            mark, before = next(_marks), len(hostile_provider.requests)
            fault = echo(status, "openai")
            hostile_provider.on(mark, fault if both else failing_at("api.openai.com", fault))
            answer = ask(gateway, path, plain(client, "gpt-4o", mark, stream))
            assert (answer.status == 200) == (not both), answer
            assert not watch.leaks(str(answer.headers) + answer.body.decode()), answer
            hosts = [dict(request.headers)["host"] for request in hostile_provider.requests[before:]]
            pairs.add(tuple(hosts[:2]))
    assert pairs == {("api.openai.com", "api.anthropic.com")}
    for request in hostile_provider.requests[asked:]:
        watch.check_sent(request)
    settle_down(gateway)
    check_lines(gateway, line)
    watch.check_log(gateway.log()[place:], quiet=level == "info")
    watch.level(gateway, "info")
    watch.check_admin(gateway)
    ward.unhurt()


def test_a_key_in_a_body_is_body(wards, hostile_provider):
    """It goes where the body goes, and nowhere else."""
    ward = wards("envoy.yaml", LOGS)
    asked, line, place = len(hostile_provider.requests), len(ward.gateway.lines), len(ward.gateway.log())
    answer = ask(ward.gateway, "/v1/chat/completions", plain("openai", "gpt-4o", api_key="body-5ecret"))
    [sent] = hostile_provider.requests[asked:]
    assert answer.status == 200 and json.loads(sent.body)["api_key"] == "body-5ecret"
    assert not watch.leaks(sent.head.decode().replace(KEYS["OPENAI_API_KEY"], "")) and not watch.leaks(str(answer))
    refused = ask(ward.gateway, "/v1/chat/completions", plain("openai", "claude-sonnet-4-6", api_key="body-5ecret"))
    assert refused.status == 400 and not watch.leaks(str(refused))
    settle_down(ward.gateway)
    check_lines(ward.gateway, line)
    watch.check_log(ward.gateway.log()[place:], quiet=True)
    watch.check_admin(ward.gateway)


def test_callers_keys_of_envoys_own_filter(wards, hostile_provider):
    """`api_key_auth` takes its key away, and what names the caller is no key. Its configuration holds the keys, and is shown."""
    keys = [("sk-alice", "alice-5ecret"), ("sk-bob", "bob-5ecret")]
    ward = wards("callers.yaml", [*keys, *LOGS])
    asked, line, place = len(hostile_provider.requests), len(ward.gateway.lines), len(ward.gateway.log())
    for key, status in [(b"alice-5ecret", 200), (b"wrong-5ecret", 401)]:
        answer = send(ward.gateway.port, post("/v1/chat/completions", json.dumps(plain("openai", "gpt-4o")).encode(), [b"authorization: Bearer " + key]))
        assert answer.status == status and not watch.leaks(str(answer))
    [sent] = hostile_provider.requests[asked:]
    watch.check_sent(sent)
    settle_down(ward.gateway)
    check_lines(ward.gateway, line)
    watch.check_log(ward.gateway.log()[place:], quiet=True)
    watch.check_admin(ward.gateway, allowed=["alice-5ecret", "bob-5ecret"])


def test_a_key_from_an_sds_file_is_in_no_dump(wards, hostile_provider, tmp_path_factory):
    from gateway import example

    secret = tmp_path_factory.mktemp("sds") / "secret.yaml"
    secret.write_text(example("openai-secret.yaml").replace("sk-from-sds", KEYS["OPENAI_API_KEY"]))
    ward = wards("credential-injector.yaml", [("/etc/weir/openai-secret.yaml", str(secret)), *LOGS])
    asked, line, place = len(hostile_provider.requests), len(ward.gateway.lines), len(ward.gateway.log())
    answer = ask(ward.gateway, "/v1/chat/completions", plain("openai", "gpt-4o"))
    assert answer.status == 200 and not watch.leaks(str(answer))
    [sent] = hostile_provider.requests[asked:]
    watch.check_sent(sent)
    settle_down(ward.gateway)
    check_lines(ward.gateway, line)
    watch.check_log(ward.gateway.log()[place:], quiet=True)
    watch.check_admin(ward.gateway)
