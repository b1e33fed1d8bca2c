"""What Istio's own tools say of the manifests, without a cluster: nothing, but that an EnvoyFilter is one."""
import re
import subprocess

import pytest
from rendering import combinations, render

import build

RENDERED = [each for each in combinations() if each[0].startswith("istio")]
NAMES = ["+".join([overlay, *(name.removesuffix("-istio") for name in chosen)]) for overlay, chosen in RENDERED]
each = pytest.mark.parametrize(("overlay", "chosen"), RENDERED, ids=NAMES)
# What `validate` says of every EnvoyFilter there is.
ALWAYS = "EnvoyFilter exposes internal implementation details"


def istioctl(tmp_path, text, *words):
    """The status, and each thing that is said, beside what always is."""
    path = tmp_path / "manifests.yaml"
    path.write_text(text)
    done = subprocess.run([build.path("istioctl"), *words, str(path)], capture_output=True, text=True, timeout=60)
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if re.match(r"(\s+\*|\w+ \[IST\d+\]) ", line)]
    assert sum(ALWAYS in line for line in said) == text.count("kind: EnvoyFilter\n") or done.returncode, done
    return done.returncode, [line for line in said if ALWAYS not in line]


def analyze(tmp_path, text):
    # Without `-A` it looks at the namespace `default` only.
    return istioctl(tmp_path, text, "analyze", "--use-kube=false", "-A")


def validate(tmp_path, text):
    return istioctl(tmp_path, text, "validate", "-f")


@each
def test_analyze_finds_nothing(tmp_path, overlay, chosen):
    assert analyze(tmp_path, render(overlay, chosen)) == (0, [])


@each
def test_validate_finds_nothing(tmp_path, overlay, chosen):
    assert validate(tmp_path, render(overlay, chosen)) == (0, [])


def test_they_find_something_where_there_is_something(tmp_path):
    text = render("istio-gateway")
    status, said = analyze(tmp_path, text.replace("  - llm-gateway\n  hosts:", "  - llm-gatewy\n  hosts:", 1))
    assert status and said[0].startswith("Error [IST0101]") and "llm-gatewy" in said[0]
    status, said = validate(tmp_path, text.replace("failure_policy: FAIL_RELOAD", "failure_polcy: FAIL_RELOAD", 1))
    assert status == 0 and len(said) == 1 and 'unknown field "failure_polcy"' in said[0]
    status, said = validate(tmp_path, text.replace("operation: INSERT_BEFORE", "operation: INSERT_SOMEWHERE", 1))
    assert status and "INSERT_SOMEWHERE" in said[0]
