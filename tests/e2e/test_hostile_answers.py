"""Providers whose answers are broken, or as odd as can be: the client gets one clean answer or error, and the right counts are settled."""
import itertools
import json

import pytest
from fault_play import CALLERS
from fault_wires import INPUT, OUTPUT, PROVIDERS, TEXT, WORDS
from hostile import MODELS, path_of, plain, post, said, send, told
from hostile_answers import STREAMED, UNARY, stream
from raw_provider import chunk, head, steps, whole

PAIRS = [("openai", "openai"), ("anthropic", "anthropic"), ("gemini", "gemini"), ("openai", "anthropic"), ("openai", "gemini"), ("openai", "bedrock"), ("anthropic", "openai"), ("anthropic", "bedrock"), ("gemini", "openai"), ("gemini", "anthropic")]
INLINE = [pair for pair in PAIRS if set(pair) <= {"openai", "anthropic"}]
WAYS = {"two stages": ("envoy.yaml", False, PAIRS), "inline": ("inline.yaml", False, INLINE), "on 1.37": ("envoy.yaml", True, INLINE[:2] + INLINE[-1:])}
ROUTES = [(way, client, wire) for way, (_, _, pairs) in WAYS.items() for client, wire in pairs]
_marks = (f"mark-a{number}" for number in itertools.count())


def asked(wards, hostile_provider, way, client, wire, answer, streamed):
    """Sends a request that gets this answer; what came, the request's size, and the caller that it is settled for."""
    name, old, _ = WAYS[way]
    ward, mark = wards(name, CALLERS, old), next(_marks)
    before = ward.settled()
    hostile_provider.on(mark, answer)
    body = json.dumps(plain(client, MODELS[wire], mark, streamed)).encode()
    came = send(ward.gateway.port, post(path_of(client, MODELS[wire], streamed), body, [b"x-caller: " + mark.encode()]), seconds=60)
    ward.check(before, caller=True)
    return ward, came, len(body), mark


@pytest.mark.parametrize("way, client, wire", ROUTES)
@pytest.mark.parametrize("name", UNARY)
def test_a_whole_answer(wards, hostile_provider, name, way, client, wire):
    case = UNARY[name]
    body = case.change(wire, PROVIDERS[wire].unary)
    ward, came, size, mark = asked(wards, hostile_provider, way, client, wire, steps(whole(body)), False)
    settled = ward.settlement(mark)
    if case.told:
        assert case.told in told(client, came, 502)
        assert settled == {"error": 1}
        return
    if case.text is not None:
        assert said(client, came) == case.text
    else:
        assert "a" in said(client, came)
    if client == wire:
        assert came.body == body
    counts = case.counts
    if counts == "estimated":
        counts = (-(-size // 4), -(-len(TEXT) // 4))
    assert settled == {"ok": 1, "input": counts[0], "output": counts[1]}


@pytest.mark.parametrize("name, way, client, wire", [(name, *route) for name, case in STREAMED.items() for route in ROUTES if route[2] in case.wires])
def test_a_stream(wards, hostile_provider, name, way, client, wire):
    case = STREAMED[name]
    kind = PROVIDERS[wire].stream_kind
    body = stream(wire, case.make(wire))
    ward, came, _, mark = asked(wards, hostile_provider, way, client, wire, steps(head(kind=kind, chunked=True) + chunk(body) + chunk(b"")), True)
    settled = ward.settlement(mark)
    assert came.status == 200
    assert [outcome for outcome in settled if outcome not in ("input", "output")] == (["error"] if case.told else ["ok"])
    if not case.told:
        assert (settled["input"], settled["output"]) == (INPUT, OUTPUT)
    if client == wire:
        usage = [event.data for event in PROVIDERS[wire].events if event.part == "usage"]
        sent = body.replace(usage[0], b"") if usage else body
        # An event that is too long is cut off; where events are edited, it never began, and an error stands for it.
        came_first = came.body if case.passes else came.body.partition(b'data: {"error"')[0]
        assert came_first == sent if case.passes else sent.startswith(came_first)
        # Where the error was told a clean end may follow it; where bytes pass only a cut tells that this is not all.
        assert came.whole == case.passes or (usage and not case.passes)
        return
    if case.told:
        # What came before is there, then one error, and nothing.
        assert case.told.encode() in came.body
        assert came.body.count(b'"error":{') == 1 and WORDS[0].encode() in came.body and WORDS[1].encode() not in came.body
        return
    spoken = said(client, came, True)
    if case.adds is not None:
        assert spoken == WORDS[0] + case.adds + "".join(WORDS[1:])
