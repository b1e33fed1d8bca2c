"""Prices as the table's source has them, read apart from the product."""
from gateway import ROOT

COLUMNS = 3


def prices(model):
    """Dollars per token of a model: input, output, cache reads, cache writes, …; None where it has no such price."""
    for line in (ROOT / "prices/prices.tsv").read_text().splitlines()[2:]:
        name, *_ = cells = line.split("\t")
        if name == model:
            return [float(rate) if rate else None for rate in cells[COLUMNS:]]
    raise AssertionError(model)
