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
    Cause("results without an id", "a tool's result that names no call is refused", _request("tool_call_id`: missing")),
]


def cause(failure):
    """The cause of a failure, or None where it is not explained."""
    return next((known for known in CAUSES if known.test(failure)), None)
