"""The facts of an answer on Bedrock's Converse wire."""
from facts import NEUTRAL, Call, Failure, Facts, Usage, arguments, count, error_message


def answer(body, provider=""):
    """The facts of a unary Converse answer."""
    facts = Facts()
    if "output" not in body:
        facts.error = Failure(None, error_message(body))
        return facts
    choice = facts.choice(0)
    for block in ((body.get("output") or {}).get("message") or {}).get("content") or []:
        _block(facts, choice, block)
    choice.finish = _finish(body.get("stopReason"), choice)
    facts.usage = usage(body.get("usage"))
    return facts


def stream(messages, provider=""):
    """The facts of a ConverseStream's messages: `(headers, payload)` each."""
    facts, open_calls, word = Facts(), {}, None
    for headers, payload in messages:
        kind = headers.get(":event-type") or headers.get(":exception-type") or ""
        choice = facts.choice(0) if kind not in ("metadata", "") else None
        if headers.get(":message-type") in ("exception", "error"):
            facts.error = Failure(None, error_message(payload) or headers.get(":error-message", ""))
        elif kind == "contentBlockStart":
            _start(choice, open_calls, payload)
        elif kind == "contentBlockDelta":
            _delta(facts, choice, open_calls, payload)
        elif kind == "messageStop":
            word = payload.get("stopReason")
        elif kind == "metadata":
            facts.usage = usage(payload.get("usage")) or facts.usage
    for call in open_calls.values():
        call.arguments = arguments(call.arguments)
    if 0 in facts.choices:
        facts.choices[0].finish = None if facts.error else _finish(word, facts.choices[0])
    return facts


def _finish(word, choice):
    if word in ("end_turn", "malformed_model_output", "malformed_tool_use", None, ""):
        return "stop" if word else ("tool_calls" if choice.calls else "stop")
    if word == "tool_use" and not choice.calls:
        # The tools that were used ran at the provider.
        return None
    return NEUTRAL.get(word)


def _block(facts, choice, block):
    if isinstance(block.get("text"), str):
        choice.text += block["text"]
    use = block.get("toolUse")
    if use and use.get("type") != "server_tool_use":
        choice.calls.append(Call(use.get("name") or "", arguments(use.get("input")), use.get("toolUseId") or ""))
    reasoning = (block.get("reasoningContent") or {}).get("reasoningText") or {}
    choice.reasoning += reasoning.get("text") or ""
    cited = block.get("citationsContent") or {}
    choice.text += "".join(part.get("text") or "" for part in cited.get("content") or [])
    facts.citations += _urls(cited.get("citations") or [])


def _start(choice, open_calls, payload):
    use = (payload.get("start") or {}).get("toolUse")
    place = payload.get("contentBlockIndex")
    open_calls.pop(("server", place), None)
    if not use or use.get("type") == "server_tool_use":
        return
    call = Call(use.get("name") or "", "", use.get("toolUseId") or "")
    open_calls[place] = call
    choice.calls.append(call)


def _delta(facts, choice, open_calls, payload):
    delta = payload.get("delta") or {}
    choice.text += delta.get("text") or ""
    choice.reasoning += (delta.get("reasoningContent") or {}).get("text") or ""
    call = open_calls.get(payload.get("contentBlockIndex"))
    if call and "toolUse" in delta:
        call.arguments += delta["toolUse"].get("input") or ""
    if delta.get("citation"):
        facts.citations += _urls([delta["citation"]])


def _urls(citations):
    locations = [(entry.get("location") or {}) for entry in citations if isinstance(entry, dict)]
    return [place["web"]["url"] for place in locations if (place.get("web") or {}).get("url")]


def usage(counts):
    """Bedrock's input leaves out what was read from and written to the cache."""
    if not isinstance(counts, dict) or count(counts.get("inputTokens"), counts.get("outputTokens")) is None:
        return None
    cached = count(counts.get("cacheReadInputTokens"), counts.get("cacheReadInputTokenCount"))
    written = count(counts.get("cacheWriteInputTokens"), counts.get("cacheWriteInputTokenCount"))
    details = counts.get("cacheDetails") or []
    hour = sum(count(entry.get("inputTokens"), 0) for entry in details if isinstance(entry, dict) and entry.get("ttl") == "1h")
    return Usage(
        input=count(counts.get("inputTokens"), 0) + (cached or 0) + (written or 0),
        output=count(counts.get("outputTokens"), 0),
        cached=cached,
        written=written,
        written_1h=hour,
    )
