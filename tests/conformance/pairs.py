"""Judging one pair: a case, and the client wire that is told it or the request that is sent anew."""
import json
import signal
from dataclasses import dataclass, field

import httpx

import compare
import extract
import rules
import skips
from client_anthropic import Anthropic
from client_gemini import Gemini
from client_openai import OpenAi, Refused
from corpus import Case
from envoy import ASKED, FORCED, SENT
from families import BUILT, family, inbounds

REQUEST_SECONDS = 15
PAIR_SECONDS = 40
# A client wire's own operation at an answer: (client, method).
CLIENTS = {
    "openai": ("openai", "chat"),
    "completions": ("openai", "completions"),
    "embeddings": ("openai", "embeddings"),
    "anthropic": ("anthropic", "chat"),
    "count_tokens": ("anthropic", "count_tokens"),
    "gemini": ("gemini", "chat"),
    "countTokens": ("gemini", "count_tokens"),
}
MAKE = {"openai": OpenAi, "anthropic": Anthropic, "gemini": Gemini}
REQUEST, REQUEST_FORCED = "request", "request_forced"
# Where a client of each wire sends its requests.
PATHS = {
    "openai": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "anthropic": "/v1/messages",
    "count_tokens": "/v1/messages/count_tokens",
}


@dataclass
class Verdict:
    """How a pair ended: `skipped` with a reason, or the differences that were found; no difference is a pass."""

    pair: str
    file: str
    inbound: str
    skipped: str = ""
    differences: list = field(default_factory=list)
    # What the access log must say, where it is asked.
    settlement: object = None


def pairs(entry, wanted, root):
    """The pairs of a case, by name: each client wire, and its request where the recording is of a whole exchange."""
    found = family(entry.provider, entry.operation)
    if found is None:
        return []
    names = inbounds(found, wanted)
    if found.own and not (wanted and REQUEST not in wanted) and Case(root, entry, found.wire).has_request:
        names.append(REQUEST)
        if "force_translate" in BUILT and found.own in ("openai", "anthropic", "gemini"):
            names.append(REQUEST_FORCED)
    return names


class Judge:
    """Judges pairs in one process, against one gateway."""

    def __init__(self, root, gateway, provider):
        self.root, self.gateway, self.provider = root, gateway, provider
        self.clients = {name: make(gateway, REQUEST_SECONDS) for name, make in MAKE.items() if name != "gemini" or "gemini_clients" in BUILT}
        self.http = httpx.Client(timeout=REQUEST_SECONDS, limits=httpx.Limits(max_keepalive_connections=4))

    def judge(self, number, entry, inbound):
        """The verdict; whatever goes wrong is a difference of this pair, and nothing takes longer than its time."""
        verdict = Verdict(str(number), entry.file, inbound)
        signal.signal(signal.SIGALRM, _overdue)
        signal.setitimer(signal.ITIMER_REAL, PAIR_SECONDS)
        try:
            found = family(entry.provider, entry.operation)
            case = Case(self.root, entry, found.wire)
            if inbound in (REQUEST, REQUEST_FORCED):
                self._request(verdict, case, found, inbound == REQUEST_FORCED)
            else:
                self._answer(verdict, case, found)
        except Exception as error:
            verdict.differences.append(("harness", f"{type(error).__name__}: {str(error)[:400]}"))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return verdict

    def _answer(self, verdict, case, found):
        verdict.skipped = skips.of_answer(case) or ""
        if verdict.skipped:
            return
        want = extract.recorded(case)
        same = verdict.inbound == found.own
        headers = _headers(verdict.pair, case, found.target)
        maker, method = CLIENTS[verdict.inbound]
        asked = (case.model, case.streaming, headers, not same, case.entry.provider if same else "")
        if not want.error:
            verdict.settlement = {"usage": want.usage, "model": case.model, "target": found.target}
        try:
            got = getattr(self.clients[maker], method)(*asked)
        except Exception as error:
            if not same or not self._refuses_recording(case, maker, method, asked):
                verdict.differences.append(("accepted", f"{type(error).__name__}: {str(error)[:400]}"))
                return
            # The package does not take what this provider itself answers: its bytes are compared instead.
            got = self._raw(case, verdict, found)
        told = compare.expected(want, verdict.inbound, same)
        verdict.differences += compare.differences(told, got, verdict.inbound, same)

    def _refuses_recording(self, case, maker, method, asked):
        """Whether the package fails on the recording itself, without a gateway between."""

        http = MAKE[maker].http

        def answer(request):
            return http.Response(case.status, headers={"content-type": case.content_type}, content=case.body)

        client = MAKE[maker]("http://recording.test", REQUEST_SECONDS, http.Client(transport=http.MockTransport(answer)))
        try:
            getattr(client, method)(*asked)
            return False
        except Exception:
            return True

    def _raw(self, case, verdict, found):
        body = {"model": case.model, "stream": case.streaming, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1024}
        if case.streaming and found.own == "openai":
            body["stream_options"] = {"include_usage": True}
        answer = self.http.post(self.gateway + PATHS[found.own], json=body, headers=_headers(verdict.pair, case, found.target))
        return extract.read(found.own, case.streaming, answer.content, case.entry.provider)

    def _request(self, verdict, case, found, forced):
        verdict.skipped = skips.of_request(case) or ""
        if verdict.skipped:
            return
        headers = {**_headers(verdict.pair, case, found.target + (FORCED if forced else "")), "x-conformance-record": "1"}
        for name in ("anthropic-version", "anthropic-beta"):
            if name in case.request_headers:
                headers[name] = case.request_headers[name]
        if found.own in ("anthropic", "count_tokens"):
            headers.setdefault("anthropic-version", "2023-06-01")
        body, path = dict(case.request), PATHS.get(found.own)
        asked = case.model if forced else ASKED + case.model
        if path:
            body["model"] = asked
        else:
            method = "countTokens" if found.own == "countTokens" else "streamGenerateContent" if case.streaming else "generateContent"
            path = f"/v1beta/models/{asked}:{method}" + ("?alt=sse" if case.streaming else "")
        sent = json.dumps(body, ensure_ascii=False).encode()
        answer = self.http.post(self.gateway + path, content=sent, headers={"content-type": "application/json", **headers})
        seen = self.http.get(f"http://127.0.0.1:{self.provider}/__seen", params={"id": verdict.pair}).json()
        if not seen:
            verdict.differences.append(("request", f"did not reach the provider: {answer.status_code} {answer.text[:300]}"))
            return
        arrived = json.loads(seen["body"])
        if not forced and arrived.get("model") not in (SENT + case.model, None):
            verdict.differences.append(("model", f"{asked} was sent on as {arrived.get('model')}"))
        for path, before, after in rules.differences(body, arrived):
            if not rules.excused(found.own, forced, path, before, after, body):
                verdict.differences.append(("request", f"{'.'.join(map(str, path))}: {_short(before)} became {_short(after)}"))


def _overdue(_signal, _frame):
    raise TimeoutError(f"the pair took longer than {PAIR_SECONDS} s")


def _headers(pair, case, target):
    return {"x-conformance-id": pair, "x-conformance-case": case.entry.file, "x-conformance-target": target}


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else text[:120] + " … " + text[-70:]
