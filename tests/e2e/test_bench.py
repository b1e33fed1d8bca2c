"""`make bench` in small: the report has its rows, answers are looked at, and the books are compared. No times are judged."""
import json
import os
import subprocess
import sys

import pytest

from gateway import ROOT

sys.path.insert(0, str(ROOT / "tests/bench"))
import answers
import check
from figures import Figures
from gateways import BARE

FIELDS = ["gateway", "workload", "metric", "unit", "median", "min", "max", "ratio_to_bare"]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux") or len(os.sched_getaffinity(0)) < 2, reason="two cores of a Linux")


def test_a_run_has_its_rows_and_the_books_agree(tmp_path):
    env = {
        **os.environ, "BENCH_ROUNDS": "1", "BENCH_SECONDS": "0.2", "BENCH_REPORTS": str(tmp_path), "BENCH_GATEWAYS": "weir_openai,weir_bedrock",
        "BENCH_WORKLOADS": "unary_1k.c16.h2,stream_at_once.c16.h1,first_event",
    }
    env.setdefault("WEIR_WASM", str(ROOT / "target/weir.wasm"))
    env.setdefault("WEIR_LOAD", str(ROOT / "target/release/weir-bench-load"))
    env.setdefault("WEIR_NOOP", str(ROOT / "target/wasm32-wasip1/release/weir_bench_noop.wasm"))
    done = subprocess.run([sys.executable, ROOT / "tests/bench/bench.py"], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert all(list(row) == FIELDS for row in rows)
    found = {(row["gateway"], row["workload"], row["metric"]) for row in rows}
    wanted = [("unary_1k.c16.h2", "cpu_us_per_request"), ("unary_1k.c16.h2", "requests_per_s"), ("stream_at_once.c16.h1", "cpu_us_per_event"),
              ("stream_at_once.c16.h1", "events_per_s"), ("first_event", "first_event_p50_us")]
    for gateway in (BARE, "weir_openai", "weir_bedrock"):
        assert {(gateway, *figure) for figure in wanted} <= found, done.stdout[-3000:]
    assert all(row["min"] <= row["median"] <= row["max"] and row["median"] > 0 for row in rows if "added" not in row["metric"])
    assert [row["ratio_to_bare"] for row in rows if row["gateway"] == BARE] == [1.0] * sum(row["gateway"] == BARE for row in rows)
    assert "weir: the provider served" in done.stdout and "MISSING" not in done.stdout
    assert "| Weir, OpenAI to OpenAI, two stages |" in (tmp_path / "bench.md").read_text()


class Books:
    """A load generator that served so much, and a gateway that settled so much."""

    name, provider_port = "weir", 1

    def __init__(self, served, settled, unknown=0):
        self.served = lambda port: (served, unknown)
        self.settled = lambda: settled


def test_books_that_do_not_agree_are_told():
    one = {"openai": {"requests": 1, "input_tokens": 12, "output_tokens": 4}}
    less = {"openai": {"requests": 1, "input_tokens": 12, "output_tokens": 3}}
    for served, settled, unknown, agree in [(one, one, 0, True), (one, less, 0, False), (one, {}, 0, False), ({}, one, 0, False), (one, one, 2, False)]:
        books = Books(served, settled, unknown)
        problems, _ = check.settled(books, books)
        assert (not problems) == agree, (served, settled, unknown, problems)


def chunks(texts, finish="stop"):
    events = [{"choices": [{"delta": {"content": text}, "finish_reason": None}]} for text in texts]
    events.append({"choices": [{"delta": {}, "finish_reason": finish}]})
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()


def test_wrong_answers_are_noticed():
    good = [f"word{index} " for index in range(3)]
    done = b"data: [DONE]\n\n"
    check.streamed(chunks(good) + done, 3)
    for body in [chunks(good), chunks(good[:2]) + done, chunks(["".join(good)]) + done, chunks(good, "length") + done, b""]:
        with pytest.raises(check.Wrong):
            check.streamed(body, 3)
    unary = {"choices": [{"message": {"content": answers.TEXT}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12}}
    check.unary(json.dumps(unary).encode())
    unary["choices"][0]["message"]["content"] += "!"
    with pytest.raises(check.Wrong):
        check.unary(json.dumps(unary).encode())


def test_figures_stand_beside_bare_envoys_of_the_same_round():
    figures = Figures()
    for number, (bare, weir) in enumerate([(10, 20), (20, 30), (40, 100)]):
        figures.add(BARE, "unary_1k.c16.h1", "cpu_us_per_request", "µs", number, bare)
        figures.add("weir_openai", "unary_1k.c16.h1", "cpu_us_per_request", "µs", number, weir)
        figures.add(BARE, "fresh_process", "startup_s", "s", number, 0.1)
        figures.add("weir_openai", "fresh_process", "startup_s", "s", number, 0.4)
    figures.close()
    row = figures.get("weir_openai", "unary_1k.c16.h1", "cpu_us_per_request")
    assert (row.median(), row.ratio(), row.met()) == (30, 2.0, False)
    added = figures.get("weir_openai", "fresh_process", "startup_added_s")
    assert added.median() == pytest.approx(0.3) and added.met()
    assert [miss.split(":")[0] for miss in figures.misses()] == ["weir_openai unary_1k.c16.h1 cpu_us_per_request"]


@pytest.mark.parametrize("kind,mark", [("text/event-stream", b"\n\n"), ("text/event-stream", b"\r\n\r\n"), ("application/vnd.amazon.eventstream", None)])
def test_events_are_cut_where_they_end(kind, mark):
    if mark:
        events = [b"data: one" + mark, b"data: two" + mark]
    else:
        events = [(16).to_bytes(4, "big") + b"x" * 12, (20).to_bytes(4, "big") + b"y" * 16]
    assert answers.cuts(b"".join(events), kind) == [len(events[0]), len(events[0]) + len(events[1])]
