"""The options of a command as frozen records: a group of options is one argument of the command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from xai_cam.cli.sections import SECTION_OF
from xai_cam.images.grey_levels import grey_window
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.resampling import DEFAULT_FILTER

if TYPE_CHECKING:
    from xai_cam.cam.engines.questions import Computing
    from xai_cam.files.shard import Shard
    from xai_cam.models.input.feeding import FeedingRequest
    from xai_cam.models.known.stored import StoredModel
    from xai_cam.models.loading.custom_code import CustomCode
    from xai_cam.models.loading.model_files import ModelFiles

F = TypeVar("F", bound=Callable[..., Any])


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """One decorator of several, in the order in which --help lists them."""

    def decorate(function: F) -> F:
        return reduce(lambda made, option: option(made), reversed(options), function)

    return decorate


def section(title: str | None, *options: Callable[[F], F]) -> Callable[[F], F]:
    """One decorator of several, whose options --help lists in this section, if they have none yet."""

    def decorate(function: F) -> F:
        before = list(getattr(function, "__click_params__", ()))
        function = together(*options)(function)
        for param in getattr(function, "__click_params__", ()):
            if title and not any(param is one for one in before):
                vars(param).setdefault("section", title)
        return function

    return decorate


def gather(name: str, kind: type[Any]) -> Callable[[F], F]:
    """A decorator: the function gets those of its arguments that are fields of `kind` as one, `name`.

    A field without an argument keeps its default. As the arguments may be gathered ones themselves, a
    command's record can be made of those of its groups; its decorator then stands below theirs.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def gathering(*args: Any, **kwargs: Any) -> Any:
            given = {one.name: kwargs.pop(one.name) for one in fields(kind) if one.name in kwargs}
            return function(*args, **{name: kind(**given)}, **kwargs)

        return cast(F, gathering)

    return decorate


def group(name: str, kind: type[Any], *options: Callable[[F], F]) -> Callable[[F], F]:
    """A decorator: these options, which the command gets as one argument `name` of the `kind`.

    --help lists them in the section that belongs to the name.
    """
    return together(gather(name, kind), section(SECTION_OF.get(name), *options))


@dataclass(frozen=True)
class ModelOptions:
    """The model: `--model`, `--weights`, `--size`, `--head`, `--inside`, its input and its outputs."""

    model: Path
    weights: Path | None
    size: tuple[int, int] | None = None
    head: str = "auto"
    inside: str | None = None
    image_input: str | None = None
    output_names: tuple[str, ...] = ()

    def one_output(self, why: str) -> tuple[str, ...]:
        """The output of the model, of which a command takes one only; `why` says so.

        Raises
        ------
        InputError
            Several are named.
        """
        from xai_cam.errors import InputError

        if len(self.output_names) > 1:
            raise InputError(f"--output-name was given several times, but {why}. Name one.")
        return self.output_names

    def find(self, trust: TrustOptions, computing: ComputeOptions | None = None) -> ModelFiles:
        """The files of the model, looked for and not loaded; what they are is cached if `computing` does.

        Raises
        ------
        XaiCamError
        """
        from xai_cam.files.cache import Cache
        from xai_cam.models.loading.finding import find_model_files

        cache = None if computing is None or computing.no_cache else Cache()
        return replace(find_model_files(self.model, self.weights, self.inside, cache), code=trust.code)


@dataclass(frozen=True)
class TrustOptions:
    """What opening a model may do: code by `--custom-objects`, `--allow-unsafe`; its cost by `--limit`."""

    custom_objects: str | None
    allow_unsafe: bool
    limit: str | None = None

    @cached_property
    def code(self) -> CustomCode | None:
        """The source of the custom objects, read and not executed; None where none is named.

        Raises
        ------
        InputError
            It cannot be read.
        """
        from xai_cam.cli.values import fetched_here
        from xai_cam.files.stores.paths import as_path
        from xai_cam.files.stores.urls import is_url
        from xai_cam.models.loading.custom_code import read_code

        source, origin = self.custom_objects, ""
        if source and is_url(source):
            source, origin = str(fetched_here(as_path(source), "Name a .py file.")), source
        return read_code(source, origin) if source else None

    def open(self, files: ModelFiles, verbose: bool, device: str = "auto") -> Any:
        """The model of files that `find` found, loaded on the device; TensorFlow is started for it.

        Raises
        ------
        XaiCamError
        """
        from xai_cam.cli.startup import open_model

        return open_model(files, verbose, device, self.allow_unsafe, self.limit)

    def stored(self, files: ModelFiles, verbose: bool, computing: ComputeOptions) -> StoredModel:
        """The same, opened when something has to be computed by it, where its facts were kept."""
        from xai_cam.cli.startup import stored_model

        known = not (computing.no_cache or computing.xla or computing.engine == "tensorflow")
        return stored_model(files, verbose, computing.device, self.allow_unsafe, self.limit, known)


@dataclass(frozen=True)
class ImageOptions:
    """Which images to take, besides those that are named."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    from_file: str | None
    recursive: bool = True
    follow_links: bool = False
    shard: Shard | None = None


@dataclass(frozen=True)
class MapOptions:
    """Which maps to make: of which layers, by which methods, for which classes."""

    layers: tuple[str, ...]
    methods: tuple[str, ...]
    labels: Path | None
    score: str | None
    max_channels: int | None
    tolerance: float | None
    channels_by: str
    classes: tuple[str, ...] = ("predicted",)
    fuse: str | None = None
    call: int | None = None
    reshape: tuple[int, int] | None = None
    sign: str = "positive"
    samples: int | None = None
    patch: int | None = None
    stride: int | None = None
    seed: int = 0
    smooth: bool = False


@dataclass(frozen=True)
class PreprocessingOptions:
    """How an image becomes the model's input."""

    preprocess: str
    channel_order: str | None
    fit: str
    resize_with: str = DEFAULT_FILTER
    window: tuple[float, float] | None = None
    depth: int | None = None
    frame: int | None = None
    max_pixels: int = MAX_PIXELS
    show_bands: tuple[int, ...] | None = None
    extra: tuple[tuple[str, str], ...] = ()
    shrink_on_load: bool = False

    def __post_init__(self) -> None:
        grey_window(self.window, self.depth)  # refuses both together, before a model is loaded

    def feeding(self, model: ModelOptions, labels: Sequence[str] | None) -> FeedingRequest:
        """The library's `FeedingRequest` for the input and head of this model, and classes of these names."""
        from xai_cam.models.input.feeding import FeedingRequest

        outputs = model.one_output("this command looks at one output at a time")
        asked = {**vars(self), "image_input": model.image_input, "output_names": outputs}
        return FeedingRequest(size=model.size, labels=labels, head=model.head, **asked)


@dataclass(frozen=True)
class PictureOptions:
    """How maps are drawn, and which files are written."""

    colormap: str
    blend: str
    opacity: float | None
    enlarge: int | None
    saves: tuple[str, ...] = ("overlay",)
    file_format: str = "png"
    grid: bool = False
    outline: bool = True
    theme: str = "light"
    marks: tuple[str, ...] = ()
    animation: str = "webp"
    threshold: str = "0.15"
    components: str = "largest"


@dataclass(frozen=True)
class ComputeOptions:
    """The engine, its device and precision, and its batch sizes."""

    device: str
    batch_size: int | None = None
    chunk_size: int | None = None
    engine: str = "auto"
    precision: str = "f32"
    no_cache: bool = False
    xla: bool = False

    @property
    def plain_device(self) -> str:
        """The device's name in a process that sees only one: `gpu:2` is the only GPU there."""
        return "gpu" if self.device.startswith("gpu:") else self.device

    def computing(self) -> Computing:
        """The same as the library takes it.

        Raises
        ------
        InputError
            A precision that the engine does not have.
        """
        from xai_cam.cam.engines.questions import Computing

        asked = self.engine, self.plain_device, self.precision, self.chunk_size
        return Computing(*asked, not self.no_cache, self.batch_size, self.xla)


@dataclass(frozen=True)
class SelectionOptions:
    """Which images to select by the model's predictions: `--only` and `--margin`."""

    only: str | None
    margin: float | None


@dataclass(frozen=True)
class VerbosityOptions:
    """How much is printed: `--quiet` and `--verbose`."""

    quiet: bool
    verbose: bool


@dataclass(frozen=True)
class RunOptions(VerbosityOptions):
    """How a run over many images proceeds."""

    overwrite: bool
    fail_fast: bool
    dry_run: bool
