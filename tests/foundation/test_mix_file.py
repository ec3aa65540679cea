"""A mix file: exact round trip, agreement with the JSON Schema, a clear error for whatever else it holds."""

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mixes

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix import (
    Band,
    Bus,
    BusKind,
    Equalizer,
    Mix,
    Reason,
    Reverb,
    TrackStrip,
    dump_mix,
    json_schema,
    load_mix,
)

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

#: A mix in which every kind of value occurs.
FULL = Mix(
    48_000,
    tracks=(
        TrackStrip(
            "03_Snare Top",
            files=("03_Snare Top.flac",),
            role="snare",
            equalizer=Equalizer(True, (Band(frequency_hz=400.0, gain_db=-3.0),)),
            sends=FrozenMap({"room": -18.0}),
            output="drums",
            reasons=(Reason("equalizer.bands.0", "masks the vocal", FrozenMap({"masking_db": 4.0})),),
        ),
    ),
    buses=(Bus("drums"), Bus("room", BusKind.FX, reverb=Reverb())),
    estimator="rules",
)


@given(mixes())
@settings(max_examples=80)
def test_round_trip_is_exact_and_fits_the_schema(mix: Mix) -> None:
    text = dump_mix(mix)
    assert load_mix(text) == mix
    assert dump_mix(load_mix(text)) == text
    text.encode("utf-8")  # a name that is not UTF-8 on disk still makes a UTF-8 file
    VALIDATOR.validate(json.loads(text))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema"] == {"const": "mixbridge.mix/1"}


def test_a_file_reads_as_a_person_would_write_it() -> None:
    text = dump_mix(FULL)
    assert text.endswith("}\n")
    assert "Snåre" in dump_mix(Mix(48_000, (TrackStrip("Snåre"),)))
    data = json.loads(text)
    assert next(iter(data)) == "schema"
    assert data["tracks"][0]["equalizer"]["bands"][0] == {
        "type": "bell",
        "frequency_hz": 400.0,
        "gain_db": -3.0,
        "q": 0.71,
    }


def test_what_is_left_out_takes_its_default() -> None:
    text = '{"schema": "mixbridge.mix/1", "sample_rate_hz": 44100, "tracks": [{"id": "a", "pan": 1}]}'
    assert load_mix(text) == Mix(44_100, (TrackStrip("a", pan=1.0),))


def _set(data: Any, path: str, value: object) -> None:
    *parents, last = path.split("/")
    for part in parents:
        data = data[int(part) if isinstance(data, list) else part]
    data[int(last) if isinstance(data, list) else last] = value


def _remove(data: Any, path: str) -> None:
    *parents, last = path.split("/")
    for part in parents:
        data = data[int(part) if isinstance(data, list) else part]
    del data[last]


STRIP = "tracks/0"

#: path, value → the place that the message names, what it says; True where the JSON Schema refuses it too.
REFUSED: list[tuple[str, object, str, bool]] = [
    ("schema", "mixbridge.mix/2", "has the schema 'mixbridge.mix/2'", True),
    ("traks", [], "unknown key 'traks'; did you mean 'tracks'?", True),
    (f"{STRIP}/compresor", {}, "did you mean 'compressor'?", True),
    (f"{STRIP}/compressor/tresold_db", 0.0, "did you mean 'threshold_db'?", True),
    (f"{STRIP}/zzz", 0.0, "known are id, files", True),
    (f"{STRIP}/pan", 1.01, "from -1 to 1", True),
    (f"{STRIP}/pan", "left", "tracks.0.pan is 'left'", True),
    (f"{STRIP}/pan", True, "tracks.0.pan is True", True),
    (f"{STRIP}/pan", None, "tracks.0.pan is None", True),
    (f"{STRIP}/pan", [0.0], "tracks.0.pan is [0.0]", True),
    (f"{STRIP}/muted", 1, "give true or false", True),
    (f"{STRIP}/id", 3, "give a text", True),
    (f"{STRIP}/role_confidence", 2.0, "from 0 to 1", True),
    (f"{STRIP}/input", [], "give an object with the keys gain_db, invert_polarity, delay_ms", True),
    (f"{STRIP}/highpass/slope_db_per_octave", 18, "give 12 or 24", True),
    (f"{STRIP}/equalizer/bands", {}, "give a list", True),
    (f"{STRIP}/equalizer/bands", [{"type": "bell"}] * 7, "give at most 4", True),
    (f"{STRIP}/equalizer/bands", [{"type": "bell"}] * 5, "give at most 4", False),
    (f"{STRIP}/equalizer/bands/0/type", "notch", "give one of low_shelf, bell, high_shelf", True),
    (f"{STRIP}/equalizer/bands/0/frequency_hz", 20001, "from 20 to 20000 Hz", True),
    (f"{STRIP}/sends/room", 12.5, "from -90 to 12 dB", True),
    (f"{STRIP}/sends", [], "give an object of names and values", True),
    (f"{STRIP}/output", "bass", "is no group of this mix", False),
    (f"{STRIP}/automation", {"fader_db": [[0.0]]}, "has 1 entries; give 2", True),
    (f"{STRIP}/automation", {"fader_db": [[0.0, 0.0, 0.0]]}, "has 3 entries; give 2", True),
    ("sample_rate_hz", 48_000.5, "give a whole number", True),
    ("sample_rate_hz", -1, "from 1000 to 768000 Hz", True),
    ("sample_rate_hz", 10**400, "from 1000 to 768000 Hz", True),
    ("seed", "0", "give a whole number", True),
    ("tracks", None, "tracks is None; give a list", True),
    ("tracks", [[]], "tracks.0 is []", True),
    ("buses/1/reverb", None, "0 effects; give 1", False),
    ("master", "loud", "master is 'loud'", True),
]


@pytest.mark.parametrize(("path", "value", "message", "by_schema"), REFUSED, ids=lambda item: str(item)[:24])
def test_refused(path: str, value: object, message: str, by_schema: bool) -> None:
    data = json.loads(dump_mix(FULL))
    _set(data, path, value)
    assert VALIDATOR.is_valid(data) is not by_schema
    with pytest.raises(ParamError) as caught:
        load_mix(json.dumps(data), source="song.json")
    assert message in str(caught.value)
    assert "song.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("sample_rate_hz", "lacks sample_rate_hz"),
        (f"{STRIP}/id", "tracks.0 lacks id"),
        ("schema", "schema None"),
    ],
)
def test_a_missing_key_is_named(path: str, message: str) -> None:
    data = json.loads(dump_mix(FULL))
    _remove(data, path)
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(ParamError, match=message):
        load_mix(json.dumps(data))


START = '{"schema": "mixbridge.mix/1", "sample_rate_hz": 48000, '

HOSTILE = {
    "nothing": "",
    "no JSON": "tracks: []",
    "a list": "[]",
    "a number": "1",
    "cut off": dump_mix(FULL)[:-40],
    "NaN": START + '"tracks": [{"id": "a", "pan": NaN}]}',
    "infinity": START + '"tracks": [{"id": "a", "pan": -Infinity}]}',
    "a number beyond floats": START + '"tracks": [{"id": "a", "pan": 1e999}]}',
    "a confidence beyond floats": START + '"tracks": [{"id": "a", "role_confidence": 1e999}]}',
    "a whole number beyond floats": START + '"tracks": [{"id": "a", "pan": 1' + "0" * 400 + "}]}",
    "more digits than Python reads": START + '"tracks": [{"id": "a", "pan": 1' + "0" * 5000 + "}]}",
    "a figure beyond floats": START
    + '"tracks": [{"id": "a", "reasons": [{"parameter": "", "text": "", "figures": {"x": 1e999}}]}]}',
    "a key twice": START + '"tracks": [{"id": "a", "pan": 0, "pan": 1}]}',
    "a long text for a number": START + '"tracks": [{"id": "a", "pan": "' + "x" * 10_000 + '"}]}',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text(case: str) -> None:
    with pytest.raises(ParamError) as caught:
        load_mix(HOSTILE[case], source="song.json")
    message = str(caught.value)
    assert "song.json" in message
    assert len(message) < 400


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [10, 300, *range(900, 1010, 3), 5_000, 100_000])
def test_deep_nesting_never_exhausts_the_stack(opening: str, depth: int) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]
    nested = opening * depth + ("0" if closing == "}" else "") + closing * depth
    with pytest.raises(ParamError):
        load_mix(START + f'"tracks": [{{"id": "a", "pan": {nested}}}]}}')


_scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _places(data: Any, path: str = "") -> list[str]:
    """The path of every value inside JSON data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found = []
    for key, value in items:
        place = f"{path}/{key}" if path else str(key)
        found += [place, *_places(value, place)]
    return found


WHOLE = json.loads(dump_mix(FULL))


@given(st.sampled_from(_places(WHOLE)), _scraps)
@settings(max_examples=300)
def test_whatever_stands_anywhere_it_is_read_or_refused(path: str, scrap: object) -> None:
    data = copy.deepcopy(WHOLE)
    _set(data, path, scrap)
    try:
        mix = load_mix(json.dumps(data))
    except ParamError:
        return
    assert load_mix(dump_mix(mix)) == mix
    VALIDATOR.validate(data)


def test_where_a_mix_comes_from_is_read_first() -> None:
    keys = list(json.loads(dump_mix(Mix(48000))))
    assert keys[:6] == ["schema", "tool", "estimator", "seed", "inputs", "sample_rate_hz"]
    assert keys[6:] == ["tracks", "buses", "master"]
