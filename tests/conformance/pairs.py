"""Judging one pair: a case, and the client wire that is told it or the request that is sent anew."""
import json
import signal
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import httpx

import compare
import extract
import frames
import gemini_facts
import requesting
import rules
import shape
import skips
from client_anthropic import Anthropic
from client_gemini import Gemini
from client_openai import OpenAi
from corpus import Case
from envoy import ASKED, FORCED, SENT
from facts import Facts, Refused, failure
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
    try:
        case = Case(root, entry, found.wire)
        if not found.has(case):
            return []
        requests = [REQUEST] if found.own and case.has_request else []
    except Exception:
        # What is wrong with the case shows where it is judged.
        requests = []
    if requests and case.request and "force_translate" in BUILT and found.own in requesting.TRANSLATED:
        requests.append(REQUEST_FORCED)
    return inbounds(found, entry.streaming, wanted) + [name for name in requests if not wanted or name in wanted]


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
        except Refused as error:
            verdict.differences.append(("accepted", str(error)[:400]))
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
        same = verdict.inbound.removesuffix("_array") == found.own
        headers = _headers(verdict, case, found.target)
        if not want.error:
            verdict.settlement = {"usage": want.usage, "model": case.model, "target": found.target}
        inbound = verdict.inbound.removesuffix("_array")
        got = self._array(case, headers, same) if verdict.inbound == "gemini_array" else self._told(verdict, case, found, headers, same)
        if got:
            verdict.differences += compare.differences(compare.expected(want, inbound, same), got, inbound, same)
        if verdict.inbound == "openai" and case.streaming and not want.error:
            # The same stream once more, to a client that does not ask for usage; the log has the first.
            shape.unasked(self.clients["openai"].unasked(case.model, {**headers, "x-conformance-id": verdict.pair + "-unasked"}))

    def _told(self, verdict, case, found, headers, same):
        """What the published package is told, or None where it refuses."""
        maker, method = CLIENTS[verdict.inbound]
        asked = (case.model, case.streaming, headers, not same, case.entry.provider if same else "")
        try:
            return getattr(self.clients[maker], method)(*asked)
        except Exception as error:
            if same and self._refuses_recording(case, maker, method, asked):
                # The package does not take what this provider itself answers: its bytes are compared instead.
                return self._raw(case, found, headers)
            verdict.differences.append(("accepted", f"{type(error).__name__}: {str(error)[:400]}"))
            return None

    def _array(self, case, headers, same):
        """What Google's older clients are told of a stream: one JSON array."""
        path = f"/v1beta/models/{quote(case.model, safe='')}:streamGenerateContent"
        body = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
        answer = self.http.post(self.gateway + path, json=body, headers={"x-goog-api-key": "client-key", **headers})
        if answer.status_code >= 400:
            facts = Facts()
            facts.error = failure(answer.status_code, answer.content)
            return facts
        events = frames.loads(answer.content)
        if not isinstance(events, list):
            raise ValueError(f"no array: {answer.text[:200]}")
        return gemini_facts.stream(events, listed=not same)

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

    def _raw(self, case, found, headers):
        path, body, own = requesting.hello(found.own, case)
        answer = self.http.post(self.gateway + path, json=body, headers={**own, **headers})
        return extract.read(found.own, case.streaming, answer.content, case.entry.provider)

    def _request(self, verdict, case, found, forced):
        verdict.skipped = skips.of_request(case) or ""
        if verdict.skipped:
            return
        asked = case.model if forced else ASKED + case.model
        path, body, own = requesting.recorded(found, case, asked)
        headers = {**own, **_headers(verdict, case, found.target + (FORCED if forced else "")), "x-conformance-record": "1"}
        answer = self.http.post(self.gateway + path, content=json.dumps(body, ensure_ascii=False).encode(), headers=headers)
        seen = self.http.get(f"http://127.0.0.1:{self.provider}/__seen", params={"id": verdict.pair}).json()
        if not seen:
            if forced and 400 <= case.status < 500 and answer.status_code == case.status:
                # What the provider refused was refused before it.
                return
            verdict.differences.append(("request", f"did not reach the provider: {answer.status_code} {answer.text[:300]}"))
            return
        arrived = json.loads(seen["body"])
        sent_on = case.model if forced else SENT + case.model
        if arrived.get("model", sent_on) != sent_on or ("model" not in arrived and sent_on not in unquote(seen["path"])):
            verdict.differences.append(("model", f"{asked} was sent on as {arrived.get('model')} to {seen['path']}"))
        for path, before, after in rules.differences(found, forced, case.request, arrived):
            verdict.differences.append(("request", f"{'.'.join(map(str, path))}: {_short(before)} became {_short(after)}"))


def _overdue(_signal, _frame):
    raise TimeoutError(f"the pair took longer than {PAIR_SECONDS} s")


def _headers(verdict, case, target):
    """What tells the fake provider and the access log which pair this is."""
    return {
        "x-conformance-id": verdict.pair,
        "x-conformance-case": case.entry.file,
        "x-conformance-inbound": verdict.inbound,
        "x-conformance-target": target,
    }


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else text[:120] + " … " + text[-70:]
