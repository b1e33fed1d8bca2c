"""What a request may differ in after it was read into the neutral language and written again: by rule, with a reason.

A rule's `test` is asked with `(path, before, after, request)`: where in the body, what was sent and what arrived (`ABSENT`
where there is nothing), and the whole request. `passing` rules count for requests that only pass, too.
"""
from dataclasses import dataclass

ABSENT = "∅"


@dataclass(frozen=True)
class Rule:
    name: str
    reason: str
    test: object
    wires: tuple = ()
    passing: bool = False


RULES = [
    Rule("model", "the model is renamed as configured", lambda path, before, after, request: path == ("model",), passing=True),
    Rule(
        "include_usage",
        "the gateway meters, and asks the provider for the usage of a stream",
        lambda path, before, after, request: path[:1] == ("stream_options",) and request.get("stream") is True,
        ("openai", "completions"),
        passing=True,
    ),
]


def excused(found, forced, path, before, after, request):
    """The rule that allows a family's request this difference, or None."""
    for rule in RULES:
        if (forced or rule.passing) and (not rule.wires or found.own in rule.wires) and rule.test(path, before, after, request):
            return rule
    return None


def differences(before, after, path=()):
    """Every `(path, before, after)` in which two JSON values are not the same; numbers are compared as numbers."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after)):
            yield from differences(one, other, (*path, place))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path, before, after
