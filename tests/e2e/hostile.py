"""What hostile clients and providers are played with: exact bytes in, what came of them, and whether the gateway is any the worse."""
import json
import os
import re
import socket
import threading
import time
from dataclasses import dataclass, field

from fault_wires import PROVIDERS, TEXT, is_error, read_stream, read_unary
from gateway import fetch, wait_for
from raw_provider import RawProvider, whole

CLIENT_PATHS = {"openai": "/v1/chat/completions", "completions": "/v1/completions", "anthropic": "/v1/messages"}
MODELS = {"openai": "gpt-4o", "azure": "azure-gpt-4o", "anthropic": "claude-sonnet-4-6", "gemini": "gemini-2.5-flash", "bedrock": "us.amazon.nova-lite-v1:0"}


@dataclass
class Answer:
    """What came back on a connection."""

    status: int = 0
    headers: list = field(default_factory=list)
    body: bytes = b""
    # Whether the answer's framing said that it is whole; else the connection ended first.
    whole: bool = False

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return next((value for key, value in self.headers if key == name), None)


def send(port, data, seconds=30.0, leaves=None):
    """Sends bytes, while it reads one answer of HTTP/1.1: a gateway that has heard enough need not take them all.

    With `leaves` the client says no more after so many seconds, and reads what comes.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as wire:
        def push():
            try:
                wire.sendall(data)
            except OSError:
                # The answer tells.
                pass

        pushing = threading.Thread(target=push, daemon=True)
        pushing.start()
        if leaves is not None:
            time.sleep(leaves)
            wire.shutdown(socket.SHUT_WR)
        answer = receive(wire, data.startswith(b"HEAD "))
    pushing.join(seconds)
    return answer


def receive(wire, bare=False):
    """One answer of HTTP/1.1, interim ones left out; `bare` tells that it has no body whatever it says."""
    stream = wire.makefile("rb")
    answer = Answer()
    try:
        while answer.status < 200:
            line = stream.readline()
            if not line:
                return answer
            answer.status = int(line.split()[1])
            answer.headers = []
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode("latin-1").partition(":")
                answer.headers.append((name.lower(), value.strip()))
        length = answer.header("content-length")
        if bare or answer.status in (204, 304):
            answer.whole = True
        elif length is not None:
            answer.body = stream.read(int(length))
            answer.whole = len(answer.body) == int(length)
        elif answer.header("transfer-encoding") == "chunked":
            pieces = []
            while size := int(stream.readline() or b"-1", 16):
                if size < 0:
                    break
                pieces.append(stream.read(size))
                stream.readline()
            answer.body = b"".join(pieces)
            answer.whole = size == 0 and stream.readline() == b"\r\n"
    except ConnectionError:
        pass
    return answer


def post(path, body, headers=(), length=None):
    """A request's bytes. A header is a line's bytes."""
    lines = [b"POST %b HTTP/1.1" % (path.encode() if isinstance(path, str) else path), b"host: gateway.test", b"content-type: application/json"]
    lines += [b"content-length: %d" % (len(body) if length is None else length), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def path_of(client, model, stream=False):
    """The path by which a client of a wire asks."""
    if client == "gemini":
        return f"/v1beta/models/{model}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"
    return CLIENT_PATHS[client]


def plain(client, model, text="Hi", stream=False, **more):
    """A harmless request's body, as a value."""
    if client == "gemini":
        return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    if client == "completions":
        body["prompt"] = body.pop("messages")[0]["content"]
    if client == "anthropic":
        body = {"max_tokens": 50, **body}
    if stream:
        body["stream"] = True
    return body


async def polite(peer):
    """A provider that answers every request well, in the wire that its path tells."""
    path, body = peer.request.path, peer.request.body
    if path.endswith("/messages") or "/publishers/anthropic/" in path or path.endswith("/invoke"):
        provider = PROVIDERS["anthropic"]
    elif path.startswith("/v1beta/") or "/publishers/google/" in path:
        provider = PROVIDERS["gemini"]
    elif path.startswith("/model/"):
        provider = PROVIDERS["bedrock"]
    else:
        provider = PROVIDERS["openai"]
    streams = re.search(rb'"stream" *: *true', body) or ":streamGenerateContent" in path or path.endswith("-stream")
    answer = whole(b"".join(event.data for event in provider.events), kind=provider.stream_kind) if streams else whole(provider.unary)
    await peer.send(answer)


def provider():
    """A provider that is polite to whoever has no script."""
    made = RawProvider()
    made.default = polite
    return made


class Ward:
    """Watches over a gateway: that it is the same process, that no VM failed, that what it was asked is settled once."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.pid = gateway.process.pid
        self.wasm = self._wasm()

    def _wasm(self):
        text = fetch(f"http://127.0.0.1:{self.gateway.admin}/stats?filter=^wasm%5C.")
        return dict(line.rsplit(": ", 1) for line in text.splitlines() if ": " in line)

    def settled(self, outcome=""):
        """How many requests were settled up to now, in all or with an outcome."""
        return self.gateway.stat(f"outcome=.={outcome}.*weir_requests_total$")

    def settlement(self, caller):
        """What was settled for a caller: {outcome: requests}, and tokens by "input" and "output"."""
        text = fetch(f"http://127.0.0.1:{self.gateway.admin}/stats?usedonly&filter=caller=.={caller};")
        settled = {}
        for line in text.splitlines():
            labels = dict(re.findall(r"(\w+)=\.=(.*?);\.;", line))
            if ".;weir_requests_total: " in line:
                settled[labels["outcome"]] = int(line.rsplit(": ", 1)[1])
            elif ".;weir_tokens_total: " in line and labels["type"] in ("input", "output"):
                settled[labels["type"]] = int(line.rsplit(": ", 1)[1])
        return settled

    def check(self, before, requests=1, **served):
        """After a case: `requests` more are settled than `before`, and the gateway serves as if nothing had happened."""
        wait_for(lambda: self.settled() >= before + requests, f"{requests} requests are settled")
        assert self.settled() == before + requests
        self.serves(**served)
        assert self.settled() == before + requests + 1
        self.unhurt()

    def serves(self, model=MODELS["anthropic"], caller=False):
        headers = [b"x-caller: harmless"] if caller else []
        answer = send(self.gateway.port, post(CLIENT_PATHS["openai"], json.dumps(plain("openai", model)).encode(), headers))
        assert (answer.status, read_unary("openai", answer.json())) == (200, TEXT)
        return answer

    def unhurt(self):
        """The same process is alive, its VMs are those that it began with, and its log knows of no trap."""
        assert self.gateway.process.poll() is None, f"Envoy ended: {self.gateway.process.returncode}"
        os.kill(self.pid, 0)
        assert self._wasm() == self.wasm
        log = self.gateway.log()
        for word in ("panicked", "unexpected status", "wasm_fail_stream", "Function: proxy_on", "critical"):
            assert word not in log, log[-3000:]


def told(client, answer, status):
    """The message of an error that is whole and in the client's wire."""
    assert (answer.status, answer.whole) == (status, True), answer
    value = answer.json()
    if client == "gemini":
        assert value["error"]["code"] == status and value["error"]["status"], value
    else:
        assert is_error("anthropic" if client == "anthropic" else "openai", value), value
    assert value["error"]["message"]
    return value["error"]["message"]


def said(client, answer, stream=False):
    """The text of an answer that is whole and in the client's wire."""
    assert (answer.status, answer.whole) == (200, True), answer
    if stream and client == "gemini":
        events = [json.loads(line[6:]) for line in answer.body.decode().splitlines() if line.startswith("data: ")]
        return "".join(_gemini_text(event) for event in events)
    if stream:
        seen = read_stream(client, answer.body)
        assert (seen.ends, seen.errors, seen.garbage) == (1, (), ()), answer
        return seen.text
    return _gemini_text(answer.json()) if client == "gemini" else read_unary(client, answer.json())


def _gemini_text(value):
    return "".join(part.get("text", "") for part in value["candidates"][0]["content"]["parts"])
