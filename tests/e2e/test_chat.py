"""Every client's wire to every provider's, unary and streamed, with the providers' own client packages."""
import json

import anthropic
import httpx
import openai
import pytest

MODELS = ["gpt-4o", "azure-gpt-4o", "claude-sonnet-4-5"]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
    for name in ("get_weather", "get_time")
]
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello, naïve wörld ☃"}]


# The inline example has no Azure cluster: it gets one.
AZURE = [
    ("- {name: \"gpt-*\", target: openai}", "- {name: \"azure-gpt-*\", target: azure}\n                    - {name: \"gpt-*\", target: openai}"),
    ("                    - {provider: openai, ", "                    - {provider: azure_openai, match: {cluster: azure}, host: example.openai.azure.com, api_version: \"2024-10-21\", models: {\"azure-gpt-*\": \"gpt-*\"}, auth: {key: \"${AZURE_OPENAI_API_KEY}\"}}\n                    - {provider: openai, "),
    ("host_env_keys: [OPENAI_API_KEY", "host_env_keys: [AZURE_OPENAI_API_KEY, OPENAI_API_KEY"),
    ("              routes:\n", "              routes:\n              - match: {prefix: /, filter_state: [{key: wasm.weir.target, string_match: {exact: azure}}]}\n                route: {cluster: openai}\n"),
]


@pytest.fixture(scope="module", params=["envoy.yaml", "inline.yaml"])
def gate(request, gateways):
    return gateways(request.param, AZURE if request.param == "inline.yaml" else [])


def oai(gate):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20)


def ant(gate):
    return anthropic.Anthropic(base_url=gate.url, api_key="sk-caller", max_retries=0, timeout=20)


@pytest.mark.parametrize("model", MODELS)
def test_openai_client_unary(gate, model):
    answer = oai(gate).chat.completions.create(model=f"{model}+echo+input=20+output=7", messages=MESSAGES)
    assert answer.choices[0].message.content == "Say hello, naïve wörld ☃"
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (20, 7)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("model", MODELS)
def test_openai_client_streamed(gate, model, asked):
    options = {"stream_options": {"include_usage": True}} if asked else {}
    stream = oai(gate).chat.completions.create(model=f"{model}+echo", messages=MESSAGES, stream=True, **options)
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "Say hello, naïve wörld ☃"
    usage = [chunk.usage for chunk in chunks if chunk.usage]
    # Asked of the provider always, shown to the client only when it asked.
    assert [u.prompt_tokens for u in usage] == ([12] if asked else [])
    assert any(chunk.choices and chunk.choices[0].finish_reason == "stop" for chunk in chunks)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_openai_client_parallel_tools(gate, model, streamed):
    arguments = {"model": f"{model}+tools=2", "messages": MESSAGES, "tools": TOOLS, "tool_choice": "required"}
    calls = {}
    if streamed:
        for chunk in oai(gate).chat.completions.create(stream=True, **arguments):
            for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
                known = calls.setdefault(call.index, {"id": call.id, "name": call.function.name, "arguments": ""})
                known["arguments"] += call.function.arguments or ""
        calls = [calls[index] for index in sorted(calls)]
    else:
        answer = oai(gate).chat.completions.create(**arguments)
        assert answer.choices[0].finish_reason == "tool_calls"
        calls = [{"id": c.id, "name": c.function.name, "arguments": c.function.arguments} for c in answer.choices[0].message.tool_calls]
    assert [call["name"] for call in calls] == ["get_weather", "get_time"]
    assert [json.loads(call["arguments"])["number"] for call in calls] == [0, 1]
    assert len({call["id"] for call in calls}) == 2


@pytest.mark.parametrize("model", MODELS)
def test_openai_client_tool_results_and_images(gate, model, clean):
    messages = [
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            {"type": "image_url", "image_url": {"url": "https://example.test/cat.png", "detail": "low"}},
        ]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\":\"Paris\"}"}},
            {"id": "call_2", "type": "function", "function": {"name": "get_time", "arguments": ""}},
        ]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "call_2", "content": "noon"},
        {"role": "user", "content": "And now?"},
    ]
    answer = oai(gate).chat.completions.create(model=f"{model}+echo", messages=messages, tools=TOOLS, stop=["END"], temperature=0.5, max_tokens=50)
    assert answer.choices[0].message.content == "And now?"
    sent = json.loads(clean.last()["body"])
    if "claude" not in model:
        assert sent["messages"] == messages
        return
    turns = sent["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["type"] for block in turns[0]["content"]] == ["text", "image", "image"]
    assert turns[0]["content"][1]["source"] == {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    assert turns[0]["content"][2]["source"] == {"type": "url", "url": "https://example.test/cat.png"}
    assert [block["input"] for block in turns[1]["content"]] == [{"city": "Paris"}, {}]
    assert [block["type"] for block in turns[2]["content"]] == ["tool_result", "tool_result", "text"]
    assert (sent["max_tokens"], sent["stop_sequences"], sent["temperature"]) == (50, ["END"], 0.5)


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_client_unary(gate, model):
    answer = ant(gate).messages.create(model=f"{model}+echo+input=20+output=7", max_tokens=50, system="Be brief.", messages=MESSAGES[1:])
    assert answer.content[0].text == "Say hello, naïve wörld ☃"
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (20, 7)


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_client_streamed_with_tools(gate, model):
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("get_weather", "get_time")]
    with ant(gate).messages.stream(model=f"{model}+tools=2", max_tokens=50, messages=MESSAGES[1:], tools=tools) as stream:
        answer = stream.get_final_message()
    assert [block.name for block in answer.content if block.type == "tool_use"] == ["get_weather", "get_time"]
    assert [block.input["number"] for block in answer.content if block.type == "tool_use"] == [0, 1]
    assert answer.stop_reason == "tool_use"
    assert answer.usage.input_tokens == 12


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_client_streamed_text(gate, model):
    with ant(gate).messages.stream(model=f"{model}+echo", max_tokens=50, messages=MESSAGES[1:]) as stream:
        assert "".join(stream.text_stream) == "Say hello, naïve wörld ☃"


def test_thinking_reaches_either_client(gate):
    answer = oai(gate).chat.completions.create(model="claude-sonnet-4-5+thinking", messages=MESSAGES, reasoning_effort="low", max_tokens=4000)
    assert answer.choices[0].message.reasoning_content == "Let me think."
    assert answer.choices[0].message.thinking_blocks[0]["signature"] == "c2lnbmF0dXJl"
    answer = ant(gate).messages.create(model="gpt-4o+thinking", max_tokens=4000, messages=MESSAGES[1:])
    assert answer.content[0].thinking == "Let me think."


def test_openai_reasoning_becomes_a_budget(gate, clean):
    oai(gate).chat.completions.create(model="claude-sonnet-4-5", messages=MESSAGES, reasoning_effort="medium", max_tokens=4000)
    sent = json.loads(clean.last()["body"])
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2048}


def test_same_wire_passes_byte_for_byte(gate, clean):
    body = '{ "model" : "gpt-4o", "messages":[{"role":"user","content":"\\u00e9\\ud83d\\ude00"}],\n "temperature": 1.00, "new_field": {"a": [1e3, 0.10]}, "new_field2":null }'
    response = httpx.post(f"{gate.url}/v1/chat/completions", content=body.encode(), headers={"content-type": "application/json"})
    assert response.status_code == 200
    assert clean.last()["body"] == body
    streamed = body.replace('"model"', '"stream": true, "model"')
    response = httpx.post(f"{gate.url}/v1/chat/completions", content=streamed.encode(), headers={"content-type": "application/json"})
    assert clean.last()["body"] == streamed[:-2] + ' ,"stream_options":{"include_usage":true}}'
    assert '"usage"' not in response.text and "[DONE]" in response.text


def test_what_gemini_left_in_the_conversation_does_not_reach_anthropic(gate, clean):
    messages = [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "redacted_thinking", "data": "gemini:c2ln"},
                {"type": "tool_use", "id": "toolu_1__thought__c2ln", "name": "f", "input": {"a": 1.5}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1__thought__c2ln", "content": "ok"}]},
    ]
    body = {"model": "claude-sonnet-4-5", "max_tokens": 50, "messages": messages, "tools": [{"name": "f", "input_schema": {"type": "object"}}]}
    response = httpx.post(f"{gate.url}/v1/messages", json=body)
    assert response.status_code == 200
    messages[1]["content"].pop(1)
    messages[1]["content"][1]["id"] = messages[2]["content"][0]["tool_use_id"] = "toolu_1"
    assert json.loads(clean.last()["body"]) == body
    # Nothing of another's: it passes byte for byte.
    own = json.dumps(body, indent=1)
    assert httpx.post(f"{gate.url}/v1/messages", content=own.encode(), headers={"content-type": "application/json"}).status_code == 200
    assert clean.last()["body"] == own


@pytest.mark.parametrize("policy", ["reject", "drop"])
def test_unsupported_parameters(gateways, clean, policy):
    changes = [("stage: attempt", f"stage: attempt\n                  unsupported_params: {policy}")]
    gate = gateways("envoy.yaml", changes)
    body = {"model": "claude-sonnet-4-5", "messages": MESSAGES, "seed": 7, "logit_bias": {"1": 2}}
    response = httpx.post(f"{gate.url}/v1/chat/completions", json=body)
    if policy == "reject":
        assert response.status_code == 400
        error = response.json()["error"]
        assert error["param"] == "seed" and "seed" in error["message"] and error["code"] == "unsupported_parameter"
    else:
        assert response.status_code == 200
        assert set(response.headers["x-weir-dropped-params"].split(", ")) == {"seed", "logit_bias"}
        assert "seed" not in json.loads(clean.last()["body"])


def test_completions_and_embeddings_pass_metered(gate):
    client = oai(gate)
    mark = gate.mark()
    assert client.completions.create(model="gpt-4o+input=3", prompt="Hi").choices[0].text
    assert gate.entry(mark)["input_tokens"] == "3"
    mark = gate.mark()
    assert client.embeddings.create(model="gpt-4o+input=5", input="Hi", encoding_format="float").data[0].embedding
    entry = gate.entry(mark)
    assert (entry["operation"], entry["input_tokens"], entry["usage_source"]) == ("embeddings", "5", "provider")
    mark = gate.mark()
    pieces = [chunk.choices[0].text for chunk in client.completions.create(model="gpt-4o+input=9", prompt="Hi", stream=True) if chunk.choices]
    assert "".join(pieces) == "Hello from the simulator."
    assert gate.entry(mark)["input_tokens"] == "9"


@pytest.mark.parametrize("model", ["gpt-4o+byte_by_byte+reply=né", "claude-sonnet-4-5+byte_by_byte+reply=né", "gpt-4o+crlf+comments+reply=né"])
@pytest.mark.parametrize("streamed", [False, True])
def test_odd_framing_changes_nothing(gate, model, streamed):
    arguments = {"model": model, "messages": MESSAGES}
    if streamed:
        chunks = oai(gate).chat.completions.create(stream=True, **arguments)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    else:
        text = oai(gate).chat.completions.create(**arguments).choices[0].message.content
    assert text == "né"
