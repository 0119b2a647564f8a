from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from structbench.errors import ConfigError
from structbench.experiment.strict_yaml import parse

# JSON writes what lies beyond as two escapes, which YAML reads as two characters.
TEXT = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
plain_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(TEXT, max_size=20)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(TEXT, max_size=10), inner, max_size=3)
    ),
    max_leaves=15,
)


@given(plain_data)
def test_plain_data_survives_the_way_through_json(data: Any) -> None:
    import json

    assert parse(json.dumps(data), "x").data == data


@given(plain_data)
def test_plain_data_survives_the_way_through_yaml(data: Any) -> None:
    # default_style: PyYAML writes by YAML 1.1, where `1e-07` and `no` need quotes it omits.
    text = yaml.safe_dump(data, default_style='"', allow_unicode=True)
    if "!!" not in text:
        assert parse(text, "x").data == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3), ("1.e3", 1000.0), (".5", 0.5), ("+7", 7), ("010", 10), ("1_000", "1_000"),
        ("no", "no"), ("on", "on"), ("true", True), ("~", None), ("", None), ("'1'", "1"),
        ("0x1F", "0x1F"), ("1:30", "1:30"), ("2024-01-01", "2024-01-01"), (".inf", float("inf")),
        ("-.INF", float("-inf")), ("=", "="),
    ],
)  # fmt: skip
def test_words_mean_what_yaml_1_2_says(text: str, value: Any) -> None:
    assert parse(f"[{text}]" if text else "- ", "x").data == [value]


def test_every_value_knows_its_place() -> None:
    text = "model:\n  family: cnn\n  channels: [1,\n    2]\n"
    document = parse(text, "c.yaml")
    assert document.origins[("model",)] == "c.yaml:1:1"
    assert document.origins[("model", "family")] == "c.yaml:2:3"
    assert document.origins[("model", "channels", 1)] == "c.yaml:4:5"


HOSTILE = {
    "python tag": ("a: !!python/object/apply:os.system ['touch canary']", "c:1:4: tags"),
    "core tag": ("a: !!int '3'", "c:1:4: tags"),
    "alias": ("a: &x [1]\nb: *x", "c:1:4: anchors"),
    "bomb": ("a: &a [1,1]\nb: &b [*a,*a]\nc: [*b,*b]", "c:1:4: anchors"),
    "duplicate": ("a: 1\nb: 2\na: 3", "c:3:1: key 'a' stands here again; first at c:1:1"),
    "two documents": ("a: 1\n---\nb: 2", "c:2:1: a config is one YAML document"),
    "key is a list": ("? [a]\n: 1", "c:1:3: a key must be a plain word"),
    "deep": ("[" * 10_000, "nested more than"),
    "deep mapping": ("".join(f"{' ' * i}a:\n" for i in range(300)), "nested more than"),
    "large": ("a: " + "x" * 10_000_000, "not a config"),
    "unfinished": ("a: [1, 2", "c:1:9"),
    "control character": ("a: \x07", "c"),
    "tab": ("a:\n\tb: 1", "c:2:1"),
}


@pytest.mark.parametrize(("text", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_yaml_is_refused_with_its_place(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    with pytest.raises(ConfigError) as caught:
        parse(text, "c")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300
    assert peak < 50e6
    assert not list(tmp_path.iterdir())


@given(st.text(max_size=200))
def test_any_text_gives_plain_data_or_a_config_error(text: str) -> None:
    try:
        data = parse(text, "x").data
    except ConfigError:
        return
    assert data is None or isinstance(data, bool | int | float | str | list | dict)
