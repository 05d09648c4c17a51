"""Render a visualization: Lucid's `render_vis`, and the pieces of which it is made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid import models
from artlucid.errors import VisualizationError
from artlucid.models._load import Source
from artlucid.visualize import _draws, _noise, objectives, param, transform
from artlucid.visualize._activations import Activations, Objective, sight_of
from artlucid.visualize._adam import LucidAdam
from artlucid.visualize._optimization import Ascent, Optimizer, Transform
from artlucid.visualize._options import ENGINES, check_engine
from artlucid.visualize._original import images_by_original
from artlucid.visualize._show import show
from artlucid.visualize._variables import Parameterization

__all__ = [
    "ENGINES",
    "import_model",
    "make_optimizer",
    "make_print_objective_func",
    "make_t_image",
    "make_transform_f",
    "make_vis_T",
    "render_vis",
]

logger = logging.getLogger("artlucid")

Tensor = Any
Images = list[npt.NDArray[np.float32]]


def render_vis(
    model: Source,
    objective_f: Objective | str,
    param_f: Callable[[], Tensor] | None = None,
    optimizer: keras.optimizers.Optimizer | Callable[[], keras.optimizers.Optimizer] | None = None,
    transforms: Sequence[Transform] | None = None,
    thresholds: Sequence[int] = (512,),
    print_objectives: Sequence[Objective] | None = None,
    verbose: bool = True,
    relu_gradient_override: bool = True,
    use_fixed_seed: bool = False,
    *,
    seed: int | None = None,
    transforms_per_image: bool = False,
    engine: str = "artlucid",
) -> Images:
    """Optimize images so that they reach a high value of an objective: Lucid's feature visualization.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    objective_f : Objective, str or callable
        What is to be high: ``"layer:channel"``, one of `artlucid.visualize.objectives`, or a function from ``T``, which
        gives the activations of a layer by its name, to a scalar tensor.
    param_f : callable, optional
        Makes the image, shape (batch, height, width, channels), values 0 … 1; by default ``param.image(128)``.
    optimizer : keras.optimizers.Optimizer or callable, optional
        By default Adam with a rate of 0.05 and an epsilon of 1e-8. A copy is used. A callable makes one.
    transforms : sequence of callable, optional
        What is done to the image before the network sees it; by default `transform.standard_transforms`. An empty one
        does nothing.
    thresholds : sequence of int
        Steps after which the image is kept. Like Lucid's, they count from 0: ``(512,)`` makes 513 updates.
    print_objectives : sequence of Objective, optional
        Further objectives whose values are printed at the thresholds.
    verbose : bool
        Print step and objective at each threshold, and show the image in a notebook.
    relu_gradient_override : bool
        Let gradients pass a ReLU that blocks them all, during the first 17 updates.
    use_fixed_seed : bool
        The same as ``seed=0``.
    seed : int, optional
        Of the initial image and of the transformations. None renders another picture each time.
    transforms_per_image : bool
        Draw a transformation for each image of the batch, in the place of one for all.
    engine : {"artlucid", "lucid"}
        Who renders: this library, or the original Lucid on TensorFlow 2.

    Returns
    -------
    list of array of shape (batch, height, width, channels), float32
        The image at each threshold, values 0 … 1. After Ctrl-C those so far, and the image at that moment.

    Raises
    ------
    VisualizationError
        If objective, image, transformations and network do not fit.
    ModelError
        If there is no such model or layer; the nearest names are given.

    References
    ----------
    Olah et al., "Feature Visualization", Distill 2017. Figures 1 to 4 of the paper use ``param.image(224)`` and
    ``thresholds=(2048,)``.

    Examples
    --------
    >>> from artlucid import models
    >>> from artlucid.visualize import param, render
    >>> mini = models.load("none", architecture="mini")
    >>> images = render.render_vis(mini, "mixed4d:7", lambda: param.image(64), thresholds=(1, 2), verbose=False, seed=0)
    >>> [image.shape for image in images]
    [(1, 64, 64, 3), (1, 64, 64, 3)]
    """
    kept_at = _checked_thresholds(thresholds)
    check_engine(engine)
    seed = 0 if use_fixed_seed and seed is None else seed
    if seed is not None and (not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31):
        raise VisualizationError(
            f"`seed` must be a whole number from 0 to {2**31 - 1}. Received {seed!r}. Choose another one."
        )
    if engine == "lucid":
        return images_by_original(
            model,
            objective_f,
            param_f,
            optimizer,
            transforms,
            kept_at,
            verbose,
            relu_gradient_override,
            print_objectives,
            seed=seed,
            per_image=transforms_per_image,
        )
    visualization = make_vis_T(
        model,
        objective_f,
        param_f,
        optimizer,
        transforms,
        relu_gradient_override,
        seed=seed,
        transforms_per_image=transforms_per_image,
    )
    report = make_print_objective_func(print_objectives, visualization)
    images: Images = []
    try:
        for step in range(max(kept_at) + 1):
            value = visualization("vis_op").run()
            if step in kept_at:
                images.append(visualization("input").eval())
                if verbose:
                    print(step, value)
                    report()
                    show(images[-1])
    except KeyboardInterrupt:
        logger.warning("interrupted after %d updates: the last image is that of this moment", visualization.updates)
        images.append(visualization("input").eval())
        if verbose:
            show(images[-1])
    return images


def _checked_thresholds(thresholds: Sequence[int]) -> frozenset[int]:
    steps = list(thresholds) if isinstance(thresholds, Iterable) else [thresholds]
    if not steps or any(not isinstance(step, int | np.integer) or step < 0 for step in steps):
        raise VisualizationError(
            f"`thresholds` must be steps, counted from 0, at which images are kept. Received {thresholds!r}. "
            "Use (512,), for example."
        )
    return frozenset(int(step) for step in steps)


class _Value:
    """A tensor of a visualization, computed when it is asked for."""

    def __init__(self, compute: Callable[[], Tensor]) -> None:
        self._compute = compute

    def eval(self) -> npt.NDArray[np.float32]:
        """The present value."""
        return np.asarray(self._compute())

    numpy = eval


class _Update:
    """The operation that changes the image once."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    def run(self) -> npt.NDArray[np.float32]:
        """Change the image; gives the objective before the change."""
        return np.asarray(self._optimizer.update())


class Visualization:
    """What `make_vis_T` gives: a function from a name to what it means."""

    def __init__(self, ascent: Ascent, optimizer: keras.optimizers.Optimizer, labels: Sequence[str] = ()) -> None:
        self._ascent = ascent
        self._labels = labels
        self._optimizer = Optimizer(ascent, optimizer)
        self._evaluators: dict[str, Callable[[], list[Tensor]]] = {}

    @property
    def updates(self) -> int:
        """How often the image was changed."""
        return self._optimizer.updates

    def __call__(self, name: str) -> Any:
        if name == "vis_op":
            return _Update(self._optimizer)
        if name == "input":
            return _Value(self._optimizer.image)
        if name == "labels":
            return list(self._labels)
        return _Value(lambda: self._compiled(name)()[0])

    def _compiled(self, name: str) -> Callable[[], list[Tensor]]:
        """Compiled once, however often its value is asked for."""
        if name not in self._evaluators:
            objective = self._ascent.objective if name == "loss" else lambda T: T(name)
            self._evaluators[name] = self.evaluator([objective])
        return self._evaluators[name]

    def evaluator(self, objectives: Sequence[Objective]) -> Callable[[], list[Tensor]]:
        """A function that gives objectives, or any functions of ``T``, at the present image."""
        return self._optimizer.evaluator(objectives)


def make_vis_T(
    model: Source,
    objective_f: Objective | str,
    param_f: Callable[[], Tensor] | None = None,
    optimizer: keras.optimizers.Optimizer | Callable[[], keras.optimizers.Optimizer] | None = None,
    transforms: Sequence[Transform] | None = None,
    relu_gradient_override: bool = False,
    *,
    seed: int | None = None,
    transforms_per_image: bool = False,
) -> Visualization:
    """Begin a visualization that is driven step by step: the core of `render_vis`.

    Where Lucid needs a graph, a session and an initializer, nothing is needed here.

    Parameters
    ----------
    model, objective_f, param_f, optimizer, transforms, relu_gradient_override, seed, transforms_per_image
        As in `render_vis`, but `relu_gradient_override` is off unless asked for, like Lucid's.

    Returns
    -------
    callable
        ``T("vis_op").run()`` changes the image once and gives the objective before; ``T("input").eval()`` is the
        image; ``T("loss").eval()`` the objective; ``T(layer).eval()`` the activations of a layer, all with the draws
        of the step that comes next.

    Raises
    ------
    VisualizationError, ModelError
        As `render_vis`.

    Examples
    --------
    >>> from artlucid import models
    >>> from artlucid.visualize import param, render
    >>> T = render.make_vis_T(models.load("none", architecture="mini"), "mixed4d:7", lambda: param.image(64), seed=0)
    >>> for _ in range(2):
    ...     loss = T("vis_op").run()
    >>> T("input").eval().shape
    (1, 64, 64, 3)
    """
    network = models.load(model)
    objective = objectives.as_objective(objective_f)
    with _noise.seeded([seed]):
        image = make_t_image(param_f)
    transform_f = make_transform_f(transforms, per_image=transforms_per_image)
    ascent = Ascent(
        sight_of(network), objective, image, transform_f, redirect=relu_gradient_override, draws=_draws.of_steps(seed)
    )
    return Visualization(ascent, make_optimizer(optimizer), network.class_names)


def import_model(model: Source, t_image: Tensor, t_image_raw: Tensor = None, scope: str = "import") -> Activations:
    """Let a network see an image, and get at its layers.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    t_image : tensor of shape (batch, height, width, 3)
        What the network sees, values 0 … 1.
    t_image_raw : tensor, optional
        What ``T("input")`` gives; by default `t_image`.
    scope : str
        Name scope of the operations.

    Returns
    -------
    callable
        ``T``: from the name of a layer to its activations, shape (batch, height, width, channels).

    Raises
    ------
    VisualizationError
        If the image does not have three channels, or not the size that the network was built for.
    ModelError
        If there is no such model; from ``T``, if there is no such layer.

    Examples
    --------
    >>> import tensorflow as tf
    >>> from artlucid import models
    >>> from artlucid.visualize import render
    >>> T = render.import_model(models.load("none", architecture="mini"), tf.zeros([1, 64, 64, 3]))
    >>> T("mixed4d").shape.as_list()
    [1, 4, 4, 132]
    """
    with tf.name_scope(scope):
        return Activations(models.load(model), t_image, t_image if t_image_raw is None else t_image_raw)


def make_t_image(param_f: Callable[[], Tensor] | None = None) -> Parameterization:
    """Make the variables of an image.

    Parameters
    ----------
    param_f : callable, optional
        Without arguments, gives a tensor; by default ``param.image(128)``.

    Returns
    -------
    callable
        Without arguments, gives the image of the variables' present values.

    Raises
    ------
    VisualizationError
        If it is no function, or makes no tensor or no variable.
    """
    param_f = (lambda: param.image(128)) if param_f is None else param_f
    if not callable(param_f):
        raise VisualizationError(
            f"`param_f` must be a function without arguments that makes an image. Received {type(param_f).__name__}. "
            "Put `lambda:` before it, as in `lambda: param.image(128)`: its variables are made anew for each rendering."
        )
    image = Parameterization(param_f)
    if not image.variables:
        raise VisualizationError(
            "`param_f` must make at least one `tf.Variable`. Received a function that makes none, so that there is "
            "nothing to optimize. Make the variables within the function, not before it."
        )
    return image


def make_transform_f(transforms: Sequence[Transform] | None, *, per_image: bool = False) -> Transform:
    """Compose transformations.

    Parameters
    ----------
    transforms : sequence of callable, optional
        None means the standard ones, and an empty sequence none.
    per_image : bool
        Draw for each image of a batch, in the place of once for all.

    Returns
    -------
    callable
        From a batch of images to what the network sees.
    """
    chosen = transform.standard_transforms if transforms is None else transforms
    return transform.per_image(chosen) if per_image else transform.compose(chosen)


def make_optimizer(
    optimizer: keras.optimizers.Optimizer | Callable[[], keras.optimizers.Optimizer] | None = None,
) -> keras.optimizers.Optimizer:
    """Make an optimizer that belongs to no variables yet.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer or callable, optional
        One to be copied, or a function that makes one; by default Lucid's Adam.

    Returns
    -------
    keras.optimizers.Optimizer

    Raises
    ------
    VisualizationError
        If it is neither.
    """
    if optimizer is None:
        return LucidAdam()
    if not isinstance(optimizer, keras.optimizers.Optimizer) and callable(optimizer):
        optimizer = optimizer()
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise VisualizationError(
            "`optimizer` must be a Keras optimizer, or a function without arguments that makes one. Received "
            f"{type(optimizer).__name__}. Use `keras.optimizers.Adam(0.05, epsilon=1e-8)`, for example."
        )
    return type(optimizer).from_config(optimizer.get_config())


def make_print_objective_func(
    print_objectives: Sequence[Objective] | None,
    T: Visualization,
) -> Callable[[], None]:
    """Make a function that prints the present values of objectives."""
    described = [objectives.as_objective(objective) for objective in print_objectives or ()]
    if not described:
        return lambda: None
    values = T.evaluator(described)

    def report() -> None:
        for number, (objective, value) in enumerate(zip(described, values(), strict=True), 1):
            name = getattr(objective, "description", None) or getattr(objective, "__name__", "objective")
            print(f"{number:02d}: {name}: {float(np.sum(value)):7.2f}")

    return report
