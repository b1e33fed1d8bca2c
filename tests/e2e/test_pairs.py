"""Every client's wire to every provider, unary and streamed, with the clients' own packages: text, usage, calls, errors."""
import copy
import json

import anthropic
import openai
import pytest
import yaml
from google import genai
from google.genai import errors, types

from gateway import Gateway, example

GOOGLE = {"project": "p", "location": "us-east5"}
PROVIDERS = {
    "openai": {},
    "azure_openai": {"host": "r.openai.azure.com", "api_version": "2024-10-21"},
    "azure_ai_foundry": {"host": "r.services.ai.azure.com"},
    "openai_compatible": {"host": "llm.test"},
    "anthropic": {},
    "foundry_anthropic": {"host": "r.services.ai.azure.com"},
    "vertex_anthropic": GOOGLE,
    "bedrock_anthropic": {"region": "us-east-1"},
    "gemini": {},
    "vertex_ai": GOOGLE,
    "bedrock": {"region": "us-east-1"},
}
MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash", "vertex_ai": "gemini-2.5-flash", "bedrock": "us.amazon.nova-pro-v1:0"}
CALLERS = ["openai", "completions", "anthropic", "gemini"]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture(scope="module", params=["two stages", "inline"])
def gate(request, sim):
    config = yaml.safe_load(example("minimal.yaml" if request.param == "two stages" else "inline.yaml"))
    manager = config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    edge = manager["http_filters"][0]["typed_config"]["config"]["configuration"]["value"]
    edge["models"] = [{"name": f"{name}/*", "target": name} for name in PROVIDERS]
    providers = []
    for name, more in PROVIDERS.items():
        auth = {"key": "k3y"}
        providers.append({"provider": name, "match": {"cluster": name}, "models": {f"{name}/*": "*"}, "auth": auth, **more})
    clusters = config["static_resources"]["clusters"]
    first = clusters[0]
    if request.param == "inline":
        edge["providers"] = providers
    else:
        options = first["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
        options["http_filters"][0]["typed_config"]["config"]["configuration"]["value"]["providers"] = providers
    config["static_resources"]["clusters"] = [{**copy.deepcopy(first), "name": name} for name in PROVIDERS]
    host = manager["route_config"]["virtual_hosts"][0]
    route = {"timeout": "0s"}
    matches = [{"match": {"prefix": "/", "filter_state": [{"key": "wasm.weir.target", "string_match": {"exact": name}}]}, "route": {"cluster": name, **route}} for name in PROVIDERS]
    host["routes"] = [*matches, host["routes"][-1]]
    gateway = Gateway(yaml.safe_dump(config, width=10**6, sort_keys=False), sim)
    yield gateway
    log = gateway.log()
    gateway.stop()
    assert "panicked" not in log and "unexpected status" not in log


def model(provider, options=""):
    wire = "anthropic" if provider.endswith("anthropic") else provider
    return f"{provider}/{MODELS.get(wire, 'gpt-4o')}{options}"


class Answer:
    def __init__(self, text="", calls=(), finish=None, usage=None):
        self.text, self.calls, self.finish, self.usage = text, list(calls), finish, usage


def ask_openai(gate, name, stream, tools):
    client = openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20)
    body = {"model": name, "max_tokens": 100, "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "naïve ☃"}]}
    if tools:
        body |= {"tools": [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}], "tool_choice": "required"}
    if not stream:
        answer = client.chat.completions.create(**body)
        message = answer.choices[0].message
        calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
        usage = (answer.usage.prompt_tokens, answer.usage.completion_tokens)
        return Answer(message.content or "", calls, answer.choices[0].finish_reason, usage)
    text, calls, finish, usage = "", {}, None, None
    for chunk in client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **body):
        usage = chunk.usage and (chunk.usage.prompt_tokens, chunk.usage.completion_tokens) or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, ["", ""])
                known[0] += call.function.name or ""
                known[1] += call.function.arguments or ""
    return Answer(text, [(name, json.loads(arguments)) for name, arguments in calls.values()], finish, usage)


def ask_completions(gate, name, stream, tools):
    client = openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20)
    if not stream:
        answer = client.completions.create(model=name, prompt="naïve ☃", max_tokens=100)
        return Answer(answer.choices[0].text, [], answer.choices[0].finish_reason, (answer.usage.prompt_tokens, answer.usage.completion_tokens))
    text, finish, usage = "", None, None
    for chunk in client.completions.create(model=name, prompt="naïve ☃", max_tokens=100, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage and (chunk.usage.prompt_tokens, chunk.usage.completion_tokens) or usage
        for choice in chunk.choices:
            text += choice.text
            finish = choice.finish_reason or finish
    return Answer(text, [], finish, usage)


def ask_anthropic(gate, name, stream, tools):
    client = anthropic.Anthropic(base_url=gate.url, api_key="sk-caller", max_retries=0, timeout=20)
    body = {"model": name, "max_tokens": 100, "system": "Be brief.", "messages": [{"role": "user", "content": "naïve ☃"}]}
    if tools:
        body |= {"tools": [{"name": "get_weather", "input_schema": SCHEMA}], "tool_choice": {"type": "any"}}
    if stream:
        with client.messages.stream(**body) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**body)
    text = "".join(block.text for block in answer.content if block.type == "text")
    calls = [(block.name, block.input) for block in answer.content if block.type == "tool_use"]
    return Answer(text, calls, answer.stop_reason, (answer.usage.input_tokens, answer.usage.output_tokens))


def ask_gemini(gate, name, stream, tools):
    client = genai.Client(api_key="sk-caller", http_options=types.HttpOptions(base_url=gate.url, timeout=20000))
    config = {"system_instruction": "Be brief.", "max_output_tokens": 100, "automatic_function_calling": {"disable": True}}
    if tools:
        config |= {"tools": [{"function_declarations": [{"name": "get_weather", "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}}]}], "tool_config": {"function_calling_config": {"mode": "ANY"}}}
    arguments = {"model": name, "contents": "naïve ☃", "config": config}
    answers = list(client.models.generate_content_stream(**arguments)) if stream else [client.models.generate_content(**arguments)]
    text, calls, finish, usage = "", [], None, None
    for answer in answers:
        if answer.usage_metadata:
            usage = (answer.usage_metadata.prompt_token_count or 0, answer.usage_metadata.candidates_token_count or 0)
        for candidate in answer.candidates or []:
            finish = candidate.finish_reason and candidate.finish_reason.value or finish
            for part in (candidate.content and candidate.content.parts) or []:
                text += part.text or ""
                if part.function_call:
                    calls.append((part.function_call.name, part.function_call.args))
    return Answer(text, calls, finish, usage)


ASK = {"openai": ask_openai, "completions": ask_completions, "anthropic": ask_anthropic, "gemini": ask_gemini}
STOP = {"openai": "stop", "completions": "stop", "anthropic": "end_turn", "gemini": "STOP"}
CALLED = {"openai": "tool_calls", "anthropic": "tool_use", "gemini": "STOP"}


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
def test_text_and_usage(gate, caller, provider, stream):
    mark = gate.mark()
    answer = ASK[caller](gate, model(provider, "+reply=naïve_☃_said+input=21+output=8"), stream, False)
    assert (answer.text, answer.finish, answer.usage) == ("naïve ☃ said", STOP[caller], (21, 8))
    entry = gate.entry(mark)
    assert (entry["provider"], entry["input_tokens"], entry["output_tokens"], entry["usage_source"], entry["outcome"]) == (provider, "21", "8", "provider", "ok")


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "completions"])
def test_calls(gate, caller, provider, stream):
    answer = ASK[caller](gate, model(provider, "+tools=2"), stream, True)
    assert [(name, arguments["number"]) for name, arguments in answer.calls] == [("get_weather", 0), ("get_weather", 1)]
    assert answer.finish == CALLED[caller]


FAILURES = (openai.APIStatusError, anthropic.APIStatusError, errors.APIError)


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
def test_errors(gate, caller, provider, stream):
    with pytest.raises(FAILURES) as failure:
        ASK[caller](gate, model(provider, "+status=429"), stream, False)
    status = getattr(failure.value, "status_code", None) or failure.value.code
    assert status == 429 and "simulated error 429" in str(failure.value)
