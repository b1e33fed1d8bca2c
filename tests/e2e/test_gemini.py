"""Google's wire as a provider: the Gemini API and Vertex AI, for clients of the other wires."""
import itertools
import json
import re

import anthropic
import httpx
import openai
import pytest

from conftest import version
from gateway import example

MODEL = "gemini-2.5-flash"
SAID = "Say hello, naïve wörld ☃"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": SAID}]
NAMES = ("get_weather", "get time")
TOOLS = [
    {"type": "function", "function": {"name": name.replace(" ", "."), "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
    for name in NAMES
]


@pytest.fixture(scope="module", params=[False, True], ids=["new", "old"])
def gate(request, gateways):
    return gateways("gemini.yaml", old=request.param)


def oai(gate):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20)


def ant(gate):
    return anthropic.Anthropic(base_url=gate.url, api_key="sk-caller", max_retries=0, timeout=20)


def test_what_the_provider_gets(gate, clean):
    mark = gate.mark()
    answer = oai(gate).chat.completions.create(model=f"{MODEL}+echo+input=20+output=7+reasoning=3+cached=4", messages=MESSAGES, max_tokens=50)
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == "stop"
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (20, 7, 27)
    assert (usage.prompt_tokens_details.cached_tokens, usage.completion_tokens_details.reasoning_tokens) == (4, 3)
    sent = clean.last()
    assert sent["path"] == "/v1beta/models/gemini-2.5-flash%2Becho%2Binput%3D20%2Boutput%3D7%2Breasoning%3D3%2Bcached%3D4:generateContent"
    headers = dict(sent["headers"])
    assert headers["x-goog-api-key"] == "AIza-5ecret"
    assert headers["host"] == "generativelanguage.googleapis.com"
    assert "authorization" not in headers and "sk-caller" not in json.dumps(sent)
    assert json.loads(sent["body"]) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": SAID}]}],
        "generationConfig": {"maxOutputTokens": 50},
    }
    entry = gate.entry(mark)
    assert (entry["provider"], entry["input_tokens"], entry["output_tokens"], entry["usage_source"], entry["finish_reason"]) == ("gemini", "20", "7", "provider", "stop")
    assert "5ecret" not in json.dumps(entry) and "5ecret" not in gate.log()


@pytest.mark.parametrize("options", ["echo", "echo+byte_by_byte", "echo+thinking"])
def test_openai_client_streamed(gate, clean, options):
    mark = gate.mark()
    stream = oai(gate).chat.completions.create(model=f"{MODEL}+{options}+output=9", messages=MESSAGES, stream=True, stream_options={"include_usage": True}, reasoning_effort="low")
    chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == SAID
    thought = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    assert thought == ("Let me think." if "thinking" in options else "")
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason] == ["stop"]
    assert [(chunk.usage.prompt_tokens, chunk.usage.completion_tokens) for chunk in chunks if chunk.usage] == [(12, 9)]
    sent = clean.last()
    assert sent["path"].endswith(":streamGenerateContent?alt=sse")
    assert json.loads(sent["body"])["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 1024, "includeThoughts": True}
    assert gate.entry(mark)["output_tokens"] == "9"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", [MODEL, "gemini-3-flash-preview"])
def test_openai_client_calls_tools_in_two_turns(gate, clean, model, streamed):
    arguments = {"model": f"{model}+tools=2", "messages": MESSAGES, "tools": TOOLS, "tool_choice": "required"}
    if streamed:
        calls = {}
        for chunk in oai(gate).chat.completions.create(stream=True, **arguments):
            for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
                known = calls.setdefault(call.index, {"id": call.id, "name": call.function.name, "arguments": ""})
                known["arguments"] += call.function.arguments or ""
        calls = [calls[index] for index in sorted(calls)]
    else:
        answer = oai(gate).chat.completions.create(**arguments)
        assert answer.choices[0].finish_reason == "tool_calls"
        calls = [{"id": c.id, "name": c.function.name, "arguments": c.function.arguments} for c in answer.choices[0].message.tool_calls]
    assert [call["name"] for call in calls] == ["get_weather", "get.time"]
    assert [json.loads(call["arguments"])["number"] for call in calls] == [0, 1]
    assert len({call["id"] for call in calls}) == 2
    turns = [
        {"role": "assistant", "content": None, "tool_calls": [{"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}} for c in calls]},
        # The other way around: they are brought in order.
        {"role": "tool", "tool_call_id": calls[1]["id"], "content": "noon"},
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": '{"celsius": 12.50}'},
    ]
    arguments |= {"model": f"{model}+reply=ok", "messages": MESSAGES + turns}
    assert oai(gate).chat.completions.create(**arguments).choices[0].message.content == "ok"
    sent = json.loads(clean.last()["body"])
    assert [part["functionResponse"]["response"] for part in sent["contents"][2]["parts"]] == [{"celsius": 12.5}, {"output": "noon"}]
    first = sent["contents"][1]["parts"][0]
    assert first["functionCall"]["args"] == {"city": "Paris", "number": 0}
    assert bool(first.get("thoughtSignature")) == model.startswith("gemini-3")


@pytest.mark.parametrize("options", ["reply=ok", "reply=ok+thinking", "tools=2"])
@pytest.mark.parametrize("streamed", [False, True])
def test_anthropic_client(gate, options, streamed):
    tools = [{"name": name.replace(" ", "_"), "input_schema": {"type": "object"}} for name in NAMES]
    arguments = {"model": f"{MODEL}+{options}+input=20+output=7", "max_tokens": 3000, "system": "Be brief.", "messages": MESSAGES[1:], "tools": tools, "thinking": {"type": "enabled", "budget_tokens": 1500}}
    if streamed:
        with ant(gate).messages.stream(**arguments) as stream:
            answer = stream.get_final_message()
    else:
        answer = ant(gate).messages.create(**arguments)
    kinds = [block.type for block in answer.content]
    if "tools" in options:
        assert kinds == ["tool_use", "tool_use"] and answer.stop_reason == "tool_use"
        assert [block.name for block in answer.content] == ["get_weather", "get_time"]
        assert [block.input["number"] for block in answer.content] == [0, 1]
    else:
        assert answer.content[-1].text == "ok" and answer.stop_reason == "end_turn"
        assert kinds == (["thinking", "text"] if "thinking" in options else ["text"])
    assert answer.usage.output_tokens == 7


@pytest.mark.parametrize("status, error", [(429, openai.RateLimitError), (503, openai.InternalServerError), (404, openai.NotFoundError)])
def test_errors_are_the_clients(gate, status, error):
    with pytest.raises(error) as raised:
        oai(gate).chat.completions.create(model=f"{MODEL}+status={status}+retry_after=7", messages=MESSAGES)
    assert raised.value.status_code == status and f"simulated error {status}" in str(raised.value)
    assert raised.value.response.headers["retry-after"] == "7"
    with pytest.raises(anthropic.APIStatusError) as raised:
        with ant(gate).messages.stream(model=f"{MODEL}+status={status}", max_tokens=9, messages=MESSAGES[1:]) as stream:
            list(stream)
    assert raised.value.status_code == status and f"simulated error {status}" in str(raised.value)


def test_a_refused_key_is_told_as_one(gateways, clean):
    gate = gateways("gemini.yaml", [("${GEMINI_API_KEY}", "bad-key")])
    mark = gate.mark()
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": MODEL, "messages": MESSAGES})
    assert "API key not valid" in response.json()["error"]["message"]
    assert gate.entry(mark)["error"] == "authentication"


@pytest.mark.parametrize("option, told", [("error_first", "simulated error 503"), ("error_mid=2", "simulated error 503"), ("no_done", "no end"), ("garbage", "stream")])
def test_broken_streams_end_with_an_error(gate, option, told):
    mark = gate.mark()
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": f"{MODEL}+{option}", "messages": MESSAGES, "stream": True})
    assert told in response.text and "[DONE]" not in response.text
    assert gate.entry(mark)["outcome"] != "success"


def test_stops_are_the_clients(gate):
    create = oai(gate).chat.completions.create
    assert create(model=f"{MODEL}+length", messages=MESSAGES).choices[0].finish_reason == "length"
    assert create(model=f"{MODEL}+refusal", messages=MESSAGES).choices[0].finish_reason == "content_filter"


def test_urls_are_a_400_that_says_so(gate):
    parts = [{"type": "image_url", "image_url": {"url": "https://example.test/cat.png"}}]
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": MODEL, "messages": [{"role": "user", "content": parts}]})
    error = response.json()["error"]
    assert response.status_code == 400 and "send the bytes" in error["message"] and error["param"] == "messages[0].content[0]"


def test_a_form_beside_functions_is_content(gate, clean):
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}}
    answer = oai(gate).chat.completions.create(model=f"{MODEL}+tools=3", messages=MESSAGES, tools=TOOLS, response_format=schema)
    # The third call that the simulator makes is of the third function: the answer's form.
    assert json.loads(answer.choices[0].message.content)["number"] == 2
    assert [call.function.name for call in answer.choices[0].message.tool_calls] == ["get_weather", "get.time"]


@pytest.mark.parametrize("failure", ["status=429", "status=503", "error200", "die_before"])
@pytest.mark.parametrize("stream", [False, True])
def test_another_provider_serves_when_gemini_fails(gateways, clean, failure, stream):
    changes = [
        ("- provider: openai", "- provider: gemini"), ("${OPENAI_API_KEY}", "${GEMINI_API_KEY}"),
        ("OPENAI_API_KEY, ANTHROPIC", "GEMINI_API_KEY, ANTHROPIC"), ("gpt-*", "gemini-*"), ("gpt-4o", "gemini-2.5-flash"),
    ]
    gate = gateways("fallback-priorities.yaml", changes)
    mark = gate.mark()
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": f"{MODEL}+{failure}", "messages": MESSAGES, "stream": stream})
    assert response.status_code == 200 and "simulator" in response.text
    assert [sent["wire"] for sent in clean.requests()][::len(clean.requests()) - 1] == ["gemini", "anthropic"]
    assert "x-goog-api-key" not in dict(clean.last()["headers"])
    assert gate.entry(mark)["provider"] == "anthropic"


# Vertex AI: the ways to a token that the example shows.


def way(number):
    """The example with another way's lines in place of the second's."""
    if number == 2:
        return []
    text = example("vertex.yaml")
    second = text[text.index("        # 2:\n"):text.index("        # 3: keys")]
    changes = [(second, "")]
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        alone = re.match(rf"( *)# {number}: (\S+: .*)", line)
        if alone:
            changes.append((line, f"{alone[1]}{alone[2]}\n"))
        elif re.match(rf" *# {number}:", line):
            block = "".join(itertools.takewhile(lambda follower: re.match(r" *# ( *- name|  )", follower), lines[index + 1:]))
            changes.append((line + block, re.sub(r"(?m)^( *)# ", r"\1", block)))
    return changes


@pytest.mark.parametrize("number, token", [(1, "ya29.from-env"), (2, "ya29.from-sds"), (3, "ya29.metadata")])
def test_vertex_gets_its_token(gateways, clean, tmp_path_factory, number, token):
    if number == 3 and version() < (1, 40):
        pytest.skip("gcp_authn gives access tokens to every route from Envoy 1.40 on")
    secret = tmp_path_factory.mktemp("sds") / "vertex-token.yaml"
    secret.write_text(example("vertex-token.yaml"))
    changes = way(number) + [
        ("/etc/weir/vertex-token.yaml", str(secret)),
        ("address: metadata.google.internal, port_value: 80", "address: 127.0.0.1, port_value: 18080"),
    ]
    gate = gateways("vertex.yaml", changes, env={"VERTEX_ACCESS_TOKEN": "ya29.from-env"})
    for stream in (False, True):
        headers = {"x-api-key": "sk-caller", "authorization": "Bearer sk-caller"}
        body = {"model": f"{MODEL}+reply=ok", "messages": MESSAGES, "stream": stream, "metadata": {"team": "search"}}
        response = httpx.post(f"{gate.url}/v1/chat/completions", json=body, headers=headers)
        assert response.status_code == 200 and "ok" in response.text
        sent = clean.last()
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        assert sent["path"] == f"/v1/projects/my-project/locations/us-central1/publishers/google/models/gemini-2.5-flash%2Breply%3Dok:{method}"
        told = dict(sent["headers"])
        assert told["authorization"] == f"Bearer {token}" and told["host"] == "us-central1-aiplatform.googleapis.com"
        assert json.loads(sent["body"])["labels"] == {"team": "search"}
        assert "sk-caller" not in json.dumps(sent)
