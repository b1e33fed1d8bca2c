"""The published `anthropic` package as a client: messages and count_tokens."""
import anthropic
import httpx2
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

import anthropic_facts
import shape
from facts import Failure, Facts, Refused, failure, validate

WIRE_EVENTS = ("message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta", "content_block_stop", "ping", "error")
EVENT = TypeAdapter(RawMessageStreamEvent)


class Anthropic:
    """A client at a base address; `http` stands in for the network, in the library that this package uses."""

    http = httpx2

    def __init__(self, base, seconds, http=None):
        self.client = anthropic.Anthropic(base_url=base, api_key="sk-ant-client", max_retries=0, timeout=seconds, http_client=http)

    def chat(self, model, streaming, headers, strict, provider=""):
        """The facts that a Messages client is told; `strict` checks every type that the package declares."""
        asked = dict(model=model, max_tokens=1024, messages=[{"role": "user", "content": "Hello"}], extra_headers=headers)
        try:
            if streaming:
                return self._stream(asked, strict)
            body = self.client.messages.create(**asked).to_dict()
        except anthropic.APIStatusError as error:
            return _failed(error)
        facts = anthropic_facts.answer(body)
        if strict:
            validate(facts, Message.model_validate, body)
        return facts

    def count_tokens(self, model, streaming, headers, strict, provider=""):
        """The facts that a client of count_tokens is told."""
        try:
            asked = dict(model=model, messages=[{"role": "user", "content": "Hello"}], extra_headers=headers)
            return anthropic_facts.counted(self.client.messages.count_tokens(**asked).to_dict())
        except anthropic.APIStatusError as error:
            return _failed(error)

    def _stream(self, asked, strict):
        events, words = [], None
        try:
            with self.client.messages.stream(**asked) as stream:
                for event in stream:
                    if event.type in WIRE_EVENTS:
                        events.append(event.to_dict())
                message = stream.get_final_message()
        except anthropic.APIStatusError as error:
            if error.status_code >= 400 and not events:
                raise
            words = _words(error)
        except anthropic.APIError as error:
            words = _words(error)
        facts = anthropic_facts.stream(events)
        if words is not None:
            facts.error = Failure(None, words)
            return facts
        if strict:
            validate(facts, shape.anthropic, events)
            validate(facts, EVENT.validate_python, *(_without_derived(event) for event in events))
        whole = "".join(block.text for block in message.content if block.type == "text")
        if whole != facts.choices[0].text:
            raise Refused(f"the package accumulates {whole[:80]!r} where the events say {facts.choices[0].text[:80]!r}")
        return facts


def _without_derived(event):
    """An event without what the package's helper added to it."""
    return {key: value for key, value in event.items() if key not in ("snapshot",) and not (key == "content_block" and event["type"].endswith("stop"))}


def _words(error):
    return f"{error.message} {error.body if error.body is not None else ''}"


def _failed(error):
    facts = Facts()
    facts.error = failure(error.status_code, error.response.content)
    return facts
