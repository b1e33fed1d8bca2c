"""The differences that remain, each explained by its cause. They count as failed all the same."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    name: str
    reason: str
    # Whether a failure `{case, inbound, check, why}` has this cause.
    test: object


CAUSES = []


def cause(failure):
    """The cause of a failure, or None where it is not explained."""
    return next((known for known in CAUSES if known.test(failure)), None)
