"""What is checked before and after measuring: that answers are right, and that settlements add up."""
import http.client
import json
import urllib.parse

import answers
from workloads import HEADERS


class Wrong(Exception):
    """A gateway that answers wrongly: it is not measured."""


def ask(gateway, file):
    """One request as the load generator sends it; returns the body."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    try:
        body = file.read_bytes().replace(b"[bench 000000]", b"[bench 999999]")
        connection.request("POST", gateway.path, body, dict([*HEADERS, *gateway.headers]))
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise Wrong(f"no answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise Wrong(f"status {response.status}: {body[:200]!r}")
    return body


def unary(body):
    answer = json.loads(body)
    choice = answer["choices"][0]
    if choice["message"]["content"] != answers.TEXT or choice["finish_reason"] != "stop":
        raise Wrong(f"another answer: {body[:300]!r}")
    if answer["usage"]["prompt_tokens"] != 12:
        raise Wrong(f"another usage: {answer['usage']}")


def streamed(body, events):
    lines = [line[5:].strip() for line in body.replace(b"\r\n", b"\n").split(b"\n") if line.startswith(b"data:")]
    if not lines or lines[-1] != b"[DONE]":
        raise Wrong(f"no end: {body[-200:]!r}")
    chunks = [json.loads(line) for line in lines[:-1]]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    texts = [choice["delta"].get("content") or "" for choice in choices]
    reasons = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    want = [f"word{index} " for index in range(events)]
    if "".join(texts) != "".join(want) or reasons != ["stop"]:
        raise Wrong(f"another stream: {len(chunks)} events, {reasons}, {body[:300]!r}")
    if sum(1 for text in texts if text) != events:
        raise Wrong(f"{sum(1 for text in texts if text)} events of content instead of {events}")


def answer(load, gateway, file, workload):
    """Asks once, compares with what the provider said, and returns how many bytes a right answer has."""
    load.ask("play", **{**workload.play, "paced": False})
    body = ask(gateway, file)
    if workload.events:
        streamed(body, workload.events)
    else:
        unary(body)
    return len(body)


def asked_rightly(load, simulator_port, wire, workload):
    """What reached the provider last is asked of the simulator, which knows what a provider refuses: it must answer the same."""
    last = load.ask("last")
    lines = last["head"].split("\r\n")
    path = lines[0].split(" ")[1]
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    headers = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length", "transfer-encoding", "connection")}
    optioned = wire.model + answers.options(workload.events)
    quoted = urllib.parse.quote(optioned, safe="")
    for spelled in (wire.model, urllib.parse.quote(wire.model, safe=""), urllib.parse.quote(wire.model, safe=":")):
        path = path.replace(f"/{spelled}/", f"/{quoted}/").replace(f"/models/{spelled}:", f"/models/{quoted}:")
    body = json.loads(last["body"])
    if "model" in body:
        body["model"] = optioned
    usage = bool((body.get("stream_options") or {}).get("include_usage"))
    status, _, told = answers.ask(simulator_port, path, headers, body)
    if status != 200:
        raise Wrong(f"the simulator answers {status} to what reached the provider: {told[:300]!r}")
    _, wanted = answers.capture(simulator_port, wire, workload.events, usage)
    if answers.plain(told, wire.model, optioned) != wanted:
        raise Wrong(f"the simulator answers otherwise to what reached the provider: {told[:300]!r}")


def settled(load, gateway):
    """Whether what Weir settled is what the provider served; returns the problems and what was served."""
    served, unknown = load.served(gateway.provider_port)
    problems = [f"{unknown} requests had no answer at the provider"] if unknown else []
    found = gateway.settled()
    for wire in sorted(set(served) | set(found)):
        if served.get(wire) != found.get(wire):
            problems.append(f"{gateway.name}: settled for {wire} {found.get(wire)}, served {served.get(wire)}")
    return problems, served
