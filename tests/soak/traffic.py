"""What the soak sends: kinds of requests, each with the one way in which it must end."""
import json
import random
from dataclasses import dataclass

PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
PAIRS = [
    ("openai", "gpt-4o"), ("openai", "claude-sonnet-4-6"), ("openai", "gemini-2.5-flash"), ("openai", "us.amazon.nova-lite-v1:0"),
    ("anthropic", "gpt-4o"), ("anthropic", "claude-sonnet-4-6"), ("anthropic", "gemini-2.5-flash"), ("anthropic", "us.amazon.nova-lite-v1:0"),
]


@dataclass(frozen=True)
class Kind:
    """A kind of request. Its model's options tell the simulator what to do (tests/simulator/src/options.rs)."""

    gateway: str
    client: str
    model: str
    stream: bool
    # How the client's answer ends ("whole", "cut", "left"; or one of two, where more of the provider's may follow an error), with which
    # statuses, and as what it is settled.
    ended: str
    statuses: tuple
    outcome: str
    # The client leaves after so many bytes of the body, or after so many seconds.
    leave_bytes: int = 0
    leave_s: float = 0
    weight: int = 1

    @property
    def path(self):
        return PATHS[self.client]

    def body(self):
        text = f"Count to {random.randrange(100)}, please. " * random.choice((1, 1, 1, 40))
        body = {"model": self.model, "stream": self.stream, "messages": [{"role": "user", "content": text}], "max_tokens": 100}
        return json.dumps(body).encode()


def kinds():
    """Every kind."""
    found = []
    for client, model in PAIRS:
        def add(options, stream, ended="whole", statuses=(200,), outcome="ok", client=client, model=model, gateway="providers", **more):
            found.append(Kind(gateway, client, model + options, stream, ended, statuses, outcome, **more))

        for stream in (False, True):
            add("+tokens=20", stream, weight=12)
            add("+size=60000", stream, weight=2)
            add("+status=500", stream, statuses=(500,), outcome="error")
            add("+status=429", stream, statuses=(429,), outcome="error")
            add("+status=400", stream, statuses=(400,), outcome="refused")
            add("+die_before", stream, statuses=(502,), outcome="error")
            add("+html", stream, statuses=(502,), outcome="error")
            add("+gzip", stream, statuses=(502,), outcome="error")
            add("+stall=5000", stream, "left", (0,), "aborted", leave_s=0.1)
        add("+tokens=20+per_write", True, weight=6)
        add("+error_mid=3", True, outcome="error")
        add("+die_mid=3", True, "cut", outcome="aborted")
        add("+die_mid=3", False, statuses=(502,), outcome="error")
        add("+garbage", False, statuses=(502,), outcome="error")
        add("+tokens=4000+trickle=5", True, "left", outcome="aborted", leave_bytes=400, weight=2)
        add("+tokens=4001+trickle=5", True, "left", outcome="aborted", leave_bytes=6000, weight=2)
        if model.startswith("us."):
            add("+broken_crc", True, "whole cut", outcome="error")
    for client in PATHS:
        for stream in (False, True):
            for options in ("+tokens=20", "+status=500", "+status=503", "+status=429", "+die_before", "+error200"):
                found.append(Kind("fallback", client, "gpt-4o" + options, stream, "whole", (200,), "ok", weight=3))
        found.append(Kind("fallback", client, "gpt-4o+error_first", True, "whole", (200,), "ok", weight=3))
    return found
