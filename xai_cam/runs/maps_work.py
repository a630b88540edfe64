"""Shared by works that make maps: the model, what the maps show together, and the way to workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from xai_cam.cam.engines.questions import Computing
from xai_cam.models.input.named_outputs import NamedOutputs, OutputNames
from xai_cam.runs.batch_explainer import BatchExplainer
from xai_cam.runs.map_findings import MapFindings
from xai_cam.runs.passes import Watch, unwatched
from xai_cam.runs.plan import Plan

W = TypeVar("W", bound="MapsWork")


@dataclass
class MapsWork:
    """A work with one explainer for all of its images.

    Parameters
    ----------
    open_model : callable
        Loads the model; called when the first image needs it, so that a run with nothing to do loads none.
    notice : callable
        Gets what the user should know before the first image is through.
    watch : callable
        Told of passes through the model.

    Attributes
    ----------
    findings : MapFindings
        What the maps show together.
    outputs : NamedOutputs, optional
        Those of the model, once it was opened, here or by a worker.
    """

    writes: ClassVar[bool] = True
    plan: Plan
    open_model: Callable[[], Any]
    notice: Callable[[str], None]
    computing: Computing = field(default_factory=Computing)
    watch: Watch = field(default=unwatched, kw_only=True)
    findings: MapFindings = field(init=False)
    outputs: NamedOutputs | None = field(default=None, kw_only=True)
    _explainer: BatchExplainer | None = field(default=None, kw_only=True)
    _said: list[str] = field(default_factory=list, kw_only=True)

    def __post_init__(self) -> None:
        self.findings = MapFindings.of(self.plan.request)

    @property
    def explainer(self) -> BatchExplainer:
        """The explainer of a prepared work."""
        assert self._explainer is not None, "the work was not prepared"
        return self._explainer

    def begin(self, explainer: BatchExplainer) -> None:
        """Take in the explainer of the model that was opened."""
        self._explainer, self.outputs = explainer, explainer.feeding

    def conclude(self) -> None:
        """Report what all maps of the run show together; for the caller, after the last image."""
        for line in self.findings.describe(self.plan.request):
            self.notice(line)

    # --- On workers ----------------------------------------------------------------------------------

    def for_worker(self: W) -> W:
        """As `SpreadWork` has it."""
        page, said = vars(self).get("page"), list[str]()
        plan = self.plan.for_worker()
        alone = {} if page is None else {"page": page.for_worker(plan)}
        return replace(self, plan=plan, notice=said.append, watch=unwatched, _said=said, **alone)

    @property
    def beside(self) -> tuple[Path, ...]:
        """As `SpreadWork` has it: the pictures of the page."""
        page = vars(self).get("page")
        return () if page is None else (page.store.folder,)

    def notices(self) -> list[str]:
        """As `SpreadWork` has it."""
        said = [*self._said]
        self._said.clear()
        return said

    def hand_over(self) -> tuple[MapFindings, NamedOutputs | None]:
        """As `SpreadWork` has it."""
        outputs = self.outputs and OutputNames.of(self.outputs)
        return self.findings.take(), outputs

    def take_in(self, found: tuple[MapFindings, NamedOutputs | None]) -> None:
        """As `SpreadWork` has it."""
        findings, outputs = found
        self.findings.join(findings)
        self.outputs = self.outputs or outputs
