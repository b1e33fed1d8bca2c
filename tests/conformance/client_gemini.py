"""The published `google-genai` package as a client: generateContent, streamGenerateContent and countTokens."""
import httpx
from google import genai
from google.genai import errors, types

import gemini_facts
from facts import Failure, Facts


class Gemini:
    """A client at a base address; `http` stands in for the network, in the library that this package uses."""

    http = httpx

    def __init__(self, base, seconds, http=None):
        options = types.HttpOptions(base_url=base, api_version="v1beta", timeout=int(seconds * 1000), httpx_client=http)
        self.client = genai.Client(api_key="client-key", http_options=options)

    def chat(self, model, streaming, headers, strict, provider=""):
        """The facts that a client of generateContent is told."""
        config = types.GenerateContentConfig(http_options=types.HttpOptions(headers=headers), automatic_function_calling={"disable": True})
        events = []
        try:
            if streaming:
                for event in self.client.models.generate_content_stream(model=model, contents="Hello", config=config):
                    events.append(_body(event))
            else:
                events.append(_body(self.client.models.generate_content(model=model, contents="Hello", config=config)))
        except errors.APIError as error:
            return _failed(error, events)
        return gemini_facts.stream(events, listed=strict)

    def count_tokens(self, model, streaming, headers, strict, provider=""):
        """The facts that a client of countTokens is told."""
        config = types.CountTokensConfig(http_options=types.HttpOptions(headers=headers))
        try:
            return gemini_facts.counted(_body(self.client.models.count_tokens(model=model, contents="Hello", config=config)))
        except errors.APIError as error:
            return _failed(error, [])


def _body(response):
    return response.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"sdk_http_response", "parsed", "automatic_function_calling_history"})


def _failed(error, events):
    facts = gemini_facts.stream(events) if events else Facts()
    status = error.code if isinstance(error.code, int) and not events else None
    words = error.message or str(error.details)
    if isinstance(getattr(error, "response", None), httpx.Response):
        status = error.response.status_code if error.response.status_code >= 400 else None
    facts.error = Failure(status, words)
    return facts
