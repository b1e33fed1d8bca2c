"""What each client's wire can say of an answer, and where the client was told something else."""
import copy
import re

from facts import Usage

# What an inbound wire cannot carry, beside what `expected` below makes of the rest:
#   openai      everything here, in `reasoning_content`, `annotations`, `prompt_tokens_details` and `completion_tokens_details`.
#   completions text, finish reason and usage; tool calls, reasoning and citations have no place.
#   anthropic   one choice, the first; a refusal is text; ids of tools are made of `[A-Za-z0-9_-]`.
#   gemini      written cache tokens have no place; a refusal is text; finish reasons do not tell tool calls from a stop.
# Where a wire has no place for the signature of a thought, it may ride in the call's id, as other gateways have it.
THOUGHT = "__thought__"
LEGAL_ID = {"anthropic": re.compile(r"[A-Za-z0-9_-]{1,256}\Z")}
ONE_CHOICE = ("anthropic",)
REFUSAL_IS_TEXT = ("anthropic", "gemini", "completions")
NO_ANSWER_BUT_TEXT = ("completions",)
USAGE_FIELDS = {
    "openai": ("input", "output", "cached", "written", "reasoning"),
    "completions": ("input", "output"),
    "anthropic": ("input", "output", "cached", "written", "reasoning"),
    "gemini": ("input", "output", "cached", "reasoning"),
    "embeddings": ("input",),
}


def expected(facts, inbound, same_wire):
    """The recording's facts as a client of this wire can be told them."""
    if same_wire:
        return facts
    told = copy.deepcopy(facts)
    if inbound in ONE_CHOICE:
        told.choices = {index: choice for index, choice in told.choices.items() if index == 0}
    for choice in told.choices.values():
        if inbound in REFUSAL_IS_TEXT:
            choice.text, choice.refusal, choice.refused = choice.text + choice.refusal, "", choice.refusal
        if inbound in NO_ANSWER_BUT_TEXT:
            choice.calls, choice.reasoning = [], ""
            choice.finish = "stop" if choice.finish == "tool_calls" else choice.finish
    if inbound in NO_ANSWER_BUT_TEXT:
        told.citations = []
    if told.usage:
        _consistent(told.usage)
    if told.usage and inbound == "gemini":
        # Gemini's wire adds what was thought to the candidates' tokens: some providers count less in all than was thought.
        told.usage.output = max(told.usage.output, told.usage.reasoning or 0)
    return told


def _consistent(usage):
    """Makes the part that was cached no more than the whole: Grok on Foundry says 164 of 154."""
    usage.cached = min(usage.cached, usage.input) if usage.cached is not None else None
    usage.written = min(usage.written, usage.input - (usage.cached or 0)) if usage.written is not None else None


def differences(want, got, inbound, same_wire):
    """Every `(check, why)` by which a client was told something else than it should have been."""
    return [("accepted", problem) for problem in got.problems] + _differences(want, got, inbound, same_wire)


def _differences(want, got, inbound, same_wire):
    if want.error:
        return _error(want, got)
    if got.error:
        return [("error", f"the client was told an error {got.error.status}: {got.error.message[:300]}")]
    found = []
    if want.data is not None or got.data is not None:
        found += [("data", f"{_short(want.data)} became {_short(got.data)}")] if want.data != got.data else []
    found += _choices(want, got, inbound, same_wire)
    if sorted(set(want.citations)) != sorted(set(got.citations)):
        found.append(("citations", f"{sorted(set(want.citations))} became {sorted(set(got.citations))}"))
    return found + _usage(want.usage, got.usage, inbound, same_wire)


def _error(want, got):
    if not got.error:
        return [("error", f"the client was not told: {want.error.message[:200]!r}")]
    found = []
    if want.error.status is not None and want.error.status != got.error.status:
        found.append(("status", f"{want.error.status} became {got.error.status}: {got.error.message[:200]}"))
    if want.error.message and _plain(want.error.message) not in _plain(got.error.message):
        found.append(("error", f"{want.error.message[:200]!r} is not in {got.error.message[:300]!r}"))
    for index, choice in want.choices.items():
        told = got.choices.get(index)
        if choice.text != (told.text if told else ""):
            found.append(("text", f"before the error: {_short(choice.text)} became {_short(told.text if told else '')}"))
    return found


def _plain(text):
    """An error's words without the escapes and spaces that each JSON writer makes its own way."""
    return re.sub(r"[\s\\]+", "", text)


def _choices(want, got, inbound, same_wire):
    found = []
    if _said(want) != _said(got) and not any(choice.transcript for choice in want.choices.values()):
        found.append(("choices", f"choices {sorted(_said(want))} became {sorted(_said(got))}"))
    for index in sorted(want.choices.keys() & got.choices.keys()):
        one, other = want.choices[index], got.choices[index]
        for check in ("text", "reasoning", "refusal"):
            if check == "text" and one.transcript and not same_wire and other.text == one.text + one.transcript:
                # What was spoken may be told in words.
                continue
            if check == "refusal" and other.refusal == one.refused:
                # A refusal's words may stand in the stop's details too.
                continue
            if getattr(one, check) != getattr(other, check):
                found.append((check, _diverges(getattr(one, check), getattr(other, check))))
        found += _calls(one.calls, other.calls, inbound, same_wire)
        if one.finish is not None and not _finish_agrees(one, other):
            found.append(("finish", f"{one.finish} became {other.finish}"))
    return found


def _said(facts):
    """The choices that say anything at all: a wire may leave an empty one out."""
    return {index for index, choice in facts.choices.items() if choice.text or choice.reasoning or choice.refusal or choice.calls}


def _finish_agrees(one, other):
    if one.refused and {one.finish, other.finish} == {"stop", "content_filter"}:
        # OpenAI's models refuse under `stop`; other wires have a word for it.
        return True
    # A call under `stop` is a call all the same: wires that have a word of their own for it must say that.
    return one.finish == other.finish or (one.calls and {one.finish, other.finish} == {"stop", "tool_calls"})


def _calls(want, got, inbound, same_wire):
    if [call.name for call in want] != [call.name for call in got]:
        return [("tool_calls", f"{[call.name for call in want]} became {[call.name for call in got]}")]
    found = []
    for one, other in zip(want, got):
        if inbound == "gemini" and not isinstance(one.arguments, dict):
            # Gemini's arguments are an object: what a limit cut to no JSON has no place there.
            continue
        if one.arguments != other.arguments:
            found.append(("arguments", f"{one.name}: {_short(one.arguments)} became {_short(other.arguments)}"))
        legal = LEGAL_ID.get(inbound)
        if not one.id or (legal and not legal.match(one.id) and not same_wire):
            # The recording has none, or none that this wire takes: the gateway makes one.
            if not other.id and not same_wire and inbound != "gemini":
                found.append(("id", f"{one.name}: the call has no id"))
        elif one.id != other.id and not (not same_wire and other.id.startswith(one.id + THOUGHT)):
            found.append(("id", f"{one.name}: {one.id!r} became {other.id!r}"))
    ids = [call.id for call in got if call.id]
    if len(set(ids)) < len(ids) and not same_wire:
        found.append(("id", f"two calls share an id: {ids}"))
    return found


def _usage(want, got, inbound, same_wire):
    if want is None:
        return []
    got = got or Usage()
    found = []
    for name in USAGE_FIELDS.get(inbound, ()):
        one, other = getattr(want, name), getattr(got, name)
        if (one or 0) != (other or 0):
            found.append(("usage", f"{name}: {one} became {other}"))
    return found


def _short(value):
    text = repr(value)
    return text if len(text) < 160 else text[:80] + " … " + text[-70:]


def _diverges(one, other):
    """Where two texts part."""
    place = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return f"at {place}: {one[place:place + 60]!r} became {other[place:place + 60]!r} ({len(one)} and {len(other)} characters)"
