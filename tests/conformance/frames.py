"""How answers are cut into events: server-sent events, AWS event streams, JSON arrays, and lines that lost their frame."""
import base64
import binascii
import json
import struct

EVENT_STREAMS = ("bedrock", "bedrock_anthropic")


def loads(text):
    """JSON as lenient as the recordings are: control characters within strings are taken."""
    return json.loads(text, strict=False)


def is_unframed(text):
    """Whether a stream's events stand one JSON a line, without the frame that they had."""
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and all(line.lstrip().startswith("{") for line in lines) and _all_json(lines)


def _all_json(lines):
    try:
        return all(isinstance(loads(line), dict) for line in lines)
    except ValueError:
        return False


def reframe(text, wire):
    """Puts the frame back that this wire has around each event."""
    events = [line.strip() for line in text.splitlines() if line.strip()]
    if wire in ("openai", "completions"):
        return ("".join(f"data: {event}\n\n" for event in events) + "data: [DONE]\n\n").encode()
    if wire == "anthropic":
        ends = [place for place, event in enumerate(events) if loads(event).get("type") == "message_stop"]
        # Some fixtures hold the answers of several requests, one after another: the first is the answer.
        events = events[: ends[0] + 1] if ends else events
        return "".join(f"event: {loads(event).get('type', 'message')}\ndata: {event}\n\n" for event in events).encode()
    if wire == "gemini":
        return "".join(f"data: {event}\r\n\r\n" for event in events).encode()
    if wire == "bedrock":
        return b"".join(_converse_message(loads(event)) for event in events)
    if wire == "bedrock_anthropic":
        return b"".join(message("chunk", {"bytes": base64.b64encode(event.encode()).decode()}) for event in events)
    raise ValueError(f"no frame is known for {wire}")


def _converse_message(event):
    """`{"messageStop": {…}}` as the message of that type."""
    if len(event) == 1:
        (name, payload), = event.items()
        if isinstance(payload, dict):
            kind = "exception" if name.endswith("Exception") else "event"
            return message(name, payload, kind)
    return message("unknown", event)


def sse(body):
    """The `(event, data)` of every server-sent event; a last one that no blank line ends counts too."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    found, name, data, bare = [], None, [], []
    for line in [*text.split("\n"), ""]:
        if not line:
            if data:
                found.append((name, "\n".join(data)))
            elif _all_json(["\n".join(bare)]):
                # Google's servers write an error between events without `data:`.
                found.append((name, "\n".join(bare)))
            name, data, bare = None, [], []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif line.startswith("event:"):
            name = line[6:].strip()
        elif not line.startswith((":", "id:", "retry:")):
            bare.append(line)
    return found


def google_form(body, wants_sse):
    """A generateContent stream in the form that the request asked for: events with `alt=sse`, one JSON array without."""
    is_array = body.lstrip()[:1] == b"["
    if is_array and wants_sse:
        return b"".join(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\r\n\r\n" for event in loads(body))
    if not is_array and not wants_sse:
        return b"[" + b"\n,\r\n".join(json.dumps(event, ensure_ascii=False).encode() for event in json_events(body)) + b"]"
    return body


def json_events(body):
    """The JSON objects of an SSE body, or of a JSON array that stands in its place, in order."""
    text = body.lstrip()
    if text.startswith((b"[", b"{")):
        value = loads(text)
        return value if isinstance(value, list) else [value]
    found = []
    for name, data in sse(body):
        if data.strip() == "[DONE]" or not data.strip():
            continue
        value = loads(data)
        if isinstance(value, dict):
            found.append({"error": value} if name == "error" and "error" not in value and "type" not in value else value)
    return found


def message(event_type, payload, kind="event"):
    """One AWS event-stream message with its two checksums."""
    type_header = ":exception-type" if kind == "exception" else ":event-type"
    pairs = [(type_header, event_type), (":content-type", "application/json"), (":message-type", kind)]
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value.encode())) + value.encode() for name, value in pairs
    )
    data = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(data), len(headers))
    whole = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + data
    return whole + struct.pack(">I", binascii.crc32(whole))


def messages(body):
    """The `(headers, payload)` of every whole message of an AWS event stream."""
    found, at = [], 0
    while at + 16 <= len(body):
        total, headers_len = struct.unpack(">II", body[at : at + 8])
        if total < 16 or at + total > len(body):
            break
        headers = _headers(body[at + 12 : at + 12 + headers_len])
        data = body[at + 12 + headers_len : at + total - 4]
        found.append((headers, loads(data) if data.strip() else {}))
        at += total
    return found


def is_cut(body):
    """Whether an AWS event stream ends within a message."""
    at = 0
    while at < len(body):
        if at + 16 > len(body):
            return True
        total = struct.unpack(">I", body[at : at + 4])[0]
        if total < 16 or at + total > len(body):
            return True
        at += total
    return False


def _headers(data):
    """The headers of string type; the others have none of the answer's facts."""
    sizes = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
    found, at = {}, 0
    while at < len(data):
        name = data[at + 1 : at + 1 + data[at]].decode()
        at += 1 + data[at]
        kind, at = data[at], at + 1
        if kind in (6, 7):
            size = struct.unpack(">H", data[at : at + 2])[0]
            found[name] = data[at + 2 : at + 2 + size].decode("utf-8", "replace")
            at += 2 + size
        else:
            at += sizes[kind]
    return found


def invoke_events(body):
    """The model's own events in an InvokeModel stream: JSON in base64 in each `chunk`."""
    found = []
    for headers, payload in messages(body):
        if "bytes" in payload:
            found.append(loads(base64.b64decode(payload["bytes"])))
        elif headers.get(":message-type") == "exception":
            found.append({"type": "error", "error": {"message": payload.get("message") or payload.get("Message") or ""}})
    return found
