"""The loss a model was trained with, by name: what it tells about the meaning of linear outputs."""

from __future__ import annotations

from typing import Any

MARK = "xai_cam_loss"
"""Attribute of a loaded model, which is not compiled, for the loss that its file names."""

LONGEST_NAME = 60

Losses = str | dict[str, str | None] | list[str | None] | None
"""The name of a model's loss, or those of several outputs, by name or in their order."""

QUANTITIES = frozenset(
    (
        *("mse", "meansquarederror", "mae", "meanabsoluteerror", "mape", "meanabsolutepercentageerror"),
        *("msle", "meansquaredlogarithmicerror", "huber", "huberloss", "logcosh", "poisson"),
        *("rmse", "rootmeansquarederror"),
    )
)
"""Losses of regression: names of classes, functions and their short forms, without case and underscores."""

CLASSES = frozenset(
    (
        *("crossentropy", "categoricalcrossentropy", "sparsecategoricalcrossentropy"),
        *("categoricalfocalcrossentropy", "categoricalgeneralizedcrossentropy", "softmaxcrossentropy"),
        *("kld", "kldivergence", "kullbackleiblerdivergence", "categoricalhinge"),
    )
)
"""Losses of classes that exclude each other."""

YES_OR_NO = frozenset(
    (
        *("bce", "binarycrossentropy", "binaryfocalcrossentropy", "sigmoidfocalcrossentropy"),
        *("weightedbinarycrossentropy", "hinge", "squaredhinge"),
    )
)
"""Losses that judge each unit on its own."""


def meaning_of(loss: str | None) -> str | None:
    """`quantity`, `classes` or `yes or no`; None for a loss that is not known."""
    plain = (loss or "").replace("_", "").replace(" ", "").lower()
    for names, meaning in ((QUANTITIES, "quantity"), (CLASSES, "classes"), (YES_OR_NO, "yes or no")):
        if plain in names:
            return meaning
    return None


def name_of_loss(loss: Any) -> str | None:
    """The name of the one loss in a configuration, or of one in memory; None where there is none, or several.

    Parameters
    ----------
    loss
        A name; what Keras of any age writes for a function or an object; a function, a class or an object;
        a list or dict of one of these, as models with a single output may have it. Nothing of it is called.
    """
    if isinstance(loss, dict) and "class_name" in loss:
        return _of_config(loss)
    if isinstance(loss, dict | list | tuple):
        inner = list(loss.values() if isinstance(loss, dict) else loss)
        nested = len(inner) != 1 or isinstance(inner[0], list | tuple)  # a file may nest them without end
        return None if nested or _is_plain_dict(inner[0]) else name_of_loss(inner[0])
    if loss is None or isinstance(loss, str):
        return _clean(loss)
    if not callable(loss):
        return None
    function = getattr(loss, "fn", loss)  # of an object that wraps a function
    if isinstance(getattr(function, "__name__", None), str):
        return _clean(function.__name__)
    names = [kind.__name__ for kind in type(loss).__mro__]
    return _clean(next((name for name in names if meaning_of(name)), names[0]))


MAX_OUTPUTS = 1000
"""Outputs whose losses are read: a file may name any number."""


def names_of_losses(loss: Any) -> Losses:
    """The same for models of several outputs: a name for each, by the outputs' names or in their order."""
    if isinstance(loss, dict) and "class_name" not in loss and 1 < len(loss) <= MAX_OUTPUTS:
        return {str(output): _name_of_one(one) for output, one in loss.items()}
    if isinstance(loss, list | tuple) and 1 < len(loss) <= MAX_OUTPUTS:
        return [_name_of_one(one) for one in loss]
    return name_of_loss(loss)


def _name_of_one(loss: Any) -> str | None:
    return None if isinstance(loss, list | tuple) or _is_plain_dict(loss) else name_of_loss(loss)


def _is_plain_dict(loss: Any) -> bool:
    return isinstance(loss, dict) and "class_name" not in loss


def _of_config(loss: dict[str, Any]) -> str | None:
    kind, config = loss["class_name"], loss.get("config")
    if kind == "function":
        return _clean(config)
    function = config.get("fn") if isinstance(config, dict) else None
    if meaning_of(_clean(kind)) is None and isinstance(function, str | dict):
        return _clean(function) if isinstance(function, str) else _clean(function.get("config"))
    return _clean(kind)


def _clean(name: Any) -> str | None:
    """A name as it may be printed: files hold anything."""
    usable = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
    return name.replace("`", "'") if usable else None


def remember_loss(model: Any, loss: Losses) -> None:
    """Note on a loaded model the name of the loss in its file, or the names of several outputs' losses."""
    vars(model)[MARK] = loss  # past Keras' __setattr__, which would track it


def loss_of(model: Any) -> Losses:
    """The name of the loss that a model was compiled with, or that its file names; of several outputs all."""
    compiled = vars(model).get("loss")
    return names_of_losses(compiled) if compiled is not None else vars(model).get(MARK)


def of_output(losses: Losses, name: str, number: int, count: int) -> str | None:
    """The name of the loss of one of so many outputs. One loss is that of all."""
    if isinstance(losses, dict):
        return losses.get(name) or losses.get(str(number))
    if isinstance(losses, list):
        return losses[number] if len(losses) == count else None
    return losses
