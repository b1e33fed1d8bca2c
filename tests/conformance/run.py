#!/usr/bin/env python3
"""Replays the recorded corpus through a real Envoy with Weir and compares what clients, providers and the log are told."""
import multiprocessing
import os
import random
import sys
import time
import warnings

import bars
import corpus
import report
import settlement
from envoy import FORCED, Envoy
from families import family
from mutate import mutated
from pairs import REQUEST, REQUEST_FORCED, Judge, Verdict, pairs
from replay import Replay

SECONDS_BASE = 180
SECONDS_A_PAIR = 0.2
# A worker answers within a pair's time: longer without any answer, and one is lost.
SECONDS_STILL = 120
JUDGE = None
# The checks that a change must be noticed by.
CAUGHT_BY = {
    "text": ("text",),
    "arguments": ("arguments",),
    "finish": ("finish",),
    "token": ("usage", "settlement"),
    "error": ("error",),
    "vector": ("data",),
    "count": ("data",),
}


def begin(root, gateway, provider):
    """Makes a worker's judge."""
    global JUDGE
    warnings.filterwarnings("ignore")
    JUDGE = Judge(root, gateway, provider)


def work(task):
    """Judges one pair in a worker."""
    return JUDGE.judge(*task)


def verdicts(tasks, arguments, jobs, seconds):
    """Every task's verdict; tasks that the time does not reach are failures."""
    end, done = time.monotonic() + seconds, {}
    with multiprocessing.get_context("spawn").Pool(jobs, begin, arguments) as pool:
        results = pool.imap_unordered(work, tasks)
        try:
            while len(done) < len(tasks):
                verdict = results.next(timeout=max(min(end - time.monotonic(), SECONDS_STILL), 0.1))
                done[verdict.pair] = verdict
                if sys.stderr.isatty() and len(done) % 50 == 0:
                    print(f"\r{len(done)}/{len(tasks)}", end="", file=sys.stderr)
        except multiprocessing.TimeoutError:
            pool.terminate()
    for number, entry, inbound in tasks:
        if str(number) not in done:
            done[str(number)] = Verdict(str(number), entry.file, inbound, differences=[("time", f"not judged within {seconds:.0f} s, or its process was lost")])
    return [done[str(number)] for number, _, _ in tasks]


def settle(found, settled):
    """Adds what the access log says to the verdicts; Envoy writes the log a moment after the answers."""
    end = time.monotonic() + 10
    asked = [verdict for verdict in found if verdict.settlement]
    while time.monotonic() < end and any(verdict.pair not in settled for verdict in asked):
        time.sleep(0.05)
    for verdict in asked:
        verdict.differences += settlement.differences(verdict.settlement, settled.get(verdict.pair))


def tasks_of(root, entries):
    """Every `(number, entry, inbound)` to judge."""
    wanted = {name for name in os.environ.get("INBOUND", "").split(",") if name}
    found = [(entry, inbound) for entry in entries for inbound in pairs(entry, wanted, root)]
    return [(number, *pair) for number, pair in enumerate(found)]


def judged(root, entries, tasks, seed, falsify):
    """Every task's verdict, and the lines of Envoy's log that tell of a crash."""
    jobs = int(os.environ.get("JOBS") or 4)
    replay = Replay(root, entries, seed, falsify)
    names = {family(entry.provider, entry.operation).target + (FORCED if inbound == REQUEST_FORCED else "") for _, entry, inbound in tasks}
    envoy = Envoy(replay.port, names)
    try:
        found = verdicts(tasks, (root, envoy.url, replay.port), jobs, SECONDS_BASE + SECONDS_A_PAIR * len(tasks))
        settle(found, envoy.settled)
        return found, envoy.traps()
    finally:
        envoy.stop()


def compare(root, entries, seed):
    """The whole comparison; returns the problems that fail it."""
    tasks = tasks_of(root, entries)
    print(f"conformance: {len(tasks)} pairs of {len({task[1].file for task in tasks})} cases in {root}, SEED={seed}", flush=True)
    found, traps = judged(root, entries, tasks, seed, falsify=False)
    made = report.tally(found, entries)
    report.write(made)
    print("\n".join(report.table(made)))
    for line in report.explained(made):
        print(line)
    problems = [f"a Wasm VM crashed: {line}" for line in traps[:5]]
    if any(os.environ.get(name) for name in ("CASES", "INBOUND", "SAMPLE", "BUILT")):
        # A part of the corpus has no bars.
        return problems + [f"{made['totals']['failed']} failed"] * bool(made["totals"]["failed"])
    digest = corpus.digest(root)
    if os.environ.get("UPDATE"):
        bars.keep(digest, made)
    before = bars.kept(digest)
    if not before:
        return problems + list(bars.missed(made))
    unknown = len(report.unexplained(made))
    return problems + list(bars.fallen(before, made)) + list(bars.missed(made)) + [f"{unknown} differences have no cause in known.py"] * bool(unknown)


def kind_of(root, entry, seed):
    """What is changed in a case; None where there is nothing, or the case itself is broken."""
    try:
        return mutated(corpus.Case(root, entry, family(entry.provider, entry.operation).wire), seed).kind
    except Exception:
        return None


def falsify(root, entries, seed):
    """Whether changed answers are noticed; returns the problems that fail it."""
    tasks = [task for task in tasks_of(root, entries) if task[2] not in (REQUEST, REQUEST_FORCED)]
    kinds = {}
    for _, entry, _ in tasks:
        if entry.file not in kinds:
            kinds[entry.file] = kind_of(root, entry, seed)
    tasks = [task for task in tasks if kinds[task[1].file] and (task[2] != "completions" or task[1].operation == "completions")]
    print(f"conformance: {len(tasks)} pairs of {len({task[1].file for task in tasks})} falsified cases, SEED={seed}", flush=True)
    found, traps = judged(root, entries, tasks, seed, falsify=True)
    found = [verdict for verdict in found if not verdict.skipped]
    # That something else is wrong with an answer is no catch.
    caught = {verdict.pair: any(check in CAUGHT_BY[kinds[verdict.file]] for check, _ in verdict.differences) for verdict in found}
    missed = [verdict for verdict in found if not caught[verdict.pair]]
    for kind in sorted(set(kinds.values()) - {None}):
        of_kind = [verdict for verdict in found if kinds[verdict.file] == kind]
        print(f"{kind:12}{len(of_kind):>7} changed{sum(caught[verdict.pair] for verdict in of_kind):>7} caught")
    for verdict in missed:
        print(f"not caught: {kinds[verdict.file]} of {verdict.file} told to {verdict.inbound}")
    percent = 100 * (len(found) - len(missed)) / max(len(found), 1)
    print(f"{len(found)} changed, {len(found) - len(missed)} caught: {percent:.1f} %")
    problems = [f"a Wasm VM crashed: {line}" for line in traps[:5]]
    return problems + [f"{percent:.1f} % caught, {bars.FALSIFIED_PERCENT} % is the least"] * (percent < bars.FALSIFIED_PERCENT)


def main():
    root = corpus.folder()
    if not os.environ.get("FALSIFY"):
        # What an earlier run found is not this one's.
        report.OUT.unlink(missing_ok=True)
    if not (root / "INDEX.tsv").is_file():
        print(f"conformance: no corpus of recorded provider traffic at {root} (WEIR_CORPUS=folder names one): nothing was compared")
        return 0
    warnings.filterwarnings("ignore")
    seed = int(os.environ.get("SEED") or random.randrange(1 << 30))
    entries = [entry for entry in corpus.index(root) if os.environ.get("CASES", "") in entry.file]
    if os.environ.get("SAMPLE"):
        built = [entry for entry in entries if family(entry.provider, entry.operation)]
        entries = random.Random(seed).sample(built, min(int(os.environ["SAMPLE"]), len(built)))
    began = time.monotonic()
    problems = falsify(root, entries, seed) if os.environ.get("FALSIFY") else compare(root, entries, seed)
    print(f"{time.monotonic() - began:.0f} s")
    for problem in problems:
        print(f"conformance: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
