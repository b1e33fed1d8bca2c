"""Runs a page's own commands: what a reader would type is what the test types.

A page's ```sh blocks are run by one shell, in their order, from the repository's root. A ```text or ```json block right after one shows what is
printed: each of its lines must be, in order, and `…` in it stands for anything.
"""
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from machine import STATE

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^#+ (.*?)$", re.S | re.M)
DONE = "__weir_page_block_done__"


class Shell:
    """One bash, which keeps its variables and background jobs from block to block."""

    def __init__(self, env=None):
        command_path = f"{STATE / 'bin'}:{os.environ['PATH']}"
        self.process = subprocess.Popen(
            ["bash"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env={**os.environ, "PATH": command_path, **(env or {})}
        )
        self.lines, self.ready = [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.ready:
                self.lines.append(line)
                self.ready.notify()

    def run(self, text, seconds=90):
        """Runs a block of commands; what it printed and the status of the first command that failed, or 0."""
        with self.ready:
            self.lines.clear()
        # Its own `set -e` in a group, so that a failure ends the block and not the shell.
        script = STATE / "block.sh"
        script.write_text(text)
        self.process.stdin.write(f"trap 'weir_failed=${{weir_failed:-$?}}' ERR; weir_failed=; . {script}; trap - ERR; echo; echo {DONE} ${{weir_failed:-0}}\n")
        self.process.stdin.flush()
        end = time.monotonic() + seconds
        # What runs in the background may write on, after the block's end.
        ended = lambda: next((at for at, line in enumerate(self.lines) if line.startswith(DONE)), None)  # noqa: E731
        with self.ready:
            while ended() is None:
                if not self.ready.wait(max(0, end - time.monotonic())):
                    raise AssertionError(f"not done within {seconds} s:\n{text}\n{''.join(self.lines)}")
            at = ended()
            return "".join(self.lines[:at]), int(self.lines[at].split()[1])

    def close(self):
        # Its background jobs too: they are in its group.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def blocks(path):
    """A page's commands and outputs, in order: the heading that each stands under, its kind, its text."""
    found, heading = [], ""
    for kind, text, title in BLOCK.findall(path.read_text()):
        if title:
            heading = title
        elif kind in ("sh", "text", "json"):
            found.append((heading, kind, text))
    return found


def sections(path, tests):
    """The headings of a page that have commands, and those of them that one of these test files runs."""
    ours = "".join(each.read_text() for each in tests)
    headings = {heading for heading, kind, _ in blocks(ROOT / path) if kind == "sh"}
    return headings, {heading for heading in headings if f'page.section("{heading}")' in ours}


class Page:
    """A page of the documentation. `section` runs the commands under one heading, `rest` all that were not run yet."""

    def __init__(self, path, env=None):
        self.path = ROOT / path
        self.shell = Shell(env)
        self.blocks = blocks(self.path)
        assert any(kind == "sh" for _, kind, _ in self.blocks), f"{path} has no commands"

    def section(self, heading):
        names = {block[0] for block in self.blocks}
        assert heading in names, f"{self.path.name}: no commands left under {heading!r}; there are {sorted(names)}"
        return self._run([block for block in self.blocks if block[0] == heading])

    def rest(self):
        return self._run(list(self.blocks))

    def _run(self, blocks):
        printed = []
        for block in blocks:
            self.blocks.remove(block)
            _, kind, text = block
            if kind != "sh":
                assert printed, f"{self.path.name}: shows an output before any command: {text}"
                shows(printed[-1], text)
                continue
            output, status = self.shell.run(text)
            assert status == 0, f"{self.path.name}: status {status} of\n{text}\n{output}"
            printed.append(output)
            self._forwarded(text)
        return printed

    def _forwarded(self, text):
        """A port that is forwarded in the background is open before the next block."""
        for local in re.findall(r"port-forward .*?(\d+):\d+ .*&$", text.replace("\n", " &\n") if text.rstrip().endswith("&") else text, re.M):
            self.shell.run(f"for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/{local}) 2>/dev/null && break; sleep 0.1; done")

    def close(self):
        self.shell.close()


def shows(output, expected):
    """Asserts that each line of `expected` is in the output, in order."""
    at = 0
    for line in filter(str.strip, expected.splitlines()):
        pattern = ".*?".join(re.escape(part) for part in line.strip().split("…"))
        found = re.compile(pattern).search(output, at)
        assert found, f"not printed (after what came before it): {line}\n---\n{output}"
        at = found.end()
