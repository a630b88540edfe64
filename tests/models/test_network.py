"""A model as a tree of layers: every way to build one, every way to name a layer, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import Explainer, explain
from xai_cam.errors import InputError, ModelError
from xai_cam.models.network import Network
from xai_cam.models.observing import observing

make = keras.layers
SHAPE = (12, 12, 3)
X = np.random.default_rng(0).normal(0, 1, (2, *SHAPE)).astype(np.float32)


def head(x: Any, units: int = 3) -> Any:
    return make.Dense(units, activation="softmax", name="head")(make.GlobalAveragePooling2D(name="mean")(x))


def functional() -> Any:
    image = keras.Input(SHAPE)
    x = make.Conv2D(4, 3, name="stem")(make.Rescaling(1 / 2, name="scale")(image))
    return keras.Model(image, head(make.ReLU(name="last")(make.Conv2D(5, 3, name="deep")(x))))


def sequential() -> Any:
    layers = [make.Conv2D(4, 3, name="stem"), make.Conv2D(5, 3, name="deep"), make.ReLU(name="last")]
    tail = [make.Flatten(name="mean"), make.Dense(3, activation="softmax", name="head")]
    return keras.Sequential([keras.Input(SHAPE), *layers, *tail])


def backbone(name: str = "mobilenetv2_1.00_224") -> Any:
    image = keras.Input(SHAPE)
    x = make.Conv2D(5, 3, name="deep")(make.Conv2D(4, 3, name="stem")(image))
    return keras.Model(image, make.ReLU(name="last")(x), name=name)


def nested_functional() -> Any:
    image = keras.Input(SHAPE)
    return keras.Model(image, head(backbone()(image)))


def nested_sequential() -> Any:
    return keras.Sequential([backbone(), make.Flatten(), make.Dense(3, activation="softmax", name="head")])


class Block(keras.layers.Layer):
    """A layer that is made of others, and not of all that it calls."""

    def __init__(self) -> None:
        super().__init__(name="block")
        self.deep = make.Conv2D(5, 3, name="deep")
        self.last = make.ReLU(name="last")

    def call(self, x: Any) -> Any:
        return self.last(self.deep(x))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.stem = make.Conv2D(4, 3, name="stem")
        self.block = Block()
        self.mean = make.GlobalAveragePooling2D(name="mean")
        self.top = make.Dense(3, name="head")

    def call(self, x: Any, training: bool = False) -> Any:
        return keras.ops.softmax(self.top(self.mean(self.block(self.stem(x)))))


def subclassed() -> Any:
    model = Subclassed()
    model(X)
    model.build((None, *SHAPE))
    return model


KINDS: dict[str, tuple[Callable[[], Any], str]] = {
    "functional": (functional, ""),
    "sequential": (sequential, ""),
    "nested functional": (nested_functional, "mobilenetv2_1.00_224/"),
    "nested sequential": (nested_sequential, "mobilenetv2_1.00_224/"),
    "subclassed": (subclassed, "block/"),
}
"""Kind -> how to build it, and the path of the model or layer that holds `deep` and `last`."""


def state(model: Any) -> list[tuple[str, set[str], int]]:
    """What `observing` may touch: own attributes of each layer, and which activation it holds."""
    return [(x.name, set(vars(x)), id(getattr(x, "activation", None))) for x in model._flatten_layers()]


# --- Finding -----------------------------------------------------------------------------------------


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[Any, str]:
    build, prefix = KINDS[request.param]
    return build(), prefix


def test_every_layer_is_found_by_path_and_by_name(kind: tuple[Any, str]):
    model, prefix = kind
    network = Network(model)
    for name in ("deep", "last"):
        assert network.find(prefix + name).path == network.find(name).path == prefix + name
        assert network.find(name).shape[:2] == (8, 8) and network.find(name).spatial
    opaque = isinstance(model, Subclassed)  # its block is made of others in its own manner: one step
    assert network.find().path == ("block" if opaque else prefix + "last")
    if prefix:
        assert network.find(prefix[:-1]).path == prefix[:-1]  # the outer layer itself
    assert [info.order for info in network.layers] == sorted(info.order for info in network.layers)


def test_gradients_of_every_kind_equal_a_direct_computation(kind: tuple[Any, str]):
    """Behind `last` stand a mean or a flattening and one dense layer, so that the gradient is a kernel."""
    model, _ = kind
    dense = next(layer for layer in model._flatten_layers() if layer.name == "head")
    kernel = np.asarray(dense.kernel)[:, 1]
    if kernel.size == 5:  # after a mean over 8 x 8
        expected = np.broadcast_to(kernel / 64, (8, 8, 5))
    else:
        expected = kernel.reshape(8, 8, 5)
    engine = Explainer(model, "last").engine
    _, (gradients,) = engine.gradients(X, np.array([[1], [1]]), "logit")
    for found in gradients:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_nothing_is_left_behind(kind: tuple[Any, str]):
    model, _ = kind
    before, output = state(model), np.asarray(model(X))
    config = None if isinstance(model, Subclassed) else model.get_config()
    weights = [w.copy() for w in model.get_weights()]
    explain(model, X, method=["grad-cam", "score-cam"])
    with pytest.raises(InputError):
        explain(model, X, target_class=99)
    assert state(model) == before and all("call" not in own for _, own, _ in before)
    np.testing.assert_array_equal(np.asarray(model(X)), output)
    np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-5)  # still a softmax
    assert config is None or model.get_config() == config
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("fail", ["seen", "between", "spying"])
def test_state_is_restored_after_an_error(fail: str):
    model = build_tiny()
    layers = model.layers[1:]
    before = state(model)

    def seen(layer: Any, output: Any) -> Any:
        if fail == "seen":
            raise RuntimeError("on purpose")
        return output

    def targets() -> Any:
        yield layers[0]
        if fail == "spying":
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"), observing(layers, targets(), seen):
        model(np.zeros((1, 16, 16, 3), np.float32))
        raise RuntimeError("on purpose")
    assert state(model) == before
    assert "call" not in {name for layer in layers for name in vars(layer)}


def test_state_is_restored_when_a_layer_fails():
    class Failing(keras.layers.Layer):
        ready = True

        def call(self, x: Any) -> Any:
            if not self.ready:
                raise ValueError("on purpose")
            return x

    failing = Failing()
    layers = [
        make.Conv2D(4, 3, activation="relu"),
        failing,
        make.Flatten(),
        make.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input(SHAPE), *layers])
    failing.ready = False
    before = state(model)
    with pytest.raises(ModelError, match="on purpose"):
        Network(model)
    assert state(model) == before


# --- Names that do not fit ---------------------------------------------------------------------------


def test_wrong_names_list_the_nearest_first():
    with pytest.raises(ModelError, match=r"no layer 'deeep'\. Nearest names with maps: deep, "):
        Network(functional()).find("deeep")


def test_one_name_in_two_models_needs_a_path():
    image = keras.Input(SHAPE)
    both = make.Concatenate(name="both")([backbone("left")(image), backbone("right")(image)])
    network = Network(keras.Model(image, head(both)))
    with pytest.raises(ModelError, match=r"Several layers are called 'deep': left/deep, right/deep"):
        network.find("deep")
    assert network.find("right/deep").path == "right/deep" and network.find().path == "both"


def test_layers_without_maps_are_refused():
    network = Network(functional())
    with pytest.raises(ModelError, match=r"'mean' has no spatial output \(it gives 5\).*(deep|last)"):
        network.find("mean")
    assert "head" not in [info.path for info in network.spatial_layers()]


# --- The default layer -------------------------------------------------------------------------------


def default_of(layers: list[Any]) -> str:
    return Network(keras.Sequential([keras.Input(SHAPE), *layers])).find().path


def test_a_head_of_1_x_1_convolutions_is_not_the_default():
    conv, pool = make.Conv2D(4, 3, name="deep"), make.GlobalAveragePooling2D(keepdims=True)
    assert default_of([conv, pool, make.Conv2D(3, 1, name="preds"), make.Flatten(), make.Softmax()]) == "deep"


def test_layers_before_the_first_convolution_are_not_the_default():
    with pytest.raises(ModelError, match="no convolution"):
        default_of([make.Rescaling(1.0), make.MaxPooling2D(), make.Flatten(), make.Dense(3)])
    network = Network(functional())
    assert network.find("scale").order < network.find("stem").order  # but they can be asked for


@pytest.mark.parametrize("merge", ["Add", "Concatenate", "Maximum"])
def test_merges_count(merge: str):
    image = keras.Input(SHAPE)
    a, b = make.Conv2D(4, 3)(image), make.Conv2D(4, 3)(image)
    assert (
        Network(keras.Model(image, head(getattr(make, merge)(name="merge")([a, b])))).find().path == "merge"
    )


def test_a_shared_layer_is_explained_where_it_is_called_last():
    image = keras.Input(SHAPE)
    shared = make.Conv2D(3, 3, padding="same", name="shared", activation="relu")
    model = keras.Model(image, head(shared(shared(image))))
    engine = Explainer(model, "shared").engine
    found = engine.forward(X).activations
    once = np.asarray(shared(X))
    np.testing.assert_allclose(found, np.asarray(shared(once)), rtol=1e-5, atol=1e-6)


# --- Inputs and outputs ------------------------------------------------------------------------------


def test_open_sizes_need_a_size():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, head(make.Conv2D(4, 3)(image)))
    with pytest.raises(ModelError, match=r"`size=\(height, width\)`"):
        Network(model)
    assert Network(model, (20, 24)).input_shape == (20, 24, 3)
    with pytest.raises(ModelError, match="cannot be used"):
        Network(functional(), (20, 24))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda i: ([i, j := keras.Input(SHAPE)], head(make.Conv2D(4, 3)(make.Add()([i, j])))), "2 of the"),
        (lambda i: (i, [make.Softmax()(make.Flatten()(i)), head(make.Conv2D(4, 3)(i))]), "has 2 outputs"),
        (lambda i: (i, make.Reshape((3, 2, 2, -1))(make.Conv2D(12, 3)(i))), "not a classifier"),
    ],
    ids=["two images", "two classifiers", "neither a list nor a map"],
)
def test_what_nobody_can_say_is_refused(build: Callable[[Any], Any], message: str):
    with pytest.raises(ModelError, match=message):
        _ = Network(keras.Model(*build(keras.Input(SHAPE)))).head


def test_the_classifier_among_several_outputs_is_explained():
    image = keras.Input(SHAPE)
    maps = make.Conv2D(4, 3)(image)
    network = Network(keras.Model(image, [make.Dense(3)(make.Flatten()(maps)), head(maps), maps]))
    assert [one.number for one in network.outputs] == [1] and len(network.all_outputs) == 3
    assert Network(network.model, outputs=[2]).head.pixels == tuple(maps.shape[1:3])


def test_no_images_at_all():
    with pytest.raises(ModelError, match="not take images"):
        Network(keras.Sequential([keras.Input((7,)), make.Dense(2)]))
