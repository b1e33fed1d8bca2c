"""Requests that are broken, or as odd as JSON allows: each is served, or its client is told what is wrong."""
import itertools
import json
from dataclasses import dataclass

import pytest
from hostile import MODELS, path_of, plain, post, said, send, told
from fault_wires import TEXT

DEEP = 100_000
ARRAYS, OBJECTS = b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP
NESTED = "nested deeper than 128"
SERVED = None


def literal(text):
    return json.dumps(text.decode()).encode()


def texted(value):
    """The request's text is this JSON."""
    return lambda client, model: raw(client, model, value)


def member(value, key=b"x"):
    """The request has one more member."""
    return lambda client, model: raw(client, model, more=b',"%b":%b' % (key, value))


def whole(change):
    """The request's bytes are changed."""
    return lambda client, model: change(raw(client, model))


def named(tail):
    """The model's name has a tail."""
    return lambda client, model: raw(client, model).replace(model.encode(), model.encode() + tail, 1)


def raw(client, model, text=b'"Hi"', more=b""):
    body = json.dumps(plain(client, model, "TEXT")).encode().replace(b'"TEXT"', text)
    return body[:-1] + more + b"}"


def called(arguments):
    """An earlier call has these arguments, and a tool is offered."""

    def make(client, model):
        if client == "gemini":
            turns = b'{"role":"model","parts":[{"functionCall":{"name":"f","args":%b}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":1}}}]}' % arguments
            return b'{"contents":[{"role":"user","parts":[{"text":"Hi"}]},%b],"tools":[{"functionDeclarations":[{"name":"f"}]}]}' % turns
        head = b'{"model":"%b","max_tokens":9,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":' % model.encode()
        if client == "anthropic":
            call = b'[{"type":"tool_use","id":"c1","name":"f","input":%b}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r"}]}]' % arguments
            return head + call + b',"tools":[{"name":"f","input_schema":{"type":"object"}}]}'
        call = b'null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":%b}}]},{"role":"tool","tool_call_id":"c1","content":"r"}]' % literal(arguments)
        return head + call + b',"tools":[{"type":"function","function":{"name":"f"}}]}'

    return make


def offered(schema):
    """A tool has this schema."""

    def make(client, model):
        if client == "gemini":
            return b'{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":%b}]}]}' % schema
        tool = b'{"name":"f","input_schema":%b}' if client == "anthropic" else b'{"type":"function","function":{"name":"f","parameters":%b}}'
        return raw(client, model, more=b',"tools":[%b]' % (tool % schema))

    return make


def nested(count):
    return b'{"type":"object","properties":{"a":' * count + b'{"type":"string"}' + b"}}" * count


@dataclass(frozen=True)
class Case:
    """A request, and what its client is told where it is not served."""

    make: object
    # By a provider of the same wire, and of another one.
    same: str | None
    translated: str | None
    # Wires of clients that have it.
    clients: tuple = ("openai", "anthropic", "gemini")


def both(make, what, **more):
    return Case(make, what, what, **more)


BODY = "not a JSON object"
# Clients whose bodies name the model.
OPENAI, NAMED = ("openai",), ("openai", "anthropic")
CASES = {
    # Depth: in what is skipped, walked, copied, spliced, and in a string that holds JSON.
    "arrays in a member": both(member(ARRAYS), NESTED),
    "arrays that stay open": both(member(b"[" * DEEP), NESTED),
    "objects in a member": both(member(OBJECTS), NESTED),
    "objects in metadata": both(member(OBJECTS, b"metadata"), NESTED),
    "arrays as the model": both(member(ARRAYS, b"model"), NESTED),
    "arrays as messages": both(lambda client, model: b'{"model":"%b","messages":%b,"contents":%b}' % (model.encode(), ARRAYS, ARRAYS), NESTED),
    "arrays as text": both(texted(ARRAYS), NESTED),
    "arrays as the whole": both(lambda client, model: ARRAYS, "expected an object"),
    "a deep schema": both(offered(nested(DEEP)), NESTED),
    "a deep keyword of a schema": both(offered(b'{"type":"object","x":%b}' % ARRAYS), NESTED),
    "deep arguments in a string": Case(called(OBJECTS), SERVED, NESTED, OPENAI),
    "deep arguments": both(called(OBJECTS), NESTED, clients=("anthropic", "gemini")),
    "as deep as may be": Case(member(b"[" * 127 + b"]" * 127), SERVED, "`x` is not supported"),
    "one too deep": both(member(b"[" * 128 + b"]" * 128), NESTED),
    "deep arguments that are read": Case(called(b'{"a":' * 110 + b"1" + b"}" * 110), SERVED, SERVED),
    "a schema that is read": Case(offered(nested(60)), SERVED, SERVED),
    # Numbers.
    "1e999999": Case(member(b"1e999999", b"max_tokens"), SERVED, "expected a whole number", OPENAI),
    "400 digits": Case(member(b"9" * 400, b"max_tokens"), SERVED, "expected a whole number", OPENAI),
    "a negative count": Case(member(b"-1", b"max_tokens"), SERVED, "expected a whole number", OPENAI),
    "2 ^ 64": Case(member(b"18446744073709551616", b"max_tokens"), SERVED, "expected a whole number", OPENAI),
    "2 ^ 64 - 1": Case(member(b"18446744073709551615", b"max_tokens"), SERVED, SERVED, OPENAI),
    "1e30 choices": Case(member(b"1e30", b"n"), SERVED, "expected a whole number", OPENAI),
    "a temperature of -0.0": Case(member(b"-0.0", b"temperature"), SERVED, SERVED, NAMED),
    **{f"{word.decode()} as a number": both(member(word), BODY) for word in (b"NaN", b"Infinity", b"01", b"+1", b"1.", b".5", b"0x1", b"1e", b"-")},
    # Twice the same key.
    "the model twice": both(member(b'"gpt-5"', b"model"), "`model`: given twice", clients=NAMED),
    "the model twice, once escaped": both(member(b'"gpt-5"', b"mod\\u0065l"), "`model`: given twice", clients=NAMED),
    "stream twice": both(lambda client, model: raw(client, model, more=b',"stream":true,"stream":false'), "`stream`: given twice"),
    "other members twice": Case(lambda client, model: raw(client, model)[:-1] + b"," + raw(client, model)[1:].replace(b'"model": ', b'"user": '), SERVED, SERVED, ("gemini",)),
    # Text that is none.
    "half a surrogate": both(texted(b'"a\\ud800b"'), SERVED),
    "half a surrogate as a key": Case(member(b"1", b"\\ud800"), SERVED, "is not supported"),
    "half a surrogate in the model": both(named(b"\\ud800"), SERVED, clients=NAMED),
    "a NUL": both(texted(b'"a\\u0000b"'), SERVED),
    "a DEL": both(texted(b'"\x7f"'), SERVED),
    "a raw NUL in a string": both(texted(b'"a\x00b"'), "control character"),
    "a raw NUL between": both(whole(lambda body: body[:-1] + b"\0}"), BODY),
    "a raw line break in a string": both(texted(b'"a\nb"'), "control character"),
    **{f"{bad!r} in a string": both(texted(b'"%b"' % bad), "invalid UTF-8") for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82")},
    "\\xff in a key": both(member(b"1", b"\xff"), "invalid UTF-8"),
    "an escape that is none": both(texted(b'"\\x41"'), "invalid escape"),
    "half an escape": both(texted(b'"\\u12"'), "invalid escape"),
    "a byte order mark": both(whole(lambda body: b"\xef\xbb\xbf" + body), BODY),
    **{name: both(whole(lambda body, name=name: body.decode().encode(name)), BODY) for name in ("utf-16", "utf-16-le", "utf-32-be")},
    # What is no JSON object.
    "no bytes": both(whole(lambda body: b""), "has no body"),
    "blanks": both(whole(lambda body: b" \n"), "cut off"),
    **{f"{value.decode()} as the whole": both(whole(lambda body, value=value: value), "expected an object") for value in (b"null", b"1", b'"x"', b"[1]", b"true")},
    "two objects": both(whole(lambda body: body + body), "something follows"),
    "a byte too much": both(whole(lambda body: body + b"x"), "something follows"),
    "cut off": both(whole(lambda body: body[:-5]), "cut off"),
    "cut off in an escape": both(whole(lambda body: body[: body.index(b'"Hi') + 2] + b"\\u00"), BODY),
    "cut off arguments": Case(called(b'{"a":'), SERVED, "cut off", OPENAI),
    "a comment": both(whole(lambda body: b"/* x */" + body), BODY),
    "a comma too much": both(whole(lambda body: body[:-1] + b",}"), BODY),
    "single quotes": both(whole(lambda body: body.replace(b'"', b"'")), BODY),
    "a form": both(whole(lambda body: b"model=gpt-4o&messages=Hi"), BODY),
    # Members of another kind than they are.
    **{f"a model that is {value.decode()}": both(lambda client, model, value=value: b'{"model":%b,"messages":[]}' % value, "`model`: expected a string", clients=NAMED) for value in (b"null", b"7", b"[]", b"{}", b"true")},
    "no model": both(lambda client, model: b'{"messages":[]}', "`model`: missing", clients=NAMED),
    "a model of 1 MB": both(named(b"x" * 1_000_000), "`model`: longer than 2048 bytes", clients=NAMED),
}
# Clients' and providers' wires, and the ways there.
PAIRS = list(itertools.product(("openai", "anthropic", "gemini"), ("openai", "anthropic", "gemini", "bedrock")))
WAYS = {"two stages": ("envoy.yaml", False), "inline": ("inline.yaml", False), "on 1.37": ("envoy.yaml", True)}


def rows():
    for way, (client, wire), stream in itertools.product(WAYS, PAIRS, (False, True)):
        # Inline there are two providers; the oldest Envoy is asked for what is its own: bodies in one piece or none.
        if way != "two stages" and (stream or "openai" not in (client, wire) or wire not in ("openai", "anthropic") or client == "gemini"):
            continue
        for name, case in CASES.items():
            if client in case.clients:
                yield pytest.param(way, client, wire, stream, case, id=f"{name}-{client}-{wire}-{'stream' if stream else 'unary'}-{way}")


@pytest.mark.parametrize("way, client, wire, stream, case", list(rows()))
def test_a_request(wards, hostile_provider, way, client, wire, stream, case):
    name, old = WAYS[way]
    ward = wards(name, old=old)
    before, asked = ward.settled(), len(hostile_provider.requests)
    body = case.make(client, MODELS[wire])
    if stream and client != "gemini":
        body = body.replace(b'"messages"', b'"stream":true,"messages"', 1)
    answer = send(ward.gateway.port, post(path_of(client, MODELS[wire], stream), body))
    what = case.same if client == wire else case.translated
    if what is SERVED:
        assert said(client, answer, stream) == TEXT
        [sent] = hostile_provider.requests[asked:]
        assert isinstance(json.loads(sent.body), dict)
    else:
        assert what in told(client, answer, 400)
        assert hostile_provider.requests[asked:] == []
    ward.check(before)
