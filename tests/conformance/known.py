"""The differences that remain, each explained by its cause. They count as failed all the same."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    name: str
    reason: str
    # Whether a failure `{case, inbound, check, why}` has this cause.
    test: object


def _request(*words):
    return lambda failure: failure["inbound"] == "request_forced" and any(word in failure["why"] for word in words)


CAUSES = [
    Cause(
        "service tier",
        "Anthropic's and Google's tier `standard` is told to OpenAI's clients as it is, and their package knows it by `default` only",
        lambda failure: failure["check"] == "accepted" and "service_tier" in failure["why"],
    ),
    Cause(
        "Google's thought flag",
        "text that Google's compatible layer marks with `extra_content.google.thought` is taken for reasoning where it is the answer",
        lambda failure: failure["check"] in ("text", "reasoning") and failure["case"].startswith("gemini/chat_openai_compat"),
    ),
    Cause("safety settings", "Google's safety settings have no place in the neutral language", _request("safetySettings")),
    Cause("thoughts asked for", "`includeThoughts` without a budget or a level is lost in the neutral language", _request("includeThoughts")),
    Cause("validated calls", "Google's mode VALIDATED is read as AUTO", _request('"VALIDATED"')),
    Cause(
        "results' names",
        "a function's result is a text in the neutral language, and is written under the key `output`",
        _request("functionResponse.response."),
    ),
    Cause("an empty turn", "a user's turn without any words is left out", _request("contents: ")),
    Cause("results' schemas", "the schema of a function's result is told in its description", _request("responseJsonSchema", "functionDeclarations.0.description")),
    Cause("results without an id", "a tool's result that names no call is refused", _request("tool_call_id`: missing")),
]


def cause(failure):
    """The cause of a failure, or None where it is not explained."""
    return next((known for known in CAUSES if known.test(failure)), None)
