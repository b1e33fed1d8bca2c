"""The provider's answers: asked of the simulator once, and kept as bytes that the load generator's provider plays."""
import http.client
import json
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

# What streams say is `word0 word1 …`: the load generator looks for this.
NEEDLE = "word"
# A kilobyte of answer in OpenAI's wire, with what prose has to be escaped for.
TEXT = (
    "Here is the short answer.\n\nThe gateway reads the request, chooses a provider and rewrites what that provider calls otherwise; "
    'the answer comes back the same way, event by event, and is never held for longer than it must be.\n\n1. "Pass-through" edits in place.\n'
    '2. "Translation" reads one wire and writes another.\n3. Usage is read as it passes: input, output, cached and reasoning tokens.\n\n'
    "In either case the client sees its own wire, and the operator sees what it cost."
)
STREAMS = [10, 100, 1_000, 10_000, 100_000]


@dataclass
class Wire:
    """A provider's wire: the model asked for, and how the simulator is asked."""

    name: str
    model: str

    def request(self, model, text, stream, usage):
        """Path, headers and body of a request."""
        quoted = urllib.parse.quote(model, safe="")
        messages = [{"role": "user", "content": text}]
        if self.name == "openai":
            body = {"model": model, "messages": messages, "stream": stream}
            if usage:
                body["stream_options"] = {"include_usage": True}
            return "/v1/chat/completions", {"authorization": "Bearer sk-bench"}, body
        if self.name == "anthropic":
            body = {"model": model, "messages": messages, "max_tokens": 4096, "stream": stream}
            return "/v1/messages", {"x-api-key": "sk-bench", "anthropic-version": "2023-06-01"}, body
        if self.name == "gemini":
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
            return f"/v1beta/models/{quoted}:{method}", {"x-goog-api-key": "sk-bench"}, body
        method = "converse-stream" if stream else "converse"
        body = {"messages": [{"role": "user", "content": [{"text": text}]}]}
        return f"/model/{quoted}/{method}", {"authorization": "Bearer sk-bench"}, body


WIRES = [
    Wire("openai", "gpt-4o"),
    Wire("anthropic", "claude-sonnet-4-6"),
    Wire("gemini", "gemini-2.5-flash"),
    Wire("bedrock", "us.amazon.nova-lite-v1:0"),
]


def ask(port, path, headers, body, timeout=60):
    """Asks; returns status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, payload, {"content-type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def options(stream):
    """What the simulator is told by the model's name."""
    return f"+events={stream}" if stream else "+reply=" + TEXT.replace(" ", "_")


def plain(body, model, optioned):
    """The answer as if the model had been asked for without options."""
    return body.replace(json.dumps(optioned)[1:-1].encode(), model.encode())


def cuts(body, content_type):
    """Where each event ends."""
    ends, place = [], 0
    blank = b"\r\n\r\n" if b"\r\n\r\n" in body[:4096] else b"\n\n"
    while place < len(body):
        if "eventstream" in content_type:
            place += int.from_bytes(body[place : place + 4], "big")
        else:
            place = body.index(blank, place) + len(blank)
        ends.append(place)
    return ends


def capture(port, wire, stream, usage):
    """One answer of the simulator's: headers and body."""
    model = wire.model + options(stream)
    status, headers, body = ask(port, *wire.request(model, "Hi.", bool(stream), usage))
    if status != 200:
        raise SystemExit(f"bench: the simulator answered {status} to {wire.name}: {body[:300]}")
    kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "transfer-encoding", "connection")]
    return kept, plain(body, wire.model, model)


def write(folder, simulator_port, streams=STREAMS):
    """Asks the simulator for every answer, and writes the manifest. Returns its path."""
    folder, manifest = Path(folder), []
    for wire in WIRES:
        for stream in [0, *streams]:
            for usage in [False, True] if stream and wire.name == "openai" else [None]:
                headers, body = capture(simulator_port, wire, stream, usage)
                name = f"stream_{stream}" if stream else "unary"
                path = folder / f"{wire.name}.{name}.{usage}"
                path.write_bytes(body)
                kind = dict((key.lower(), value) for key, value in headers)["content-type"]
                ends = cuts(body, kind) if stream else []
                events = [body[start:end] for start, end in zip([0, *ends], ends)]
                content = [index for index, event in enumerate(events) if NEEDLE.encode() in event]
                assert len(content) == stream, (wire.name, stream, len(content))
                output = stream or len(TEXT.split(" "))
                manifest.append({
                    "name": name, "wire": wire.name, "stream": bool(stream), "usage": usage, "headers": headers, "file": str(path),
                    "cuts": ends, "lead": content[0] if content else 0, "deltas": len(content), "input": 12, "output": output,
                })
    out = folder / "manifest.json"
    out.write_text(json.dumps(manifest))
    return out
