"""How a model is seen as a network: all that is told of it besides its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai_cam.models.network import Network


@dataclass(frozen=True)
class NetworkOptions:
    """The parameters of `Network`; `held` are the names of other inputs for which something is given."""

    size: tuple[int, ...] | None = None
    head: str = "auto"
    reshape: tuple[int, ...] | None = None
    call: int | None = None
    batch_size: int | None = None
    outputs: Sequence[str | int] = ()
    image_input: str | None = None
    held: Sequence[str] = ()

    def open(self, model: Any) -> Network:
        """A model as a network.

        Raises
        ------
        ModelError, InputError
            As of `Network`.
        """
        from xai_cam.models.input.model_inputs import image_beside
        from xai_cam.models.network import Network

        image = self.image_input or image_beside(model, self.held)
        more: dict[str, Any] = {"reshape": self.reshape, "call": self.call, "batch_size": self.batch_size}
        return Network(model, self.size, self.head, **more, outputs=self.outputs, image_input=image)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides what a network is; how many images it is asked about does not."""
        return {
            "size": self.size and list(self.size),
            "head": self.head,
            "reshape": self.reshape and list(self.reshape),
            "call": self.call,
            "outputs": list(self.outputs),
            "image_input": self.image_input,
            "held": [] if self.image_input else sorted(self.held),
        }
