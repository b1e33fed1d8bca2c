"""What a request may differ in when it arrives: by rule, with a reason.

`FORMS` are ways of one wire to say the same thing: both bodies are brought into the one form before they are compared. A `Rule` excuses one
difference: its test is asked with the path, what was sent and what arrived (`ABSENT` where there is nothing), and what is known of the request.
Forms and rules count for requests that were read into the neutral language and written again; `passing` ones for those that pass, too.
"""
from dataclasses import dataclass

import forms
from forms import ABSENT

# Providers that know OpenAI's newer words.
NATIVE = ("openai", "azure_openai")


@dataclass(frozen=True)
class Form:
    name: str
    reason: str
    # Changes a body in place.
    make: object
    wires: tuple


@dataclass(frozen=True)
class Rule:
    name: str
    reason: str
    test: object
    wires: tuple = ()
    passing: bool = False


@dataclass(frozen=True)
class Known:
    """What a rule may know of a request."""

    target: str
    wire: str
    request: dict


FORMS = [
    Form("one text is a string", "a list of one plain text part says what the string says", forms.one_text, ("openai", "anthropic")),
    Form("defaults", "a field whose value is the wire's default says nothing", forms.defaults, ("openai", "anthropic", "gemini")),
    Form("turns", "messages of one role in a row are one turn", forms.turns, ("anthropic", "gemini")),
    Form("image address", "Mistral takes an image's address with and without an object around it", forms.image_url, ("openai",)),
    Form("stop", "one stop sequence is a list of one", forms.stop, ("openai",)),
    Form("functions", "legacy `functions` are tools, calls and results of theirs likewise", forms.functions, ("openai",)),
    Form(
        "Google's names",
        "Google takes snake_case for camelCase, two dialects of schemas, two alphabets of base64 and tools in any order; an empty text is none",
        forms.camel_case,
        ("gemini",),
    ),
]

RULES = [
    Rule("model", "the model is renamed as configured", lambda path, before, after, known: path == ("model",), passing=True),
    Rule(
        "include_usage",
        "the gateway meters, and asks the provider for the usage of a stream",
        lambda path, before, after, known: path in (("stream_options",), ("stream_options", "include_usage")) and known.request.get("stream") is True,
        ("openai", "completions"),
        passing=True,
    ),
    Rule(
        "max_tokens",
        "OpenAI's reasoning models refuse `max_tokens`, and hosts other than OpenAI do not know `max_completion_tokens`",
        lambda path, before, after, known: path in (("max_tokens",), ("max_completion_tokens",)) and _moved(path[0], before, after, known),
        ("openai",),
    ),
    Rule(
        "developer",
        "hosts other than OpenAI refuse the role `developer`",
        lambda path, before, after, known: path[-1:] == ("role",) and (before, after) == ("developer", "system") and known.target not in NATIVE,
        ("openai",),
    ),
    Rule(
        "answers' own fields",
        "an assistant's message may be sent back as it was received; fields that mean nothing in a request are left out",
        lambda path, before, after, known: path[:1] == ("messages",) and path[2:3] in (("annotations",), ("audio",)) and after == ABSENT and not before,
        ("openai",),
    ),
    Rule(
        "places in a stream",
        "a call's `index` counts in streams, and means nothing in a history",
        lambda path, before, after, known: path[2:3] == ("tool_calls",) and path[4:] == ("index",) and after == ABSENT,
        ("openai",),
    ),
    Rule(
        "ids that were not given",
        "OpenAI's wire wants an id of a call and of its result: where a client gives neither, both get the same",
        lambda path, before, after, known: path[:1] == ("messages",) and path[-1] in ("id", "tool_call_id") and before == ABSENT and isinstance(after, str),
        ("openai",),
    ),
    Rule(
        "names of results",
        "a tool's message is known by its call's id; OpenAI's wire has no name in it",
        lambda path, before, after, known: path[2:] == ("name",) and after == ABSENT and known.request["messages"][path[1]].get("role") == "tool",
        ("openai",),
    ),
    Rule(
        "any",
        "Mistral has two words for a tool call that must be: `any` and `required`",
        lambda path, before, after, known: path == ("tool_choice",) and (before, after) == ("any", "required"),
        ("openai",),
    ),
    Rule(
        "an instruction's role",
        "Google ignores the role of a system instruction",
        lambda path, before, after, known: path == ("systemInstruction", "role") and after == ABSENT,
        ("gemini",),
    ),
    Rule(
        "reasoning to OpenAI",
        "OpenAI refuses reasoning in the history",
        lambda path, before, after, known: path[2:3] in (("reasoning",), ("reasoning_content",), ("reasoning_details",)) and known.target in NATIVE,
        ("openai",),
    ),
    Rule(
        "cloud's version",
        "the version stands where this provider wants it: in the body of a cloud",
        lambda path, before, after, known: path == ("anthropic_version",) and known.target != "anthropic",
        ("anthropic",),
        passing=True,
    ),
]


def _moved(name, before, after, known):
    """Whether the limit stands under the other name now."""
    return before == ABSENT or after == ABSENT


def differences(found, forced, request, arrived):
    """Every `(path, before, after)` that no rule excuses."""
    if forced:
        request, arrived = forms.copies(request, arrived)
        for form in FORMS:
            if found.own in form.wires:
                form.make(request)
                form.make(arrived)
    known = Known(found.target, found.own, request)
    for path, before, after in _differences(request, arrived):
        if not any(rule.test(path, before, after, known) for rule in RULES if (forced or rule.passing) and (not rule.wires or found.own in rule.wires)):
            yield path, before, after


def _differences(before, after, path=()):
    """Every place where two JSON values are not the same; numbers are compared as numbers."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from _differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after)):
            yield from _differences(one, other, (*path, place))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path, before, after
