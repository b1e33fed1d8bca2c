"""What any gateway of `k8s/` does for its clients, whatever control plane made it. A stream in flight is asked of it, too, while something changes."""
import threading

import anthropic
import httpx
import openai

from cluster import wait_for

HI = [{"role": "user", "content": "Hi"}]
ANSWER = "Hello from the simulator."


class Gateway:
    """What is asked at its `url`."""

    def chat(self, model, messages=None, headers=None, **more):
        return httpx.post(f"{self.url}/v1/chat/completions", json={"model": model, "messages": messages or HI, **more}, headers=headers, timeout=30)

    def settled(self):
        """Waits until the one proxy serves."""

        def serves():
            try:
                return self.chat("gpt-4o").status_code == 200
            except httpx.HTTPError:
                return False

        wait_for(serves, "the gateway serves", 60)


class Stream:
    """A stream in flight: deltas, a tenth of a second apart."""

    def __init__(self, url, model="gpt-4o", events=40):
        self.url, self.model, self.events, self.lines, self.failed = url, f"{model}+events={events}+trickle=100", events, [], None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        wait_for(lambda: self.lines or self.failed, "the stream has begun")

    def _read(self):
        body = {"model": self.model, "messages": HI, "stream": True}
        try:
            with httpx.stream("POST", f"{self.url}/v1/chat/completions", json=body, timeout=30) as answer:
                self.lines.extend(line for line in answer.iter_lines() if line)
        except httpx.HTTPError as error:
            self.failed = error

    def is_running(self):
        return self.thread.is_alive()

    def whole(self):
        self.thread.join(60)
        assert self.failed is None and self.lines[-1] == "data: [DONE]", (self.failed, self.lines[-2:])
        return len(self.lines) > self.events


def answers_both_clients(url, model, stream):
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="callers", max_retries=0, timeout=20)
    answer = client.chat.completions.create(model=model, messages=HI, stream=stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices) if stream else answer.choices[0].message.content
    assert text == ANSWER
    client = anthropic.Anthropic(base_url=url, api_key="callers", max_retries=0, timeout=20)
    body = {"model": model, "max_tokens": 50, "messages": HI}
    if stream:
        with client.messages.stream(**body) as events:
            text = "".join(events.text_stream)
    else:
        text = client.messages.create(**body).content[0].text
    assert text == ANSWER


def takes_bodies_longer_than_its_buffers(gateway):
    long = [{"role": "user", "content": "x" * 3_000_000}]
    assert gateway.chat("gpt-4o", messages=long).status_code == 200
    assert gateway.chat("claude-sonnet-4-6", messages=long).status_code == 200
    answer = gateway.chat("gpt-4o", messages=[{"role": "user", "content": "x" * 17_000_000}])
    assert answer.status_code == 413 and "16777216" in answer.json()["error"]["message"]


def delivers_translated_answers_of_its_buffers_size(gateway):
    for size in (700_000, 1_040_000, 2_000_000):
        answer = gateway.chat(f"claude-sonnet-4-6+size={size}")
        assert answer.status_code == 200 and len(answer.json()["choices"][0]["message"]["content"]) == size


def refuses_a_model_without_a_target(gateway):
    answer = gateway.chat("unheard-of")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def lets_no_client_choose_its_target(gateway, providers):
    providers.clear()
    answer = httpx.post(f"{gateway.url}/v1/chat/completions", json={"model": "gpt-4o", "messages": HI}, headers={"x-weir-target": "anthropic"})
    assert answer.headers["x-weir-provider"] == "openai"
    assert httpx.get(f"{gateway.url}/elsewhere", headers={"x-weir-target": "openai"}).status_code == 404
    assert [asked["path"] for asked in providers.requests()] == ["/v1/chat/completions"]


def knows_models_with_a_slash(gateway):
    answer = httpx.get(f"{gateway.url}/v1/models/azure%2Fgpt-4o")
    assert (answer.status_code, answer.json()["id"]) == (200, "azure/gpt-4o")
