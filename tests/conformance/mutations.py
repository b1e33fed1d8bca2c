"""The changes that falsify an answer, wire by wire: each takes the answer's JSON values and says whether it changed one."""

CALL_KEYS = {"openai": "arguments", "anthropic": "partial_json"}


def of(wire, failed):
    """The `(kind, change)` that this wire's answers can suffer."""
    if failed:
        return [("error", _error)]
    if wire == "embeddings":
        return [("vector", _vector), ("token", _token)]
    if wire in ("count_tokens", "countTokens"):
        return [("count", _count)]
    return [("text", _text), ("arguments", _arguments), ("finish", _finish), ("token", _token)]


def _walk(value, path=()):
    """Every `(path, holder, key)` below a JSON value, in the order of the wire."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in list(items):
        yield (*path, key), value, key
        yield from _walk(below, (*path, key))


def _error(values, chance):
    for _, holder, key in _walk(values):
        if key in ("message", "Message", "detail", "error") and isinstance(holder[key], str) and holder[key]:
            holder[key] = "The words were changed on the way."
            return True
    return False


def _vector(values, chance):
    for path, holder, key in _walk(values):
        if "embedding" in path and isinstance(holder[key], float):
            holder[key] += 0.125
            return True
    return False


def _count(values, chance):
    for _, holder, key in _walk(values):
        if key in ("input_tokens", "totalTokens"):
            holder[key] += 1
            return True
    return False


# Beside these words a string is not the answer's own text.
NOT_TEXT = (
    "tool_calls", "function_call", "annotations", "logprobs", "reasoning_details", "thinking", "toolUse", "functionCall", "citations",
    "reasoningContent", "groundingMetadata", "promptFeedback", "usage", "input", "server_tool_use", "safetyRatings", "toolResult", "citation",
    "search_results", "executed_tools", "citationMetadata", "moderation", "provider_metadata",
)  # fmt: skip


def _text(values, chance):
    """Drops one piece of the first choice's text."""
    found = []
    for path, holder, key in _walk(values):
        if key not in ("content", "text", "value") or not isinstance(holder[key], str) or not holder[key]:
            continue
        if any(word in NOT_TEXT for word in path[:-1] if isinstance(word, str)) or holder.get("thought") or not _first(path, values):
            continue
        if isinstance(holder.get("type"), str) and holder["type"] not in ("text", "text_delta"):
            continue
        if _repeated(values, path):
            continue
        if "tool_result" in str(_above(values, path)[-2:])[:400]:
            continue
        found.append((holder, key))
    if not found:
        return False
    holder, key = chance.choice(found)
    holder[key] = ""
    return True


def _repeated(values, path):
    """Whether this stands in the `message` that Perplexity and Writer put beside each `delta`."""
    return "message" in path and any(isinstance(holder, dict) and "delta" in holder for holder in _above(values, path))


def _above(values, path):
    """What holds the value at a path, from outside in."""
    found, here = [], values
    for key in path[:-1]:
        here = here[key]
        found.append(here)
    return found


def _first(path, values):
    """Whether this stands in the first choice, which every client is told."""
    for place, holder in zip(path, [values, *_above(values, path)]):
        if isinstance(holder, dict) and isinstance(holder.get("index"), int) and ("delta" in holder or "message" in holder or "text" in holder):
            if "type" not in holder and holder["index"] != 0:
                return False
    for word in ("choices", "candidates"):
        if word in path[:-1] and path[path.index(word) + 1] != 0:
            return False
    return True


def _arguments(values, chance):
    """Changes one argument of the first tool call that has any."""
    for path, holder, key in _walk(values):
        value = holder[key]
        if not _first(path, values) or _repeated(values, path):
            continue
        is_piece = key == "partial_json" or (key == "arguments" and "function" in path) or (key == "input" and "delta" in path)
        if is_piece and isinstance(value, str) and any(char.isalnum() for char in value) and not _of_server(values, path):
            place = next(at for at, char in enumerate(value) if char.isalnum())
            holder[key] = value[:place] + ("x" if value[place] != "x" else "y") + value[place + 1 :]
            return True
        whole = (key == "input" and (holder.get("type") == "tool_use" or "toolUse" in path)) or (key == "args" and "functionCall" in path)
        if whole and isinstance(value, dict) and "content_block" not in path and "start" not in path and not _of_server(values, path):
            value["falsified"] = True
            return True
    return False


def _of_server(values, path):
    """Whether these are the arguments of a tool that the provider runs."""
    event = values[path[0]]
    if "toolUse" in path:
        return _of_bedrock(values, path, event)
    if event.get("type") != "content_block_delta":
        return False
    starts = [other.get("content_block") or {} for other in values if other.get("type") == "content_block_start" and other.get("index") == event.get("index")]
    return not starts or starts[-1].get("type") != "tool_use"


def _of_bedrock(values, path, event):
    """The same on Converse's wire, whose start events and blocks tell."""
    starts = [
        (other.get("start") or {}).get("toolUse") or {}
        for other in values
        if "start" in other and other.get("contentBlockIndex") == event.get("contentBlockIndex")
    ]
    holders = [holder for holder in _above(values, path) if isinstance(holder, dict)]
    return any(holder.get("type") == "server_tool_use" for holder in [*holders, *starts[-1:]])


WORDS = {
    "finish_reason": ("length", "content_filter"),
    "stop_reason": ("max_tokens", "refusal"),
    "stopReason": ("max_tokens", "content_filtered"),
    "finishReason": ("MAX_TOKENS", "SAFETY"),
}
MEANS_LENGTH = ("length", "max_tokens", "model_length", "MAX_TOKENS", "model_context_window_exceeded", "pause_turn", "compaction")


def _finish(values, chance):
    """Makes every finish reason another."""
    changed = False
    for path, holder, key in _walk(values):
        if key in WORDS and isinstance(holder[key], str) and holder[key] and "usage" not in path and "choices" not in path[-2:-1]:
            length, filtered = WORDS[key]
            holder[key] = filtered if holder[key] in MEANS_LENGTH else length
            changed = True
    return changed


TOKENS = ("completion_tokens", "output_tokens", "outputTokens", "candidatesTokenCount")
TOTALS = ("total_tokens", "totalTokens", "totalTokenCount")


def _token(values, chance):
    """Adds one token to what was generated, wherever it is counted; in a list of vectors, to what was read."""
    changed = False
    for path, holder, key in _walk(values):
        in_usage = any(word in path for word in ("usage", "usageMetadata", "metadata"))
        if in_usage and key in TOKENS and isinstance(holder[key], int) and "iterations" not in path:
            holder[key] += 1
            for rounds in (holder.get("iterations") or [])[:1]:
                rounds["output_tokens"] = rounds.get("output_tokens", 0) + 1
            for total in TOTALS:
                if isinstance(holder.get(total), int):
                    holder[total] += 1
            changed = True
    if not changed:
        for path, holder, key in _walk(values):
            if "usage" in path and key == "prompt_tokens" and isinstance(holder[key], int):
                holder[key] += 1
                changed = True
    return changed
