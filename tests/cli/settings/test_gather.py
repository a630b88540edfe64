"""Which of several settings an option takes: command line, environment, own table, profile, top, default."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.s3_server import S3Server
from support.settings import call, going_to, refused, taken


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a repository's root, and the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> None:
    Path("xai-cam.toml").write_text(text, encoding="utf-8")


ALL = """
opacity = 0.1
size = "1x1"
fit = "crop"
recursive = true
default-profile = "p"
[profile.p]
model = "m.keras"
opacity = 0.2
size = "2x2"
fit = "crop"
[explain]
opacity = 0.3
size = "3x3"
"""


def test_the_order() -> None:
    write(ALL)
    variables = {"XAI_CAM_OPACITY": "0.4", "XAI_CAM_EXPLAIN_OPACITY": "0.5"}
    assert taken("--opacity", "0.6", **variables)["opacity"] == "0.6"
    assert taken(**variables)["opacity"] == "0.5"
    assert taken(XAI_CAM_OPACITY="0.4")["opacity"] == "0.4"
    assert taken()["opacity"] == "0.3"
    assert taken(XAI_CAM_OPACITY="", XAI_CAM_EXPLAIN_OPACITY="")["opacity"] == "0.3", "empty: unset"
    write(ALL.partition("[explain]")[0])
    assert taken()["opacity"] == "0.2"
    assert taken("--profile", "none", "-m", "m.keras")["opacity"] == "0.1"
    assert taken("--config", "none", "-m", "m.keras")["opacity"] == "0.5"


def test_the_profile_is_that_of_the_model() -> None:
    write(
        'default-profile = "b"\n[profile.a]\nmodel = "a.keras"\nfit = "crop"\n'
        '[profile.b]\nmodel = "b.keras"\nlabels = "b.txt"\n[profile.c]\nmodel = "a.keras"\nsize = "3x3"\n'
    )
    assert taken() == {"model": "b.keras", "labels": "b.txt", **DEFAULTS}
    crop = {**DEFAULTS, "fit": "crop"}
    assert taken("-m", "a.keras") == {"model": "a.keras", **crop}
    assert taken(XAI_CAM_MODEL="a.keras") == {"model": "a.keras", **crop}
    absolute = str(Path("a.keras").absolute())
    assert taken("-m", absolute) == {"model": absolute, **crop}, "by whatever name"
    assert taken("--profile", "c")["size"] == taken(XAI_CAM_PROFILE="c")["size"] == "3 3"
    assert taken("--profile", "a", XAI_CAM_PROFILE="c") == {"model": "a.keras", **crop}
    assert taken("-m", "x.keras") == {"model": "x.keras", **DEFAULTS}, "no model is fed like another"
    with going_to(Path("below")):
        assert taken("-m", "../a.keras")["fit"] == "crop"
        assert taken("-m", "a.keras")["fit"] == "stretch", "another file"
    assert refused("explain", "--profile", "d").endswith("has no profile 'd'. There are: a, b, c.")
    assert "There is no profile 'a' without a settings file" in refused(
        "explain", "--profile", "a", "--config", "none"
    )


DEFAULTS = {"classes": "predicted", "fit": "stretch", "opacity": "0.5", "saves": "overlay"}


@pytest.mark.parametrize("top", ["", "[profile.p]\n"])
def test_weights_go_with_their_model(top: str) -> None:
    write(f'{top}model = "a.json"\nweights = "a.h5"\n')
    profile = ["--profile", "p"] if top else []
    assert taken(*profile) == {"model": "a.json", "weights": "a.h5", **DEFAULTS}
    assert taken("-m", "a.json", *profile)["weights"] == "a.h5"
    assert "weights" not in taken("-m", "b.json", *profile)
    assert "weights" not in taken(*profile, XAI_CAM_MODEL="b.json")
    assert taken("-m", "b.json", "-w", "b.h5", *profile)["weights"] == "b.h5"
    assert taken("-w", "c.h5", *profile)["weights"] == "c.h5"


def test_the_group_of_a_file_goes_with_its_model() -> None:
    write(
        'default-profile = "one"\n[profile.one]\nmodel = "a.h5"\ninside = "one"\nfit = "crop"\n'
        '[profile.two]\nmodel = "a.h5"\ninside = "more/two"\n'
    )
    assert taken("-m", "a.h5")["inside"] == "one"
    assert "inside" not in taken("-m", "b.h5")
    two = taken("-m", "a.h5", "--inside", "more/two")
    assert two["inside"] == "more/two" and two["fit"] != "crop"


def test_words_of_one_command() -> None:
    write('save = "raw"\nmodel = "m"\n')
    assert refused("explain") == (
        "xai-cam.toml: 'save' is another for each command. Set it in a table such as [explain]."
    )
    assert "[profile.p]: 'results' is another" in refused_with('[profile.p]\nmodel = "m"\nresults = "a.csv"')
    write('model = "m"\n[explain]\nsave = ["raw", "overlay"]\n[kernels.show]\nsave = "figure"\n')
    assert taken()["saves"] == "overlay raw"
    assert "saves ('figure',)" in call("kernels", "show").stdout
    message = refused("explain", XAI_CAM_SAVE="raw")
    assert message == "XAI_CAM_SAVE: --save is another for each command. Set XAI_CAM_EXPLAIN_SAVE instead."
    assert taken(XAI_CAM_EXPLAIN_SAVE="raw")["saves"] == "raw"


def refused_with(text: str) -> str:
    write(text)
    return refused("explain", "--profile", "p")


def test_a_layer_to_explain_is_none_to_show() -> None:
    write('layer = "relu"\nfit = "crop"\n')
    assert call("kernels", "show").stdout == "layer None fit crop saves None\n"
    assert call("kernels", "show", XAI_CAM_LAYER="relu").stdout == "layer None fit crop saves None\n"
    assert "layer conv" in call("kernels", "show", XAI_CAM_KERNELS_SHOW_LAYER="conv").stdout
    write('[kernels.show]\nlayer = "conv"\n')
    assert "layer conv" in call("kernels", "show").stdout


def test_lists_are_replaced_and_not_added_to() -> None:
    write('model = "m"\nlayer = ["a", "b"]\nclass = "tabby, tabby cat"\n')
    assert taken()["layers"] == "a b"
    assert taken()["classes"] == "tabby, tabby cat", "one class"
    assert taken("-l", "c")["layers"] == "c"
    assert taken(XAI_CAM_LAYER="d, e")["layers"] == "d e"


def test_flags_both_ways() -> None:
    write('model = "m"\nrecursive = true\nno-cache = true\n')
    assert {"recursive", "no_cache"} <= taken().keys()
    assert not {"recursive", "no_cache"} & taken("--no-recursive", "--cache").keys()
    assert "recursive" not in taken(XAI_CAM_RECURSIVE="no")
    write('model = "m"\nrecursive = false\n')
    assert "recursive" not in taken()
    assert "recursive" in taken("-r") and "recursive" in taken(XAI_CAM_RECURSIVE="1")


def test_a_relative_path_in_the_variable_counts_as_found() -> None:
    write('model = "m"\noverwrite = true\n')
    message = refused("explain", XAI_CAM_CONFIG="xai-cam.toml")
    assert "overwrite replaces files" in message
    assert taken(XAI_CAM_CONFIG=str(Path("xai-cam.toml").absolute()))["overwrite"] == "True"


def test_a_file_in_a_store_that_a_variable_names_is_named(s3: S3Server) -> None:
    """What it says of files is seen from its folder."""
    text = 'model = "m.keras"\n[explain]\noverwrite = true\nresults = "../rows.csv"\nfrom-file = "list.txt"\n'
    s3.put("bucket/sets/x.toml", text.encode())
    found = taken(XAI_CAM_CONFIG="s3://bucket/sets/x.toml")
    assert found["overwrite"] == "True" and found["results"] == "s3://bucket/rows.csv"
    assert found["from_file"] == "s3://bucket/sets/list.txt"


def test_a_profile_is_that_of_a_model_in_a_store(s3: S3Server) -> None:
    one, two = 'model = "one.keras"\nclass = "1"', 'model = "s3://bucket/two.keras"\nclass = "2"'
    s3.put("bucket/sets/x.toml", f"[profile.one]\n{one}\n[profile.two]\n{two}\n".encode())
    for model, number in (("s3://bucket/sets/one.keras", "1"), ("s3://bucket/two.keras", "2")):
        assert taken("--config", "s3://bucket/sets/x.toml", "-m", model)["classes"] == number
