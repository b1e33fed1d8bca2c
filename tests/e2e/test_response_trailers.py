"""Answers that end with trailers: no body callback says that the body is whole."""
import json
import socket
import threading
from types import SimpleNamespace

import anthropic
import httpx
import openai
import pytest

EVENTS = [
    {"candidates": [{"content": {"parts": [{"text": "Hello"}]}}], "responseId": "r"},
    {"candidates": [{"content": {"parts": [{"text": " there"}]}, "finishReason": "STOP"}]},
    {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}},
]
TRAILERS = [("explicit_http_config: {http_protocol_options: {}}", "explicit_http_config: {http_protocol_options: {enable_trailers: true}}")]


@pytest.fixture(scope="module")
def provider():
    """A provider whose streams end with trailers."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection):
        with connection:
            got = b""
            while b"\r\n\r\n" not in got:
                got += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n")
            for event in EVENTS:
                data = b"data: " + json.dumps(event).encode() + b"\n\n"
                connection.sendall(b"%x\r\n%b\r\n" % (len(data), data))
            connection.sendall(b"0\r\nx-checksum: 7\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield SimpleNamespace(port=server.getsockname()[1])
    server.close()


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("fallback", ["", "\n                  fallback: {first_event_timeout: 10s}"], ids=["flow", "held"])
def test_a_stream_has_its_end(gateways, provider, old, fallback):
    changes = [*TRAILERS, ("port_value: 18080", f"port_value: {provider.port}"), ("stage: attempt", "stage: attempt" + fallback)]
    gate = gateways("gemini.yaml", changes, old)
    mark = gate.mark()
    chunks = list(openai.OpenAI(base_url=f"{gate.url}/v1", api_key="x", max_retries=0).chat.completions.create(
        model="gemini-2.5-flash", messages=[{"role": "user", "content": "Hi"}], stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello there"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 5
    entry = gate.entry(mark)
    assert (entry["status"], entry["outcome"], entry["total_tokens"], entry["finish_reason"]) == (200, "ok", "5", "stop")
    client = anthropic.Anthropic(base_url=gate.url, api_key="x", max_retries=0)
    with client.messages.stream(model="gemini-2.5-flash", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream:
        message = stream.get_final_message()
    assert (message.content[0].text, message.stop_reason, message.usage.output_tokens) == ("Hello there", "end_turn", 2)
    raw = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "Hi"}], "stream": True})
    assert raw.text.endswith("data: [DONE]\n\n")
