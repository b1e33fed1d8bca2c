"""Falsified answers: one change a case, made on its way, which the comparison must notice.

The kinds: a dropped piece of text, another tool argument, another finish reason, one token more; in an error other words, in
a list of vectors another number.
"""
import base64
import json
import random

import frames
import mutations


class Mutated:
    """A case whose body says something else; `kind` is what was changed, or None where there was nothing to change."""

    def __init__(self, body, kind):
        self.body, self.kind = body, kind


def mutated(case, seed):
    """A case's answer with one change that the seed chooses."""
    chance = random.Random(f"{seed}/{case.entry.file}")
    makers = list(mutations.of(case.wire, case.status >= 400))
    chance.shuffle(makers)
    try:
        values, rebuild = _open(case)
        for kind, change in makers:
            if change(values, chance):
                return Mutated(rebuild(values), kind)
    except (ValueError, TypeError, LookupError, AttributeError):
        # An answer of no known shape is left as it is.
        pass
    return Mutated(case.body, None)


def _open(case):
    """An answer's JSON values, and what puts them back into their frame."""
    body = case.body
    if case.wire in frames.EVENT_STREAMS and case.streaming and case.status < 400:
        return _open_messages(body, case.wire == "bedrock_anthropic")
    if not case.streaming or body.lstrip()[:1] in (b"{", b"["):
        value = frames.loads(body)
        values = value if isinstance(value, list) else [value]
        return values, lambda changed: _dump(changed if isinstance(value, list) else changed[0])
    lines = body.decode("utf-8", "replace").splitlines(keepends=True)
    values = {place: _data(line) for place, line in enumerate(lines) if _data(line) is not None}

    def rebuild(changed):
        for place, value in zip(values, changed):
            ending = lines[place][len(lines[place].rstrip("\r\n")) :]
            lines[place] = "data: " + _dump(value).decode() + ending
        return "".join(lines).encode()

    return list(values.values()), rebuild


def _open_messages(body, inner):
    messages = frames.messages(body)
    values = [frames.loads(base64.b64decode(payload["bytes"])) if inner and "bytes" in payload else payload for _, payload in messages]

    def rebuild(changed):
        out = []
        for (headers, payload), value in zip(messages, changed):
            value = {"bytes": base64.b64encode(_dump(value)).decode()} if inner and "bytes" in payload else value
            kind = headers.get(":message-type", "event")
            out.append(frames.message(headers.get(":exception-type") or headers.get(":event-type") or "", value, kind))
        return b"".join(out)

    return values, rebuild


def _data(line):
    if not line.startswith("data:"):
        return None
    try:
        value = frames.loads(line[5:])
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
