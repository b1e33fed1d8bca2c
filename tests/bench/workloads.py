"""The workloads by name, and the requests that they send."""
import fnmatch
import json
from dataclasses import dataclass
from pathlib import Path

from answers import NEEDLE

# What an OpenAI client of today sends beside the body; `x-caller` is what an authentication filter would have written.
HEADERS = [
    ["content-type", "application/json"],
    ["accept", "application/json"],
    ["accept-encoding", "gzip, deflate"],
    ["user-agent", "OpenAI/Python 2.8.1"],
    ["authorization", "Bearer sk-client-of-the-gateway"],
    ["x-caller", "bench"],
]
# The load generator writes its connection's number over the digits: the provider knows by it whose stream it tells.
MARK = "[bench 000000] "
PROSE = (
    "The lighthouse keeper wrote every evening in a book that nobody else had opened, and every morning the page was a little longer.\n"
    'She called it "the log", and it said what the sea had been like: grey, mostly, and once or twice a year something else.\n\n'
    "- wind from the west, two ships, no fog;\n- wind from the north, one ship, fog until ten.\n\n"
)
TURN = 1536


@dataclass(frozen=True)
class Workload:
    """Requests of one kind, from so many connections at once."""

    name: str
    request_bytes: int = 1024
    events: int = 0
    paced: bool = False
    connections: int = 16
    h2: bool = False

    @property
    def unit(self):
        return "event" if self.events else "request"

    @property
    def play(self):
        return {"unary": "unary", "stream": f"stream_{self.events}", "paced": self.paced}


KINDS = [
    Workload("unary_1k"),
    Workload("unary_32k", request_bytes=32 * 1024),
    Workload("stream_at_once", events=1000),
    Workload("stream_per_write", events=1000, paced=True),
]


def matrix():
    """Every kind, by connections and by the client's version of HTTP."""
    return [
        Workload(f"{kind.name}.c{connections}.{'h2' if h2 else 'h1'}", kind.request_bytes, kind.events, kind.paced, connections, h2)
        for connections in (16, 64)
        for h2 in (False, True)
        for kind in KINDS
    ]


def chosen(names, wanted):
    """Those of the names that were asked for, by name, beginning or pattern; all, where nothing was."""
    if not wanted:
        return list(names)
    patterns = [pattern.strip() for pattern in wanted.split(",") if pattern.strip()]
    fits = lambda name, pattern: fnmatch.fnmatch(name, pattern) or name.startswith(pattern + ".")
    found = [name for name in names if any(fits(name, pattern) for pattern in patterns)]
    lost = [pattern for pattern in patterns if not any(fits(name, pattern) for name in names)]
    if lost:
        raise SystemExit(f"bench: no {', '.join(lost)}; there is {', '.join(names)}")
    return found


def body(model, size, stream):
    """A chat of about this many bytes: a system message, then turns of the user's and the assistant's."""
    def text(length):
        return (PROSE * (length // len(PROSE) + 1))[:length]

    messages = [{"role": "system", "content": "You are a patient assistant. Answer briefly."}, {"role": "user", "content": MARK}]
    asked = {"model": model, "messages": messages, "max_tokens": 4096, "temperature": 0.7}
    if stream:
        asked["stream"] = True
    left = size - len(json.dumps(asked))
    # Escapes make text longer than it is.
    longer = len(json.dumps(text(TURN))) / TURN
    first = True
    while left > 64:
        length = int(min(TURN, left / longer))
        if first:
            messages[-1]["content"] += text(length)
            first = False
        else:
            messages.append({"role": "assistant", "content": "Go on."})
            messages.append({"role": "user", "content": text(max(length - 90, 1))})
        left = size - len(json.dumps(asked)) if size < 100_000 else left - TURN * longer
    return json.dumps(asked).encode()


class Requests:
    """Request bodies as files, each written once."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def file(self, model, size, stream):
        path = self.folder / f"request-{model.replace('/', '_')}-{size}-{int(bool(stream))}.json"
        if not path.exists():
            path.write_bytes(body(model, size, stream))
        return path


def run(load, gateway, bodies, model, workload, **limits):
    """One run of a workload."""
    load.ask("play", **workload.play)
    return again(load, gateway, bodies, model, workload, **limits)


def again(load, gateway, bodies, model, workload, **limits):
    """A run with what the provider plays already."""
    file = bodies.file(model, workload.request_bytes, workload.events)
    return load.ask(
        "run", port=gateway.port, h2=workload.h2, connections=workload.connections, path=gateway.path, headers=[*HEADERS, *gateway.headers],
        body=str(file), needle=NEEDLE if workload.events else "", patience=limits.pop("patience", 20), **limits,
    )
