"""Loading: files -> an audited, upgraded, built Keras 3 model with all its weights."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.errors import ModelError, OutOfMemoryError, XaiCamError, words_of
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.input.teachable_machine import export_beside, remember_export
from xai_cam.models.loading.audit import audit, refuse
from xai_cam.models.loading.contents import Weights
from xai_cam.models.loading.custom import as_given
from xai_cam.models.loading.expansion import calls_to_build
from xai_cam.models.loading.filling import fill
from xai_cam.models.loading.finding import complete
from xai_cam.models.loading.hdf5 import Guard
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.quantised import use_as_quantised
from xai_cam.models.loading.references import check_references
from xai_cam.models.loading.resolved import foreign_objects, functions_called, refuse_functions
from xai_cam.models.loading.sniff import closer_look
from xai_cam.models.loading.source import Source, open_source
from xai_cam.models.loading.subclasses import as_plain_models
from xai_cam.models.loading.upgrade import Origin, Upgraded, upgrade
from xai_cam.models.loading.weights import WeightsMismatchError
from xai_cam.models.output.losses import Losses, remember_loss

log = logging.getLogger(__name__)

MAX_PARAMETERS = 2_000_000_000
"""Of an architecture without weights; the largest of `keras.applications` has 350 million."""


NO_MEMORY = "Out of memory while the model was read. Use a machine with more memory."

TWO_FILES = "Give the architecture and the weights of the same model."
ONE_FILE = "The file is incomplete, or was changed: save the model again."
"""What helps where architecture and weights differ."""


@dataclass(frozen=True)
class Loaded:
    """A model, and what had to be done to it.

    Attributes
    ----------
    model : keras.Model
    origin : Origin
        Who wrote the files.
    changes : dict of str to list of str
        What was done, in words -> the layers it was done to.
    notices : list of str
        What the user ought to know, one line each.
    loss : str, optional
        The name of the loss that the files tell; it is noted on the model too (see `loss_of`).
    container : str
        What the files were, with an article.
    """

    model: Any
    origin: Origin
    changes: dict[str, list[str]]
    notices: list[str]
    loss: Losses = None
    container: str = ""


def load_model(
    model: str | Path,
    weights: str | Path | None = None,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
    guard: Guard = nullcontext,
    limit: str | None = None,
    inside: str | None = None,
) -> Any:
    """A Keras 3 model from files that any Keras wrote, with channels last.

    Parameters
    ----------
    model : path
        A whole model (`.keras`, `.h5`, a SavedModel folder, `model.json` of TensorFlow.js), or an
        architecture (JSON, YAML).
    weights : path, optional
        Weights of an architecture (`.h5`, `.weights.json`, a TensorFlow checkpoint); left out, the only ones
        beside it.
    custom_objects : mapping of str to class or function, optional
        What the model is made of besides Keras' own layers.
    allow_unsafe : bool
        Build layers that carry code, such as `Lambda`, too: opening the model then runs what is in the
        file. Each one is logged.
    guard : callable
        Makes a context in which an HDF5 file is looked through before anything is read from it. Nothing that
        a file declares is believed; a program of its own may bound its memory there on top of that.
    limit : str, optional
        What opening it may cost, where the usual bounds are too low or too high for it: any of
        `"operations=6000,bytes=64G,seconds=600"`.
    inside : str, optional
        The group of the HDF5 file that holds the model, or its weights, where there are several models in it;
        `"generator"`, or `"gan/generator"` for a group in another. The error without it lists them.

    Returns
    -------
    model : keras.Model
        Not compiled. Every weight was assigned from the file. A model with channels first was turned to
        channels last: it takes and gives (n, H, W, c).

    Raises
    ------
    ModelError
        A file is missing or damaged, the model holds code or unknown layers, opening it costs more than
        its limit, or the weights are those of another model; the layers that differ are named.
    InputError
        `limit` is none.

    Examples
    --------
    >>> import xai_cam
    >>> model, *_ = xai_cam.sample(1)
    >>> model.save("shapes.keras")
    >>> xai_cam.load_model("shapes.keras").output_shape
    (None, 6)
    """
    files = complete(Path(model), None if weights is None else Path(weights), closer_look, inside)
    loaded = load_files(files.model, files.weights, custom_objects, allow_unsafe, guard, limit, inside)
    for notice in loaded.notices:
        log.warning(notice)
    return loaded.model


def load_files(
    model: Path,
    weights: Path | None,
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
    guard: Guard = nullcontext,
    limit: str | None = None,
    inside: str | None = None,
) -> Loaded:
    """As `load_model`, with a report; the files are those that `find_model_files` found."""
    limits = Limits.of(limit)
    with limits.clock(), open_source(model, weights, guard, limits, inside) as source:
        if source.weights is None:
            raise ModelError(f"{model} has no weights. Name them with `weights`.")
        try:
            loaded = _load(source, source.weights, dict(custom_objects or {}), allow_unsafe, limits)
            remember_export(loaded.model, export_beside(model))
            return loaded
        except WeightsMismatchError as error:
            raise ModelError(f"{error} {TWO_FILES if weights else ONE_FILE}") from error
        except MemoryError as error:
            raise OutOfMemoryError(NO_MEMORY) from error


def _load(
    source: Source, weights: Weights, custom: dict[str, Any], allow_unsafe: bool, limits: Limits
) -> Loaded:
    upgraded, notices = _prepare(source, custom, allow_unsafe, limits)
    try:
        built, more = fill(upgraded, weights, custom, allow_unsafe)
    except (XaiCamError, OSError):
        raise
    except Exception as error:  # those of Keras and a model's layers have no common base
        if ran_out_of_memory(error):
            raise OutOfMemoryError(NO_MEMORY) from error
        raise WeightsMismatchError(
            f"The weights cannot be put into the model ({words_of(error)})."
        ) from error
    use_as_quantised(built)
    remember_loss(built, source.loss)
    return Loaded(built, upgraded.origin, upgraded.changes, notices + more, source.loss, source.container)


def load_architecture(
    model: str | Path,
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
    guard: Guard = nullcontext,
    limit: str | None = None,
    inside: str | None = None,
) -> Any:
    """The model of an architecture JSON, or of a whole model, with its weights not assigned.

    Raises
    ------
    ModelError
        As for `load_model`.
    """
    limits = Limits.of(limit)
    with limits.clock(), open_source(Path(model), None, guard, limits, inside) as source:
        custom = dict(custom_objects or {})
        upgraded, notices = _prepare(source, custom, allow_unsafe, limits)
        built = _build_empty(upgraded, custom, allow_unsafe)
        remember_loss(built, source.loss)
    for notice in notices:
        log.warning(notice)
    return built


def _build_empty(upgraded: Upgraded, custom: dict[str, Any], allow_unsafe: bool) -> Any:
    """The model with zeros for weights."""
    from xai_cam.models.loading.building import allocate_weights, build, shapes_first

    with shapes_first():
        built = build(upgraded.config, custom, allow_unsafe, allocate=bool(custom))
        if built.count_params() > MAX_PARAMETERS:
            raise ModelError(
                f"The model would have {built.count_params():,} parameters, more than fit in memory. Check "
                "the JSON."
            )
        allocate_weights(built)
    return built


def _prepare(
    source: Source, custom: dict[str, Any], allow_unsafe: bool, limits: Limits
) -> tuple[Upgraded, list[str]]:
    """Audit and upgrade a configuration; what is dangerous is refused, or named where it was allowed."""
    config = {key: value for key, value in source.config.items() if key != "compile_config"}
    config, subclasses = as_plain_models(config, custom)
    dangers = audit(as_given(config, custom), custom)
    if not allow_unsafe:
        refuse(dangers)
    upgraded = upgrade(config, source.origin, custom)
    upgraded.classes = subclasses
    check_references(upgraded.as_saved, custom)
    called = functions_called(upgraded.as_saved)
    if not allow_unsafe:
        refuse_functions(called)
        refuse(foreign_objects(upgraded.as_saved, custom))
    dangers += [f"{name!r} calls tf.{function} of TensorFlow" for name, function in called]
    limits.check("operations", calls_to_build(upgraded.as_saved))
    notices = [f"Allowed by `allow_unsafe=True`: {danger}." for danger in dangers]
    if subclasses:
        names = ", ".join(dict.fromkeys(subclasses.values()))
        notices.append(
            f"The class {names} is not Keras' own: its layers and their graph are in the file and were taken "
            "without it. If it does more at inference than run them, give it with `custom_objects`."
        )
    if upgraded.channels_first:
        notices.append("The model was made for channels first; it was converted to channels last.")
    return upgraded, notices
