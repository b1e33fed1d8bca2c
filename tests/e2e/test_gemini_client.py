"""Clients of Google's API, with Google's own package, on providers of other wires."""
import json

import httpx
import pytest
from google import genai
from google.genai import errors, types

SAID = "Say hello, naïve wörld ☃"
KEY = "caller-5ecret"
MODELS = ["gpt-4o", "claude-sonnet-4-5"]
WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="get_weather",
            description="The weather of a place.",
            parameters=types.Schema(
                type=types.Type.OBJECT,
                properties={"city": types.Schema(type=types.Type.STRING), "unit": types.Schema(type=types.Type.STRING, nullable=True)},
                required=["city"],
            ),
        )
    ]
)


@pytest.fixture(scope="module")
def gate(gateways):
    return gateways("minimal.yaml")


CLIENTS = {}


def google(gate):
    # A client that nobody holds closes its connections, its parts' users or not.
    if gate.url not in CLIENTS:
        options = types.HttpOptions(base_url=gate.url, timeout=20000, retry_options=types.HttpRetryOptions(attempts=1))
        CLIENTS[gate.url] = genai.Client(api_key=KEY, vertexai=False, http_options=options)
    return CLIENTS[gate.url]


def config(**more):
    return types.GenerateContentConfig(automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **more)


@pytest.mark.parametrize("model", MODELS)
def test_unary(gate, clean, model):
    asked = config(
        system_instruction="Be brief.",
        max_output_tokens=64,
        stop_sequences=["END"],
        safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")],
    )
    mark = gate.mark()
    answer = google(gate).models.generate_content(model=f"{model}+echo+input=20+cached=5+output=7", contents=SAID, config=asked)
    assert answer.text == SAID
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (20, 7, 27)
    assert usage.cached_content_token_count == 5
    assert answer.response_id and model in answer.model_version
    sent = clean.last()["body"]
    assert "Be brief." in json.dumps(sent) and "contents" not in json.dumps(sent)
    entry = gate.entry(mark)
    assert (entry["operation"], entry["input_tokens"], entry["output_tokens"]) == ("generate_content", "20", "7")


@pytest.mark.parametrize("model", MODELS)
def test_streamed(gate, model):
    chunks = list(google(gate).models.generate_content_stream(model=f"{model}+echo+thinking", contents=SAID))
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text for part in parts if not part.thought) == SAID
    assert "".join(part.text for part in parts if part.thought) == "Let me think."
    assert [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates[0].finish_reason] == [types.FinishReason.STOP]
    assert chunks[-1].usage_metadata.prompt_token_count > 0
    assert len(chunks) > 2


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_tools_there_and_back(gate, clean, model, streamed):
    """Anthropic's signature over the thinking comes back with the results, through Google's client."""
    # gpt-4o does not think, and says so.
    thinks = {"thinking_config": types.ThinkingConfig(thinking_budget=1024)} if model.startswith("claude") else {}
    chat = google(gate).chats.create(model=f"{model}+tools=1+thinking", config=config(tools=[WEATHER], max_output_tokens=4096, **thinks))
    if streamed:
        calls = [call for chunk in chat.send_message_stream("Weather?") for call in chunk.function_calls or []]
    else:
        calls = chat.send_message("Weather?").function_calls
    assert [(call.name, call.args["number"]) for call in calls] == [("get_weather", 0)]
    answer = types.Part(function_response=types.FunctionResponse(id=calls[0].id, name=calls[0].name, response={"result": "20 C"}))
    chat.send_message(answer)
    sent = json.loads(clean.last()["body"]) if isinstance(clean.last()["body"], str) else clean.last()["body"]
    if model.startswith("claude"):
        turn = sent["messages"][1]["content"]
        assert [block["type"] for block in turn if block["type"] != "text"] == ["thinking", "tool_use"]
        assert (turn[0]["thinking"], turn[0]["signature"]) == ("Let me think.", "c2lnbmF0dXJl")
        assert turn[-1]["id"] == calls[0].id
        result = sent["messages"][2]["content"][0]
        assert (result["tool_use_id"], json.loads(result["content"])) == (calls[0].id, {"result": "20 C"})
        schema = sent["tools"][0]["input_schema"]
    else:
        assert sent["messages"][1]["tool_calls"][0]["id"] == calls[0].id
        result = sent["messages"][2]
        assert (result["role"], result["tool_call_id"], json.loads(result["content"])) == ("tool", calls[0].id, {"result": "20 C"})
        schema = sent["tools"][0]["function"]["parameters"]
    assert schema["type"] == "object" and schema["properties"]["unit"]["type"] == ["string", "null"]


def test_errors_are_googles(gate):
    models = google(gate).models
    with pytest.raises(errors.ClientError) as caught:
        models.generate_content(model="no-such-model", contents="Hi")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    with pytest.raises(errors.ClientError) as caught:
        models.generate_content(model="gpt-4o+status=429", contents="Hi")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    with pytest.raises(errors.ClientError) as caught:
        models.generate_content(model="claude-sonnet-4-5", contents=[types.Content(role="bot", parts=[types.Part(text="Hi")])])
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert "contents[0].role" in caught.value.message
    with pytest.raises(errors.APIError) as caught:
        list(models.generate_content_stream(model="claude-sonnet-4-5+error_mid=1", contents="Hi"))
    assert caught.value.status == "UNAVAILABLE"


def test_broken_bodies(gate):
    url = f"{gate.url}/v1beta/models/gpt-4o:generateContent"
    for body, field in [("{", None), ("[]", None), ('{"contents":[{"parts":[{"text":7}]}]}', "contents[0].parts[0].text")]:
        answer = httpx.post(url, content=body, headers={"x-goog-api-key": KEY})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
        if field:
            assert error["details"][0]["fieldViolations"][0]["field"] == field


def test_models(gateways):
    change = ('{name: "gpt-*", target: openai}', '{name: "gpt-4o", target: openai}, {name: "gpt-*", target: openai}')
    client = google(gateways("minimal.yaml", [change]))
    assert [model.name for model in client.models.list()] == ["models/gpt-4o"]
    assert client.models.get(model="gpt-4o-mini").name == "models/gpt-4o-mini"
    with pytest.raises(errors.ClientError) as caught:
        client.models.get(model="nobody")
    assert caught.value.code == 404
    # The key tells Google's clients from OpenAI's where the path is both's.
    for path in ["/v1beta/models", f"/v1/models?key={KEY}"]:
        assert httpx.get(f"{gateways('minimal.yaml', [change]).url}{path}").json()["models"][0]["name"] == "models/gpt-4o"


@pytest.mark.parametrize("model", MODELS)
def test_json_array(gate, model):
    """Without `alt=sse` a stream is one JSON array, element by element."""
    body = {"contents": [{"parts": [{"text": SAID}]}]}
    url = f"{gate.url}/v1beta/models/{model}+echo:streamGenerateContent"
    answer = httpx.post(url, json=body, headers={"x-goog-api-key": KEY})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.text.startswith('[{"candidates"') and "}\n,\r\n{" in answer.text
    parts = [part for chunk in answer.json() for part in chunk["candidates"][0]["content"]["parts"]]
    assert "".join(part["text"] for part in parts) == SAID
    failed = httpx.post(url.replace("+echo", "+error_mid=1"), json=body, headers={"x-goog-api-key": KEY})
    assert failed.json()[-1]["error"]["code"] >= 400
    events = httpx.post(f"{url}?alt=sse", json=body, headers={"x-goog-api-key": KEY})
    assert events.headers["content-type"].startswith("text/event-stream")
    assert events.text.startswith('data: {"candidates"') and events.text.endswith("}\r\n\r\n")
    assert "[DONE]" not in events.text


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("secret", ["key", "access_token"])
def test_keys_stay_here(gate, clean, model, secret):
    """A caller's key, in the query or a header, goes no further than the edge."""
    body = {"contents": [{"parts": [{"text": "Hi"}]}]}
    url = f"{gate.url}/v1beta/models/{model}:streamGenerateContent?alt=sse&{secret}={KEY}"
    mark = gate.mark()
    answer = httpx.post(url, json=body, headers={"x-goog-api-key": KEY})
    assert answer.status_code == 200, answer.text
    assert KEY not in json.dumps(clean.requests())
    assert KEY not in json.dumps(gate.entry(mark)) and KEY not in gate.log()
