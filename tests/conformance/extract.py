"""The facts of a recording: which extraction reads which wire."""
import anthropic_facts
import bedrock_facts
import frames
import gemini_facts
import openai_facts
from facts import failure


def recorded(case):
    """The facts of a case's recorded answer; raises ValueError where the recording is broken."""
    if case.status >= 400:
        facts = openai_facts.Facts()
        facts.error = failure(case.status, case.body)
        return facts
    return read(case.wire, case.streaming, case.body, case.entry.provider)


def read(wire, streaming, body, provider=""):
    """The facts of an answer's bytes in this wire."""
    if wire in ("embeddings", "count_tokens", "countTokens"):
        reader = {"embeddings": openai_facts.embeddings, "count_tokens": anthropic_facts.counted, "countTokens": gemini_facts.counted}
        return reader[wire](frames.loads(body))
    if not streaming:
        return UNARY[wire](frames.loads(body), provider)
    if wire == "bedrock":
        return bedrock_facts.stream(frames.messages(body), provider)
    events = frames.invoke_events(body) if wire == "bedrock_anthropic" else frames.json_events(body)
    return STREAM[wire](events, provider)


UNARY = {
    "openai": openai_facts.answer,
    "completions": openai_facts.completion,
    "anthropic": anthropic_facts.answer,
    "bedrock_anthropic": anthropic_facts.answer,
    "gemini": gemini_facts.answer,
    "bedrock": bedrock_facts.answer,
}
STREAM = {
    "openai": openai_facts.stream,
    "completions": openai_facts.completions,
    "anthropic": anthropic_facts.stream,
    "bedrock_anthropic": anthropic_facts.stream,
    "gemini": gemini_facts.stream,
}
