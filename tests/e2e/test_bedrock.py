"""AWS Bedrock's Converse behind clients of both APIs, signed by Envoy or with a key."""
import base64
import hashlib
import json
from urllib.parse import quote

import anthropic
import httpx
import openai
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr/5ecret+KEY", "AWS_SESSION_TOKEN": "session/5ecret=="}
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HI = [{"role": "user", "content": "Hi ☃"}]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture(params=[False, True], ids=["envoy", "old envoy"])
def gate(gateways, request):
    return gateways("bedrock.yaml", old=request.param, env=AWS)


@pytest.fixture
def openai_client(gate):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key="own", max_retries=0)


@pytest.fixture
def anthropic_client(gate):
    return anthropic.Anthropic(base_url=gate.url, api_key="own", max_retries=0)


class Verifier(SigV4Auth):
    """Signs the headers that are there: AWS's library leaves some out when it signs, but takes them when it checks."""

    def headers_to_sign(self, request):
        return request.headers


def signed(sent, body):
    """The signature that AWS's own client library gives a request that was sent, with its headers and time."""
    headers = {name: value for name, value in sent["headers"]}
    given = headers["authorization"]
    algorithm, rest = given.split(" ", 1)
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    _, date, region, service, _ = fields["Credential"].split("/")
    assert (algorithm, region, service) == ("AWS4-HMAC-SHA256", "us-east-1", "bedrock")
    names = fields["SignedHeaders"].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(names)
    kept = {name: value for name, value in headers.items() if name in names}
    # The library would believe the header.
    kept["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
    request = AWSRequest(method=sent["method"], url=f"https://{headers['host']}{sent['path']}", data=body, headers=kept)
    credentials = Credentials(AWS["AWS_ACCESS_KEY_ID"], AWS["AWS_SECRET_ACCESS_KEY"], AWS["AWS_SESSION_TOKEN"])
    auth = Verifier(credentials, service, region)
    request.context["timestamp"] = headers["x-amz-date"]
    assert headers["x-amz-date"].startswith(date)
    canonical = auth.canonical_request(request)
    wanted = auth.signature(auth.string_to_sign(request, canonical), request)
    return fields["Signature"], wanted


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", CLAUDE, PROFILE, f"{CLAUDE}+reply=a_b"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_signature_is_over_what_is_sent(gate, clean, model, stream):
    body = {"model": model, "messages": HI, "stream": stream}
    assert httpx.post(f"{gate.url}/v1/chat/completions", json=body, headers={"authorization": "Bearer theirs"}).status_code == 200
    sent = clean.last()
    upstream = CLAUDE if model == "claude-sonnet-4-5" else model
    assert sent["path"] == f"/model/{quote(upstream, safe='-_.~')}/converse{'-stream' if stream else ''}"
    assert dict(sent["headers"])["host"] == "bedrock-runtime.us-east-1.amazonaws.com"
    content = sent["body"].encode()
    assert json.loads(content) == {"messages": [{"role": "user", "content": [{"text": "Hi ☃"}]}]}
    given, wanted = signed(sent, content)
    assert given == wanted
    # The check itself: another body, or another path, has another signature.
    assert signed(sent, content + b" ")[1] != given
    assert signed({**sent, "path": sent["path"] + "x"}, content)[1] != given


def test_a_large_body_is_signed_whole(gate, clean):
    text = "0123456789abcdef" * 12_000
    assert httpx.post(f"{gate.url}/v1/chat/completions", json={"model": CLAUDE, "messages": [{"role": "user", "content": text}]}, timeout=30).status_code == 200
    sent = clean.last()
    content = json.dumps({"messages": [{"role": "user", "content": [{"text": text}]}]}, separators=(",", ":")).encode()
    assert content.startswith(sent["body"].encode()[:1000])
    given, wanted = signed(sent, content)
    assert given == wanted


def test_a_key_needs_no_signature(gate, clean):
    body = {"model": "amazon.nova-lite-v1:0", "messages": HI}
    assert httpx.post(f"{gate.url}/v1/chat/completions", json=body).status_code == 200
    headers = dict(clean.last()["headers"])
    assert headers["authorization"] == "Bearer bedrock-5ecret"
    assert "x-amz-date" not in headers


def test_openai_unary(gate, openai_client, clean):
    mark = gate.mark()
    answer = openai_client.chat.completions.create(model=f"{CLAUDE}+reply=Bon_jour+input=40+cached=30+output=7", messages=HI)
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Bon jour", "stop")
    assert answer.id
    assert (answer.usage.prompt_tokens, answer.usage.prompt_tokens_details.cached_tokens, answer.usage.completion_tokens) == (40, 30, 7)
    entry = gate.entry(mark)
    assert (entry["provider"], entry["input_tokens"], entry["cache_read_tokens"], entry["output_tokens"]) == ("bedrock", "40", "30", "7")
    assert (entry["usage_source"], entry["outcome"], entry["finish_reason"]) == ("provider", "ok", "stop")


@pytest.mark.parametrize("extra", ["", "+byte_by_byte", "+per_write"])
def test_openai_stream(gate, openai_client, clean, extra):
    mark = gate.mark()
    model = f"{CLAUDE}+thinking+tools=2+input=40+output=7{extra}"
    tools = [{"type": "function", "function": {"name": name, "parameters": WEATHER}} for name in ("get.weather", "now")]
    stream = openai_client.chat.completions.create(model=model, messages=HI, tools=tools, stream=True, stream_options={"include_usage": True})
    calls, reason, usage, thoughts, ids = {}, None, None, "", set()
    for chunk in stream:
        ids.add(chunk.id)
        usage = chunk.usage or usage
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
            thoughts += (choice.delta.model_extra or {}).get("reasoning_content") or ""
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, {"id": call.id, "name": call.function.name, "arguments": ""})
                known["arguments"] += call.function.arguments or ""
    assert len(ids) == 1
    assert [(call["id"], call["name"]) for call in calls.values()] == [("tooluse_sim0", "get.weather"), ("tooluse_sim1", "now")]
    assert [json.loads(call["arguments"])["number"] for call in calls.values()] == [0, 1]
    assert (reason, thoughts, usage.prompt_tokens, usage.completion_tokens) == ("tool_calls", "Let me think.", 40, 7)
    entry = gate.entry(mark)
    assert (entry["input_tokens"], entry["output_tokens"], entry["usage_source"], entry["finish_reason"]) == ("40", "7", "provider", "tool_calls")


def test_anthropic_tools_and_their_results(gate, anthropic_client, clean):
    tools = [{"name": "get_weather", "input_schema": WEATHER}]
    first = anthropic_client.messages.create(model=f"{CLAUDE}+thinking+tools=1", max_tokens=50, messages=HI, tools=tools)
    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    assert first.stop_reason == "tool_use"
    result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "Rain"}
    messages = [*HI, {"role": "assistant", "content": [block.model_dump() for block in first.content]}, {"role": "user", "content": [result]}]
    second = anthropic_client.messages.create(model=f"{CLAUDE}+reply=It_rains", max_tokens=50, messages=messages, tools=tools)
    assert (second.content[0].text, second.stop_reason) == ("It rains", "end_turn")
    sent = json.loads(clean.last()["body"])["messages"]
    assert sent[1]["content"][0]["reasoningContent"]["reasoningText"] == {"text": "Let me think.", "signature": "c2lnbmF0dXJl"}
    assert sent[2]["content"] == [{"toolResult": {"toolUseId": first.content[1].id, "content": [{"text": "Rain"}]}}]


def test_anthropic_stream(gate, anthropic_client, clean):
    mark = gate.mark()
    with anthropic_client.messages.stream(model=f"{CLAUDE}+thinking+reply=It_rains+input=40+cached=30+output=7", max_tokens=50, messages=HI) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert (message.content[0].signature, message.content[1].text) == ("c2lnbmF0dXJl", "It rains")
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens, message.usage.output_tokens) == (10, 30, 7)
    entry = gate.entry(mark)
    assert (entry["input_tokens"], entry["output_tokens"], entry["operation"]) == ("40", "7", "messages")


@pytest.mark.parametrize("stream", [False, True])
def test_errors_keep_their_status_and_class(gate, openai_client, anthropic_client, clean, stream):
    mark = gate.mark()
    with pytest.raises(openai.RateLimitError) as caught:
        openai_client.chat.completions.create(model=f"{CLAUDE}+status=429+retry_after=7", messages=HI, stream=stream)
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.body["message"] == "simulated error 429"
    assert gate.entry(mark)["error"] == "rate_limit"
    with pytest.raises(anthropic.PermissionDeniedError) as caught:
        anthropic_client.messages.create(model=f"{CLAUDE}+status=403", max_tokens=5, messages=HI, stream=stream)
    assert caught.value.body["error"] == {"type": "permission_error", "message": "simulated error 403"}


def test_a_stream_that_fails_at_once_or_in_the_middle(gate, openai_client, clean):
    with pytest.raises(openai.APIError) as caught:
        list(openai_client.chat.completions.create(model=f"{CLAUDE}+error_first", messages=HI, stream=True))
    assert "simulated exception" in str(caught.value)
    mark = gate.mark()
    said = ""
    with pytest.raises(openai.APIError) as caught:
        for chunk in openai_client.chat.completions.create(model=f"{CLAUDE}+events=5+error_mid=2+per_write", messages=HI, stream=True):
            said += chunk.choices[0].delta.content or ""
    assert (said, caught.value.message) == ("word0 word1 ", "simulated exception")
    assert gate.entry(mark)["error"] == "rate_limit"


@pytest.mark.parametrize("extra", ["", "+byte_by_byte", "+per_write"])
def test_a_broken_checksum_is_told(gate, clean, extra):
    mark = gate.mark()
    body = {"model": f"{CLAUDE}+events=5+broken_crc{extra}", "messages": HI, "stream": True}
    try:
        text = httpx.post(f"{gate.url}/v1/chat/completions", json=body).text
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        assert "checksum" in events[-1]["error"]["message"]
        assert "word1" not in text and "[DONE]" not in text
    except httpx.RemoteProtocolError:
        # Its connection is reset, so that nobody takes the beginning for the whole.
        pass
    assert gate.entry(mark)["error"] == "bad_gateway"


def test_pictures_need_their_bytes(gate, clean):
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    answer = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": CLAUDE, "messages": [{"role": "user", "content": [picture]}]})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages[0].content[0]"
    assert "bytes" in answer.json()["error"]["message"]
    assert clean.requests() == []
    picture["image_url"]["url"] = "data:image/png;base64," + base64.b64encode(b"png").decode()
    assert httpx.post(f"{gate.url}/v1/chat/completions", json={"model": CLAUDE, "messages": [{"role": "user", "content": [picture]}]}).status_code == 200


def test_json_of_a_schema_comes_as_text(gate, openai_client, clean):
    schema = {"type": "object", "properties": {"city": {"type": "string", "minLength": 1}}}
    response_format = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}
    for stream in (False, True):
        answer = openai_client.chat.completions.create(model=f"{CLAUDE}+tools=1", messages=HI, response_format=response_format, stream=stream)
        if stream:
            chunks = [chunk.choices[0] for chunk in answer if chunk.choices]
            text, reason = "".join(choice.delta.content or "" for choice in chunks), chunks[-1].finish_reason
        else:
            text, reason = answer.choices[0].message.content, answer.choices[0].finish_reason
        assert (json.loads(text)["city"], reason) == ("Paris", "stop")
    assert json.loads(clean.last()["body"])["toolConfig"]["toolChoice"] == {"any": {}}
