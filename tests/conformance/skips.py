"""Recordings that cannot be judged: the closed list of reasons, each with how it is recognised."""
import frames
import extract

REASONS = {
    "cut": "the recording ends within an event or a JSON value, or before the event that ends its stream",
    "not_the_wire": "the body is not of this wire: a page, or what a library made of the answer",
    "request_lost": "the exchange was recorded without its request body",
}


def of_answer(case):
    """The reason why a case's answer cannot be replayed, or None."""
    if case.status >= 400:
        return None
    if case.wire in frames.EVENT_STREAMS and case.streaming and (not case.body or frames.is_cut(case.body)):
        return "cut"
    try:
        facts = extract.recorded(case)
    except ValueError:
        return "cut" if case.body.lstrip()[:1] in (b"{", b"[", b"d", b"e", b":", b"") else "not_the_wire"
    return "cut" if case.streaming and not facts.error and not _ends(case) else None


# What stands at the end of a stream of these wires, one of them; the others end where the connection does.
ENDS = {
    "openai": (b"[DONE]", b'"finish_reason": "', b'"finish_reason":"'),
    "anthropic": (b"message_stop",),
    "gemini": (b"finishReason", b"blockReason"),
    "bedrock": (b"messageStop",),
}


def _ends(case):
    if case.wire == "bedrock_anthropic":
        return any(event.get("type") == "message_stop" for event in frames.invoke_events(case.body))
    return any(word in case.body for word in ENDS.get(case.wire, (b"",)))


def of_request(case):
    """The reason why a case's request cannot be sent, or None."""
    return None if case.request else "request_lost"
