"""One answer in each provider's wire, cut into events, and what a client of each wire makes of the bytes it got."""
import json
import struct
import zlib
from dataclasses import dataclass

WORDS = ["Never ", "a number ", "is lost."]
TEXT = "".join(WORDS)
INPUT, OUTPUT = 12, 7


@dataclass(frozen=True)
class Said:
    """One event: its bytes, the text in it, and its part: "open", "text", "finish", "usage" or "end"."""

    data: bytes
    part: str
    text: str = ""


@dataclass(frozen=True)
class Provider:
    """A provider's wire."""

    name: str
    model: str
    stream_kind: str
    events: tuple
    unary: bytes
    error: bytes
    error_event: bytes
    # An event whose frame is right and whose content is not.
    broken_event: bytes
    ghost: bytes
    # Counts (input, output) that the first event tells already.
    early: tuple | None = None
    # Whether bytes that end before the terminator, but after the finish reason, are a whole answer.
    lax_end: bool = False


def sse(data, name=None):
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def aws(kind, payload, message="event"):
    """A message of AWS's event stream."""
    headers = b""
    name = ":exception-type" if message == "exception" else ":event-type"
    for key, value in ((name, kind), (":content-type", "application/json"), (":message-type", message)):
        headers += struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    framed = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return framed + struct.pack(">I", zlib.crc32(framed))


def _openai():
    def chunk(choices, **more):
        return sse({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "choices": choices, **more})

    def delta(delta, reason=None):
        return chunk([{"index": 0, "delta": delta, "finish_reason": reason}])

    usage = {"prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT}
    error = {"error": {"message": "the fault", "type": "server_error", "param": None, "code": None}}
    events = [Said(delta({"role": "assistant", "content": ""}), "open")]
    events += [Said(delta({"content": word}), "text", word) for word in WORDS]
    events += [Said(delta({}, "stop"), "finish"), Said(chunk([], usage=usage), "usage"), Said(b"data: [DONE]\n\n", "end")]
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    unary = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    return Provider("openai", "gpt-4o", "text/event-stream", tuple(events), json.dumps(unary).encode(), json.dumps(error).encode(),
        sse(error), b'data: {"choices": oops\n\n', delta({"content": "GHOST"}), lax_end=True)


def _anthropic():
    def event(kind, **more):
        return sse({"type": kind, **more}, kind)

    def delta(word):
        return event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})

    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "content": [], "stop_reason": None, "stop_sequence": None}
    start = event("message_start", message={**message, "usage": {"input_tokens": INPUT, "output_tokens": 1}})
    block = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    events = [Said(start, "open"), Said(block, "open"), *(Said(delta(word), "text", word) for word in WORDS)]
    events += [Said(event("content_block_stop", index=0), "finish")]
    events += [Said(event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": OUTPUT}), "finish")]
    events += [Said(event("message_stop"), "end")]
    unary = {**message, "content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn", "usage": {"input_tokens": INPUT, "output_tokens": OUTPUT}}
    error = {"type": "error", "error": {"type": "api_error", "message": "the fault"}}
    return Provider("anthropic", "claude-sonnet-4-6", "text/event-stream", tuple(events), json.dumps(unary).encode(), json.dumps(error).encode(),
        sse(error, "error"), b'event: content_block_delta\ndata: {"type": oops\n\n', delta("GHOST"), early=(INPUT, 1))


def _gemini():
    def answer(text, **more):
        usage = {"promptTokenCount": INPUT, "totalTokenCount": INPUT}
        if "finishReason" in more:
            usage = {"promptTokenCount": INPUT, "candidatesTokenCount": OUTPUT, "totalTokenCount": INPUT + OUTPUT}
        candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}

    events = [Said(sse(answer(word)), "text", word) for word in WORDS] + [Said(sse(answer("", finishReason="STOP")), "finish")]
    error = {"error": {"code": 500, "message": "the fault", "status": "INTERNAL"}}
    return Provider("gemini", "gemini-2.5-flash", "text/event-stream", tuple(events), json.dumps(answer(TEXT, finishReason="STOP")).encode(),
        json.dumps(error).encode(), sse(error), b'data: {"candidates": oops\n\n', sse(answer("GHOST")), early=(INPUT, 0))


def _bedrock():
    def delta(word):
        return aws("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}})

    usage = {"inputTokens": INPUT, "outputTokens": OUTPUT, "totalTokens": INPUT + OUTPUT}
    events = [Said(aws("messageStart", {"role": "assistant"}), "open"), *(Said(delta(word), "text", word) for word in WORDS)]
    events += [Said(aws("contentBlockStop", {"contentBlockIndex": 0}), "finish"), Said(aws("messageStop", {"stopReason": "end_turn"}), "finish")]
    events += [Said(aws("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}), "end")]
    unary = {"output": {"message": {"role": "assistant", "content": [{"text": TEXT}]}}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}
    return Provider("bedrock", "us.amazon.nova-lite-v1:0", "application/vnd.amazon.eventstream", tuple(events), json.dumps(unary).encode(),
        b'{"message":"the fault"}', aws("internalServerException", {"message": "the fault"}, "exception"), aws("contentBlockDelta", b'{"delta": oops'),
        delta("GHOST"), lax_end=True)


PROVIDERS = {provider.name: provider for provider in (_openai(), _anthropic(), _gemini(), _bedrock())}
CLIENT_PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


def asked(client, model, mark, stream, include_usage):
    """A client's request, with a mark that a translation keeps."""
    body = {"model": model, "messages": [{"role": "user", "content": f"Count, {mark}!"}]}
    if client == "anthropic":
        body["max_tokens"] = 50
    if stream:
        body["stream"] = True
    if include_usage:
        body["stream_options"] = {"include_usage": True}
    return json.dumps(body).encode()


@dataclass
class Seen:
    """What a client read out of a stream."""

    text: str = ""
    ends: int = 0
    errors: tuple = ()
    # Events that are no JSON object.
    garbage: tuple = ()


def read_stream(client, body):
    """The events of a client's stream that came whole."""
    seen = Seen()
    for event in body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n")[:-1]:
        data = "\n".join(line[5:].strip() for line in event.split("\n") if line.startswith("data:"))
        if client == "openai" and data == "[DONE]":
            seen.ends += 1
            continue
        try:
            value = json.loads(data)
            assert isinstance(value, dict)
        except (ValueError, AssertionError):
            seen.garbage += (event,)
            continue
        if "error" in value:
            seen.errors += (value,)
        elif client == "openai":
            seen.text += "".join(choice["delta"].get("content") or "" for choice in value["choices"])
        elif value["type"] == "message_stop":
            seen.ends += 1
        elif value["type"] == "content_block_delta":
            seen.text += value["delta"].get("text", "")
    return seen


def read_unary(client, value):
    """The text of a client's whole answer."""
    if client == "openai":
        return value["choices"][0]["message"]["content"]
    return "".join(block.get("text", "") for block in value["content"])


def is_error(client, value):
    """Whether this is an error in the client's wire."""
    if not isinstance(value.get("error"), dict) or not value["error"].get("message"):
        return False
    return value.get("type") == "error" if client == "anthropic" else "type" in value["error"] and "type" not in value
