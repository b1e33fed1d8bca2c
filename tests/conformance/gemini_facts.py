"""The facts of an answer on Google's generateContent wire."""
from facts import Call, Failure, Facts, Usage, arguments, count, error_message

# The words' numbers, which some servers send in their place.
NUMBERED = ("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")
LENGTH = ("MAX_TOKENS", "CONTINUATION")
STOP = (
    "STOP", "FINISH_REASON_UNSPECIFIED", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE",
)  # fmt: skip
FILTERED = (
    "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE", "MODEL_ARMOR", "ESCALATION",
)  # fmt: skip


def answer(body, provider=""):
    """The facts of a unary GenerateContentResponse."""
    return stream(body if isinstance(body, list) else [body], provider)


def stream(events, provider="", listed=False):
    """The facts of a stream of GenerateContentResponses: each is a delta, usage is cumulative.

    With `listed`, pages that no support points to count as cited: a wire that has no places for its citations says so.
    """
    facts, words, why, blocked, growing, searched, counts = Facts(), {}, {}, False, {}, False, None
    for event in events:
        if not isinstance(event, dict) or event.get("error"):
            facts.error = Failure(None, error_message(event))
            continue
        for position, candidate in enumerate(event.get("candidates") or []):
            index = candidate["index"] if isinstance(candidate.get("index"), int) else position
            choice = facts.choice(index)
            for part in (candidate.get("content") or {}).get("parts") or []:
                _part(choice, part, growing.setdefault(index, []))
            if candidate.get("finishReason") not in (None, ""):
                words[index] = candidate["finishReason"]
                why[index] = candidate.get("finishMessage") or ""
            facts.citations += _cited(candidate, listed)
            searched = searched or _searched(candidate)
        feedback = event.get("promptFeedback") or {}
        if feedback.get("blockReason") or feedback.get("blockReasonMessage"):
            blocked = True
            why[0] = feedback.get("blockReasonMessage") or why.get(0, "")
        counts = event.get("usageMetadata") or counts
    if blocked and not facts.choices:
        facts.choice(0).finish = "content_filter"
        words[0] = "SAFETY"
    facts.usage = usage(counts, searched)
    for index, choice in facts.choices.items():
        choice.finish = None if facts.error else _finish(words.get(index), choice)
        if choice.finish == "content_filter":
            # The words of a safety stop.
            choice.refusal += why.get(index, "")
    return facts


def _part(choice, part, growing):
    if not isinstance(part, dict):
        return
    if isinstance(part.get("text"), str):
        if part.get("thought"):
            choice.reasoning += part["text"]
        else:
            choice.text += part["text"]
    call = part.get("functionCall")
    if not isinstance(call, dict):
        return
    if growing and not call.get("name"):
        _grow(growing, call)
        return
    if call.get("name"):
        made = Call(call["name"], arguments(call.get("args")), call.get("id") or "")
        choice.calls.append(made)
        growing[:] = [made] if call.get("willContinue") or call.get("partialArgs") else []
        _grow(growing, call)


def _grow(growing, call):
    """Vertex can stream a call's arguments: values by JSON path, strings in pieces."""
    for piece in call.get("partialArgs") or []:
        keys = [key for key in str(piece.get("jsonPath") or "").removeprefix("$").replace("[", ".").replace("]", "").split(".") if key]
        if growing and keys:
            _set(growing[0].arguments, keys, piece)
    if growing and not call.get("willContinue"):
        growing.clear()


def _set(target, keys, piece):
    """Sets, or lengthens, the value under `keys`; numbers among them are places in a list."""
    for key, below in zip(keys, [*keys[1:], None]):
        place = int(key) if isinstance(target, list) and key.isdigit() else key
        if isinstance(target, list):
            while len(target) <= place:
                target.append(None)
        if below is not None:
            known = target[place] if isinstance(target, list) else target.get(place)
            target[place] = ([] if below.isdigit() else {}) if known is None else known
            target = target[place]
            continue
        known = target[place] if isinstance(target, list) else target.get(place)
        if "stringValue" in piece:
            target[place] = (known if isinstance(known, str) else "") + piece["stringValue"]
        elif "nullValue" in piece:
            target[place] = None
        else:
            target[place] = piece.get("numberValue", piece.get("boolValue"))


def _finish(word, choice):
    """`STOP` is said with calls too; an unknown word is None."""
    if isinstance(word, int):
        word = NUMBERED[word] if word < len(NUMBERED) else "an unknown number"
    if word is None or word in STOP:
        return "tool_calls" if choice.calls else "stop"
    if word in LENGTH:
        return "length"
    return "content_filter" if word in FILTERED else None


def _cited(candidate, listed):
    """The pages that grounding supports point to, and those that were recited."""
    grounding = candidate.get("groundingMetadata") or {}
    sources = [chunk.get("web") or chunk.get("maps") or chunk.get("retrievedContext") or {} for chunk in grounding.get("groundingChunks") or []]
    places = [place for support in grounding.get("groundingSupports") or [] for place in support.get("groundingChunkIndices") or []]
    found = [source.get("uri") for place, source in enumerate(sources) if listed or place in places]
    recited = candidate.get("citationMetadata") or {}
    found += [entry.get("uri") for entry in recited.get("citations") or recited.get("citationSources") or []]
    return [url for url in found if url]


def _searched(candidate):
    """Whether the answer rests on a search of the web, whose pages are not billed by tokens."""
    grounding = candidate.get("groundingMetadata") or {}
    return bool(grounding.get("webSearchQueries") or grounding.get("searchEntryPoint"))


def usage(counts, searched=False):
    """The usage: what was thought is beside the candidates' tokens, what tools used beside the prompt's."""
    if not isinstance(counts, dict) or count(counts.get("promptTokenCount"), counts.get("totalTokenCount")) is None:
        return None
    prompt, thought = count(counts.get("promptTokenCount"), 0), count(counts.get("thoughtsTokenCount"))
    return Usage(
        input=prompt + (0 if searched else count(counts.get("toolUsePromptTokenCount"), 0)),
        output=count(counts.get("candidatesTokenCount"), 0) + (thought or 0),
        cached=count(counts.get("cachedContentTokenCount")),
        reasoning=thought,
    )


def counted(body):
    """The facts of a `countTokens` answer."""
    facts = Facts()
    if body.get("error"):
        facts.error = Failure(None, error_message(body))
    facts.data = body.get("totalTokens")
    return facts
