"""The published `openai` package as a client: chat completions, completions and embeddings."""
import httpx2
import openai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

import openai_facts
import shape
from facts import Failure, Facts, Refused, failure, validate


class OpenAi:
    """A client at a base address; `http` stands in for the network, in the library that this package uses."""

    http = httpx2

    def __init__(self, base, seconds, http=None):
        self.client = openai.OpenAI(base_url=base + "/v1", api_key="sk-client", max_retries=0, timeout=seconds, http_client=http)

    def chat(self, model, streaming, headers, strict, provider=""):
        """The facts that a chat client is told; `strict` checks every type that the package declares."""
        asked = dict(model=model, messages=[{"role": "user", "content": "Hello"}], extra_headers=headers)
        if not streaming:
            return self._unary(lambda: self.client.chat.completions.create(**asked), openai_facts.answer, ChatCompletion, strict, provider)
        options = {"include_usage": True}
        return self._stream(
            lambda: self.client.chat.completions.create(**asked, stream=True, stream_options=options), openai_facts.stream, strict, provider
        )

    def unasked(self, model, headers):
        """What a client is told of a stream whose usage it did not ask for."""
        asked = dict(model=model, messages=[{"role": "user", "content": "Hello"}], extra_headers=headers, stream=True)
        try:
            return [chunk.to_dict() for chunk in self.client.chat.completions.create(**asked) if chunk is not None]
        except openai.APIError:
            return []

    def completions(self, model, streaming, headers, strict, provider=""):
        """The facts that a client of legacy completions is told."""
        asked = dict(model=model, prompt="Hello", extra_headers=headers)
        if not streaming:
            return self._unary(lambda: self.client.completions.create(**asked), openai_facts.completion, None, strict, provider)
        asked["stream_options"] = {"include_usage": True}
        return self._stream(lambda: self.client.completions.create(**asked, stream=True), openai_facts.completions, False, provider)

    def embeddings(self, model, streaming, headers, strict, provider=""):
        """The facts that a client of embeddings is told."""
        asked = dict(model=model, input="Hello", encoding_format="float", extra_headers=headers)
        return self._unary(lambda: self.client.embeddings.create(**asked), lambda body, _: openai_facts.embeddings(body), None, strict, provider)

    def _unary(self, call, extract, declared, strict, provider):
        try:
            body = call().to_dict()
        except openai.APIStatusError as error:
            return _failed(error)
        except openai.APIError as error:
            return _told(error)
        facts = extract(body, provider)
        if declared and strict and not body.get("error"):
            validate(facts, declared.model_validate, body)
        return facts

    def _stream(self, call, extract, strict, provider):
        events, state, words = [], ChatCompletionStreamState(), None
        try:
            for chunk in call():
                if chunk is None:
                    raise Refused("an event is `null`")
                events.append(chunk.to_dict())
                if extract is openai_facts.stream:
                    list(state.handle_chunk(chunk))
        except openai.APIStatusError as error:
            return _failed(error)
        except openai.APIError as error:
            words = _words(error)
        facts = extract(events, provider)
        if words is not None:
            facts.error = Failure(None, words)
        elif extract is openai_facts.stream and facts.choices:
            _accumulated(state, facts)
        if strict and extract is openai_facts.stream and not facts.error:
            validate(facts, ChatCompletionChunk.model_validate, *events)
            validate(facts, shape.openai, events)
        return facts


def _accumulated(state, facts):
    """What the package itself makes of the chunks must be the same answer."""
    whole = state.current_completion_snapshot
    for choice in whole.choices:
        text = choice.message.content or ""
        if isinstance(text, str) and choice.index in facts.choices and text != facts.choices[choice.index].text:
            raise Refused(f"the package accumulates {text[:80]!r} where the chunks say {facts.choices[choice.index].text[:80]!r}")


def _words(error):
    return f"{error.message} {error.body if error.body is not None else ''}"


def _told(error):
    facts = Facts()
    facts.error = Failure(None, _words(error))
    return facts


def _failed(error):
    facts = Facts()
    facts.error = failure(error.status_code, error.response.content)
    return facts
