"""The load generator and provider (`tests/bench/load`), driven by lines of JSON."""
import json
import os
import subprocess


class Load:
    """One process, on a core of its own."""

    def __init__(self, binary, manifest, core):
        self.process = subprocess.Popen(
            [str(binary), str(manifest)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
        )

    def ask(self, what, **arguments):
        """Sends a command and returns its reply."""
        self.process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: the load generator ended with {self.process.wait(5)}")
        reply = json.loads(line)
        if "error" in reply:
            raise SystemExit(f"bench: the load generator: {reply['error']}")
        return reply

    def listen(self):
        return self.ask("listen")["port"]

    def served(self, port):
        """Requests and tokens served at a port, by wire; and how many requests there was no answer for."""
        reply = self.ask("served", port=port)
        return reply["served"], reply["unknown"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
