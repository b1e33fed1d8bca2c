"""The facts of an answer on Anthropic's Messages wire."""
from facts import Call, Failure, Facts, Usage, arguments, count, error_message, finish


def answer(body, provider=""):
    """The facts of a unary `message`."""
    facts = Facts()
    if body.get("type") == "error" or (body.get("error") and "content" not in body):
        facts.error = Failure(None, error_message(body))
        return facts
    choice = facts.choice(0)
    for block in body.get("content") or []:
        _block(facts, choice, block)
    _ended(choice, body.get("stop_reason"), body.get("stop_details"))
    facts.usage = usage(body.get("usage"))
    return facts


def stream(events, provider=""):
    """The facts of a stream of Messages events."""
    facts, open_calls, counts, stop = Facts(), {}, {}, (None, None)
    for event in events:
        kind = event.get("type")
        if kind == "error" or (kind is None and event.get("error")):
            facts.error = Failure(None, error_message(event))
        elif kind == "message_start":
            message = event.get("message") or {}
            counts.update(_said(message.get("usage")))
            for block in message.get("content") or []:
                _block(facts, facts.choice(0), block)
            facts.choice(0)
        elif kind == "content_block_start":
            block = event.get("content_block") or {}
            _block(facts, facts.choice(0), block)
            if block.get("type") == "tool_use":
                open_calls[event.get("index")] = (facts.choice(0).calls[-1], [])
            else:
                open_calls.pop(event.get("index"), None)
        elif kind == "content_block_delta":
            _delta(facts, open_calls.get(event.get("index")), event.get("delta") or {})
        elif kind == "message_delta":
            delta = event.get("delta") or {}
            stop = (delta.get("stop_reason") or stop[0], delta.get("stop_details") or stop[1])
            counts.update(_said(event.get("usage")))
    for call, pieces in open_calls.values():
        _close(call, pieces)
    if 0 in facts.choices:
        _ended(facts.choices[0], *stop)
        if facts.error:
            facts.choices[0].finish = None
    facts.usage = usage(counts)
    return facts


def _said(counts):
    return {key: value for key, value in (counts or {}).items() if value is not None}


def _close(call, pieces):
    if "".join(pieces).strip():
        call.arguments = arguments("".join(pieces))


def _block(facts, choice, block):
    """Takes a whole content block; server tools and their results are not the client's."""
    kind = block.get("type")
    if kind == "text":
        choice.text += block.get("text") or ""
        facts.citations += _cited(block.get("citations") or [])
    elif kind == "thinking":
        choice.reasoning += block.get("thinking") or ""
    elif kind == "tool_use":
        choice.calls.append(Call(block.get("name") or "", arguments(block.get("input")), block.get("id") or ""))


def _delta(facts, opened, delta):
    choice, kind = facts.choice(0), delta.get("type")
    if kind == "text_delta":
        choice.text += delta.get("text") or ""
    elif kind == "thinking_delta":
        choice.reasoning += delta.get("thinking") or ""
    elif kind == "input_json_delta" and opened:
        opened[1].append(delta.get("partial_json") or "")
        _close(*opened)
    elif kind == "citations_delta":
        facts.citations += _cited([delta.get("citation") or {}])


def _cited(citations):
    return [entry["url"] for entry in citations if isinstance(entry, dict) and entry.get("url")]


def _ended(choice, reason, details):
    choice.finish = finish(reason, choice)
    if isinstance(details, dict) and details.get("explanation"):
        choice.refusal += details["explanation"]


def usage(counts):
    """Anthropic's input leaves out what was read from and written to the cache; rounds of a compaction are summed."""
    if not counts or count(counts.get("input_tokens"), counts.get("output_tokens")) is None:
        return None
    rounds = [entry for entry in counts.get("iterations") or [] if isinstance(entry, dict)] or [counts]
    total = lambda key: sum(count(entry.get(key), 0) for entry in rounds)
    cached, written = total("cache_read_input_tokens"), total("cache_creation_input_tokens")
    hour = sum(count((entry.get("cache_creation") or {}).get("ephemeral_1h_input_tokens"), 0) for entry in rounds)
    return Usage(
        input=total("input_tokens") + cached + written,
        output=total("output_tokens"),
        cached=cached,
        written=written,
        written_1h=hour,
        reasoning=count((counts.get("output_tokens_details") or {}).get("thinking_tokens")),
    )


def counted(body):
    """The facts of a `count_tokens` answer."""
    facts = answer(body) if body.get("type") == "error" or body.get("error") else Facts()
    facts.data = body.get("input_tokens")
    return facts
