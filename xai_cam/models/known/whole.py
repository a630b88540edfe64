"""A model as a network to look at: of all outputs where nobody can say which of them is explained."""

from __future__ import annotations

from dataclasses import replace

from xai_cam.errors import ModelError
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known.messages import collected, unless_said
from xai_cam.models.known.network import FactsRecord, KnownNetwork
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import StoredModel
from xai_cam.models.output.model_output import EVERY, choose


def open_whole(model: StoredModel, options: NetworkOptions) -> NetworkFacts:
    """The network, opened.

    Raises
    ------
    ModelError, InputError
        As of `Network`.
    """
    try:
        with collected() as said:
            return model.network(options)
    except ModelError as error:
        if options.outputs or "`output_name=" not in error.message:
            raise
        with unless_said(said):
            return model.network(replace(options, outputs=EVERY))


def known_whole(model: StoredModel, options: NetworkOptions) -> KnownNetwork | None:
    """The network by what was kept of it; None: nothing is.

    Raises
    ------
    ModelError
        There is too little memory for it.
    """
    found = model.known(options)
    if found is not None or options.outputs:
        return found
    return model.known(replace(options, outputs=EVERY), _is_open)


def _is_open(record: FactsRecord) -> bool:
    """Whether nobody can say which output is explained; else all of them were asked for by somebody."""
    try:
        choose(list(record.all_outputs))
    except ModelError:
        return True
    return False
