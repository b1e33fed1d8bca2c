"""What an answer says, whatever its wire: the neutral record that two extractions are compared by."""
from dataclasses import dataclass, field

import frames

FINISH = {
    "stop": ("stop", "eos", "eos_token", "stop_sequence", "end_turn", "STOP", "network_error"),
    "length": ("length", "max_tokens", "model_length", "model_context_window_exceeded", "compaction", "pause_turn", "MAX_TOKENS", "CONTINUATION"),
    "tool_calls": ("tool_calls", "function_call", "tool_use"),
    "content_filter": ("content_filter", "sensitive", "refusal", "guardrail_intervened", "content_filtered"),
}
NEUTRAL = {word: neutral for neutral, words in FINISH.items() for word in words}


@dataclass
class Call:
    """A tool that the client is to run."""

    name: str = ""
    arguments: object = None
    id: str = ""


@dataclass
class Choice:
    """One of the alternatives of an answer."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    # A refusal's words, where they count as text.
    refused: str = ""
    # What was spoken, where a wire has audio.
    transcript: str = ""
    calls: list = field(default_factory=list)
    finish: object = None


@dataclass
class Usage:
    """Tokens: `input` holds what was cached and written, `output` what was reasoned. None where nothing is said."""

    input: object = None
    output: object = None
    cached: object = None
    written: object = None
    written_1h: object = None
    reasoning: object = None


@dataclass
class Failure:
    """What went wrong: the HTTP status, or None where a stream says it, and the provider's words."""

    status: object = None
    message: str = ""


@dataclass
class Facts:
    """All that is compared."""

    choices: dict = field(default_factory=dict)
    usage: object = None
    citations: list = field(default_factory=list)
    error: object = None
    # What a package's own types, or its wire, do not allow in this answer.
    problems: list = field(default_factory=list)
    data: object = None

    def choice(self, index):
        return self.choices.setdefault(index, Choice())


class Refused(Exception):
    """A package took an answer, but not as what it declares it to be, or as its wire must be."""


def validate(facts, check, *values):
    """Runs a check over values and notes the first that it refuses: the facts are compared all the same."""
    try:
        for value in values:
            check(value)
    except ValueError as error:
        facts.problems.append(f"not what the package declares: {' '.join(str(error).split())[:300]}")
    except Refused as error:
        facts.problems.append(str(error)[:400])


def arguments(raw):
    """A call's arguments as a value: none is `{}`, and what is no JSON stays as it is."""
    if raw is None:
        return {}
    if not isinstance(raw, str):
        return raw
    if not raw.strip():
        return {}
    try:
        value = frames.loads(raw)
    except ValueError:
        return raw
    return {} if value is None else value


def finish(word, choice):
    """The neutral finish reason; an absent one follows from the content, and an unknown word is None."""
    if word in (None, ""):
        return "tool_calls" if choice.calls else "stop"
    return NEUTRAL.get(word)


def count(*values):
    """The first of these that is a number."""
    for value in values:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return int(value)
    return None


def error_message(body):
    """The provider's words in an error body, whichever of the shapes it has."""
    value = body
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), {})
    if not isinstance(value, dict):
        return str(value or "")
    inner = value.get("error")
    if isinstance(inner, dict):
        nested = inner.get("message") or inner.get("error") or inner.get("detail") or ""
        return nested if isinstance(nested, str) else error_message(nested)
    if isinstance(inner, str) and inner:
        return inner
    for key in ("message", "Message", "detail", "msg"):
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, (list, dict)) and found:
            return error_message(found)
    return ""


def failure(status, body):
    """The error that a status and a body tell of."""
    try:
        message = error_message(frames.loads(body))
    except ValueError:
        message = body.decode("utf-8", "replace").strip() if b"<" not in body[:1] else ""
    return Failure(status, message)
