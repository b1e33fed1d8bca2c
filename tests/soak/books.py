"""The soak's books: what clients saw, what was logged, what was metered and what was served must be the same."""
from collections import Counter, defaultdict

INPUT_NANOUSD, OUTPUT_NANOUSD = 3000, 15000
# Every provider's every model costs this, whatever options its name has.
PRICES = 'prices: {"*": {input_cost_per_token: 0.000003, output_cost_per_token: 0.000015}}'


class Ledger:
    """A gateway's access log, added up as it comes: a long run has too many lines to keep."""

    def __init__(self):
        self.lines = 0
        self.outcomes = Counter()
        # By outcome; and, of what providers counted themselves, by the model as they were asked for it.
        self.sums = defaultdict(Counter)
        self.counted = defaultdict(Counter)
        self.mistakes = []

    def append(self, entry):
        """Takes in a line."""
        tokens = {kind: int(entry[f"{kind}_tokens"]) for kind in ("input", "output")}
        cost = int(entry["cost_nanousd"])
        self.outcomes[entry["model"], entry["outcome"]] += 1
        self.sums[entry["outcome"]].update({"requests": 1, "cost": cost, **tokens})
        if entry["usage_source"] == "provider":
            self.counted[entry["upstream_model"]].update({"requests": 1, **tokens})
        if cost != tokens["input"] * INPUT_NANOUSD + tokens["output"] * OUTPUT_NANOUSD:
            self.mistake(f"cost: {entry}")
        if entry["outcome"] == "aborted" and entry["usage_source"] == "provider":
            self.mistake(f"an abort with final counts: {entry}")
        # Of these the client had a good piece before it left.
        if "trickle" in entry["model"] and (entry["usage_source"] != "estimated" or not tokens["input"] or not cost):
            self.mistake(f"an abort without an estimate: {entry}")
        self.lines += 1

    def mistake(self, text):
        """Notes what is wrong; the first few are enough."""
        if len(self.mistakes) < 20:
            self.mistakes.append(text)

    def __len__(self):
        return self.lines


def plain(model):
    """A model's name as Weir publishes it: it is a metric's label, too."""
    return model.replace("=", "_")


def metered(gateway):
    """The metrics' sums, by outcome, as a ledger has them."""
    sums = defaultdict(Counter)
    for (name, labels), value in gateway.metrics().items():
        labels = dict(labels)
        key = {"weir_requests_total": "requests", "weir_cost_nanousd_total": "cost", "weir_tokens_total": labels.get("type")}.get(name)
        if key in ("requests", "cost", "input", "output"):
            sums[labels["outcome"]][key] += int(value)
    return sums


def compare(seen, gateways, served):
    """Every difference between the books.

    `seen` counts (gateway, model, outcome) as clients expect them; `gateways` are {name: Gateway}, whose entries are ledgers; `served` is what
    the simulator told to its end.
    """
    wrong = []
    counted = defaultdict(Counter)
    for name, gateway in gateways.items():
        ledger = gateway.entries
        wrong += [f"{name}: {mistake}" for mistake in ledger.mistakes]
        asked = {(plain(model), outcome): count for (where, model, outcome), count in seen.items() if where == name}
        for key in sorted(set(asked) | set(ledger.outcomes)):
            if asked.get(key, 0) != ledger.outcomes[key]:
                wrong.append(f"{name}: {key}: {asked.get(key, 0)} asked, {ledger.outcomes[key]} settled")
        metrics = metered(gateway)
        for outcome in sorted(set(metrics) | set(ledger.sums)):
            for what in ("requests", "input", "output", "cost"):
                if metrics[outcome][what] != ledger.sums[outcome][what]:
                    wrong.append(f"{name}: {outcome} {what}: {metrics[outcome][what]} in metrics, {ledger.sums[outcome][what]} in the log")
        for model, sums in ledger.counted.items():
            counted[plain(model)].update(sums)
    told = {plain(row["model"]): {"requests": row["requests"], "input": row["input_tokens"], "output": row["output_tokens"]} for row in served}
    for model in sorted(set(told) | set(counted)):
        if told.get(model, {}) != dict(counted[model]):
            wrong.append(f"{model}: served {told.get(model)}, settled {dict(counted[model])}")
    return wrong
