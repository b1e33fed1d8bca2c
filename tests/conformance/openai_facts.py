"""The facts of an answer on OpenAI's wires: chat completions, completions and embeddings, as the many providers write them."""
from facts import Call, Failure, Facts, Usage, arguments, count, error_message, finish


def answer(body, provider=""):
    """The facts of a unary `chat.completion`."""
    facts = Facts()
    if _failed(facts, body):
        return facts
    for position, entry in enumerate(body.get("choices") or []):
        choice = facts.choice(_index(entry, position))
        message = entry.get("message") or {}
        _text(choice, message)
        for call in message.get("tool_calls") or []:
            choice.calls.append(_call(call))
        legacy = message.get("function_call")
        if isinstance(legacy, dict) and legacy.get("name"):
            choice.calls.append(Call(legacy["name"], arguments(legacy.get("arguments"))))
        choice.finish = finish(entry.get("finish_reason"), choice)
        facts.citations += _annotated(message)
    facts.citations += _listed(body)
    facts.usage = usage(body, provider)
    return facts


def stream(events, provider=""):
    """The facts of a stream of `chat.completion.chunk`s."""
    facts, words, open_calls = Facts(), {}, {}
    for event in events:
        if _failed(facts, event):
            continue
        for position, entry in enumerate(event.get("choices") or []):
            index = _index(entry, position)
            choice = facts.choice(index)
            delta = entry.get("delta")
            delta = delta if isinstance(delta, dict) else (entry.get("message") or {}) if "delta" not in entry else {}
            _text(choice, delta)
            for part in delta.get("tool_calls") or []:
                _fragment(choice, open_calls.setdefault(index, {}), part)
            _legacy_fragment(choice, open_calls.setdefault(index, {}), delta.get("function_call"))
            if entry.get("finish_reason"):
                words[index] = entry["finish_reason"]
            facts.citations += _annotated(delta)
        facts.citations += _listed(event)
        facts.usage = usage(event, provider) or facts.usage
    for index, choice in facts.choices.items():
        for call in choice.calls:
            call.arguments = arguments(call.arguments)
        choice.finish = None if facts.error else finish(words.get(index), choice)
    return facts


def _failed(facts, body):
    """Takes the error that stands where an answer should."""
    if not isinstance(body, dict):
        facts.error = Failure(None, str(body))
        return True
    if body.get("error") and not body.get("choices"):
        facts.error = Failure(None, error_message(body))
        return True
    if body.get("object") == "error":
        facts.error = Failure(None, error_message(body))
        return True
    for entry in body.get("choices") or []:
        # OpenRouter puts the error into the choice that it ended.
        if isinstance(entry, dict) and isinstance(entry.get("error"), dict):
            facts.error = Failure(None, error_message(entry))
    if body.get("error") and body.get("choices"):
        facts.error = Failure(None, error_message(body))
    return False


def _index(entry, position):
    return entry["index"] if isinstance(entry.get("index"), int) else position


def _text(choice, message):
    """Adds a message's or a delta's words to the choice."""
    content = message.get("content")
    if isinstance(content, str):
        choice.text += content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, str):
                choice.text += part
            elif part.get("type") == "thinking":
                inner = part.get("thinking")
                inner = [{"text": inner}] if isinstance(inner, str) else inner or []
                choice.reasoning += "".join(piece.get("text") or "" for piece in inner)
            elif isinstance(part.get("text"), str):
                choice.text += part["text"]
    if isinstance(message.get("audio"), dict):
        choice.transcript += message["audio"].get("transcript") or ""
    if isinstance(message.get("refusal"), str):
        choice.refusal += message["refusal"]
    for key in ("reasoning_content", "reasoning"):
        if isinstance(message.get(key), str) and message[key]:
            choice.reasoning += message[key]
            return
    for detail in message.get("reasoning_details") or []:
        choice.reasoning += detail.get("text") or detail.get("summary") or ""


def _call(call):
    custom = call.get("custom") or {}
    if custom.get("name"):
        return Call(custom.get("name") or "", custom.get("input") or "", call.get("id") or "")
    function = call.get("function") or {}
    return Call(function.get("name") or "", arguments(function.get("arguments")), call.get("id") or "")


def _fragment(choice, open_calls, part):
    """Adds a piece of a call: a new index, or another id under an old one, begins a call."""
    custom = part.get("custom") if (part.get("custom") or {}).get("name") or "function" not in part else None
    function = custom or part.get("function") or {}
    key = part.get("index")
    if key is None:
        last = choice.calls[-1].id if choice.calls else None
        begins = last is None or (part.get("id") or function.get("name")) and not (part.get("id") and part["id"] == last)
        key = ("unnumbered", len(choice.calls) if begins else len(choice.calls) - 1)
    call = open_calls.get(key)
    if call is None or (part.get("id") and call.id and part["id"] != call.id and function.get("name")):
        call = Call(arguments="")
        open_calls[key] = call
        choice.calls.append(call)
    call.id = call.id or part.get("id") or ""
    call.name = call.name or function.get("name") or ""
    piece = function.get("input") if custom else function.get("arguments")
    if isinstance(piece, str):
        call.arguments = call.arguments + piece if isinstance(call.arguments, str) else call.arguments
    elif piece is not None:
        call.arguments = piece


def _legacy_fragment(choice, open_calls, part):
    if not isinstance(part, dict) or not (part.get("name") or "legacy" in open_calls):
        return
    if "legacy" not in open_calls:
        open_calls["legacy"] = Call(arguments="")
        choice.calls.append(open_calls["legacy"])
    call = open_calls["legacy"]
    call.name = call.name or part.get("name") or ""
    call.arguments += part.get("arguments") or ""


def _annotated(message):
    """The addresses of `url_citation` annotations."""
    found = [(note.get("url_citation") or note) for note in message.get("annotations") or [] if isinstance(note, dict)]
    return [note["url"] for note in found if isinstance(note, dict) and note.get("url")]


def _listed(body):
    """The addresses of Perplexity's list beside the choices."""
    return [entry if isinstance(entry, str) else (entry or {}).get("url") for entry in body.get("citations") or [] if entry]


def usage(body, provider):
    """The usage, wherever this provider puts it; None where it says none."""
    found = body.get("usage") or (body.get("x_groq") or {}).get("usage")
    if not found:
        found = next((entry["usage"] for entry in body.get("choices") or [] if isinstance(entry, dict) and entry.get("usage")), None)
    if not isinstance(found, dict) or count(found.get("prompt_tokens"), found.get("total_tokens")) is None:
        return None
    prompt = found.get("prompt_tokens_details") or {}
    completion = found.get("completion_tokens_details") or {}
    counts = Usage(
        input=count(found.get("prompt_tokens"), found.get("total_tokens")),
        output=count(found.get("completion_tokens"), 0),
        cached=count(prompt.get("cached_tokens"), found.get("prompt_cache_hit_tokens"), found.get("num_cached_tokens"), found.get("cached_tokens")),
        written=count(prompt.get("cache_write_tokens"), prompt.get("cache_creation_tokens"), found.get("cache_creation_input_tokens")),
        reasoning=count(completion.get("reasoning_tokens"), found.get("reasoning_tokens")),
    )
    _add_what_only_the_total_has(counts, count(found.get("total_tokens"), 0), found)
    return counts


def _add_what_only_the_total_has(counts, total, found):
    """xAI, Grok on Foundry and Google's compatible layer leave what was reasoned out of what was completed."""
    beyond = total - counts.input - counts.output
    if beyond <= 0 or not {"prompt_tokens", "completion_tokens"} <= found.keys():
        return
    if not counts.reasoning:
        counts.output, counts.reasoning = counts.output + beyond, beyond
    elif counts.reasoning == beyond:
        counts.output += beyond


def completion(body, provider=""):
    """The facts of a legacy `text_completion`."""
    return completions([body], provider)


def completions(events, provider=""):
    """The facts of a stream of `text_completion`s."""
    facts, words = Facts(), {}
    for event in events:
        if _failed(facts, event):
            continue
        if "value" in event and "choices" not in event:
            # Writer's own chunks.
            facts.choice(0).text += event["value"] or ""
        for position, entry in enumerate(event.get("choices") or []):
            index = _index(entry, position)
            facts.choice(index).text += entry.get("text") or ""
            words[index] = entry.get("finish_reason") or words.get(index)
        facts.usage = usage(event, provider) or facts.usage
    for index, choice in facts.choices.items():
        choice.finish = None if facts.error else finish(words.get(index), choice)
    return facts


def embeddings(body):
    """The facts of an embeddings list: its vectors are compared whole."""
    facts = Facts()
    if _failed(facts, body):
        return facts
    facts.data = [entry.get("embedding") for entry in body.get("data") or []]
    facts.usage = usage(body, "")
    return facts
