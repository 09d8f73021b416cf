"""What a run and a sweep of runs are asked to do, as frozen values and as JSON; no torch here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from itertools import product
from typing import Any, Literal, get_args

from irnet.models import PRESETS, full_name
from irnet.models import network as preset
from irnet.models.recipe import knobs, read
from irnet.spec import Network

DataKind = Literal["gratings", "crops", "folder"]
OptimiserName = Literal["rmsprop", "sgd", "adamw"]
Precision = Literal["float32", "bfloat16"]
SweepKind = Literal["race", "stability"]
OPTIMISERS: tuple[OptimiserName, ...] = get_args(OptimiserName)
INITS = ("torch", "he", "tf")  # those of irnet.runtime.init, which imports torch
DATA_KINDS: tuple[DataKind, ...] = get_args(DataKind)
PAPER_RATE, PAPER_DECAY, PAPER_DECAY_EPOCHS = 0.045, 0.94, 2  # section 4: times 0.94 every two epochs
KNOBS = ("width", "depth", "sum_norm")  # of a run, handed on to the network's recipe
SCALES = ("scale_a", "scale_b", "scale_c")


def _check(place: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{place}={value:g} is outside {low:g} to {high:g}")


def _check_word(place: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise ValueError(f"{place}={value!r} is not one of {', '.join(words)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Which images: generated gratings, crops of scikit-image's bundled pictures, or a folder with one per class."""

    kind: DataKind = "gratings"
    size: int = 75  # pixels a side
    classes: int | None = None  # None: 8 gratings, all pictures, or as many as the folder has
    folder: str = ""  # on the machine that trains
    noise: float = 0.5  # of gratings: its standard deviation, where the grating's amplitude is 1
    augment: bool = True  # random crops and, where it keeps the label, flips
    held_out: int = 128  # images, at most, that accuracy is measured on
    epoch: int = 1024  # images that count as an epoch where they are drawn without end

    def __post_init__(self) -> None:
        _check_word("data", self.kind, DATA_KINDS)
        _check("size", self.size, 1, 4096)
        _check("noise", self.noise, 0, 100)
        _check("held_out", self.held_out, 1, 100_000)
        _check("epoch", self.epoch, 1, 100_000_000)
        if self.classes is not None:
            _check("classes", self.classes, 2, 21_843)
        if (self.kind == "folder") != bool(self.folder):
            raise ValueError(f"data={self.kind!r} and folder={self.folder!r} do not go together: one needs the other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training run. The same settings give the same curve, bit for bit on one machine and number of threads."""

    network: str = "inception_resnet_v2.paper"  # a label: a preset and, in brackets, its knobs
    scale: float | None = None  # of every residual; None as the label says; likewise the next three
    width: float | None = None
    depth: int | None = None
    sum_norm: bool | None = None
    init: str = "he"
    seed: int = 0  # of weights, dropout and batches
    data: Data = field(default_factory=Data)
    optimiser: OptimiserName = "rmsprop"
    rate: float = PAPER_RATE
    decay: float = PAPER_DECAY
    decay_epochs: float = PAPER_DECAY_EPOCHS
    warm_up: int = 0  # steps at `warm_up_rate` before the schedule starts, He et al.'s first phase
    warm_up_rate: float = 1e-5
    dropout: float = 0.2
    batch: int = 16
    steps: int = 30
    evaluate_every: int = 0  # steps; 0 leaves held-out accuracy out
    precision: Precision = "float32"
    channels_last: bool = False
    device: str = "cpu"

    def __post_init__(self) -> None:
        _check_word("optimiser", self.optimiser, OPTIMISERS)
        _check_word("precision", self.precision, get_args(Precision))
        _check_word("init", self.init, INITS)
        _check("rate", self.rate, 0, 1000)
        _check("warm_up_rate", self.warm_up_rate, 0, 1000)
        _check("decay", self.decay, 0, 1)
        _check("decay_epochs", self.decay_epochs, 1e-6, 1e6)
        _check("batch", self.batch, 2, 65_536)
        _check("steps", self.steps, 1, 100_000_000)
        _check("warm_up", self.warm_up, 0, self.steps)
        _check("evaluate_every", self.evaluate_every, 0, 100_000_000)
        object.__setattr__(self, "network", written(*preset_and_edits(self.network)))  # one network, one label
        self.spec(self.data.classes or 2)  # a network that can't be built is refused here, not in a worker

    def spec(self, classes: int) -> Network:
        """The network of this run for that many classes.

        Raises
        ------
        ValueError
            For an unknown network or knob, a value outside its limits, or a scale where there is no residual.

        Examples
        --------
        >>> Run(network="inception_resnet_v1 (a=1)", scale=1.0).spec(8).edits
        'classes=8, input_size=75, a=1, scale_a=1, scale_b=1, scale_c=1'
        """
        name, edits = preset_and_edits(self.network)
        asked = {knob: value for knob in KNOBS if (value := getattr(self, knob)) is not None}
        if self.scale is not None:
            if SCALES[0] not in knobs(PRESETS[name]):
                raise ValueError(f"{name} has no residual blocks, so scale={self.scale:g} has nothing to act on")
            asked |= dict.fromkeys(SCALES, self.scale)
        if twice := sorted(edits.keys() & asked.keys()):
            raise ValueError(f"{', '.join(twice)} is set in {self.network!r} and beside it; say it once")
        shape = {"classes": classes, "dropout": self.dropout, "input_size": self.data.size}
        return preset(name, **(shape | edits | asked))


def preset_and_edits(label: str) -> tuple[str, dict[str, Any]]:
    """The preset and the knobs that a network's label names; the brackets may be left out.

    Examples
    --------
    >>> preset_and_edits("inception_v4 a=1, b=2")
    ('inception_v4.paper', {'a': 1, 'b': 2})
    """
    name, _, edits = label.strip().partition(" ")
    full = full_name(name)
    texts = edits.strip().removeprefix("(").removesuffix(")").split(",")
    return full, dict(read(PRESETS[full], text) for text in texts if text.strip())


def written(name: str, edits: Mapping[str, Any]) -> str:
    """The label of a preset with knobs, in one way.

    Examples
    --------
    >>> written("inception_v4.paper", {"a": 1, "input_size": (75, 80)})
    'inception_v4.paper (a=1, input_size=75x80)'
    """
    texts = (f"{knob}={'x'.join(map(str, v)) if isinstance(v, tuple) else v}" for knob, v in edits.items())
    return f"{name} ({', '.join(texts)})" if edits else name


Axis = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A grid of runs: every combination of the axes' values, the last axis changing fastest.

    Examples
    --------
    >>> sweep = Sweep(kind="stability", base=Run(), axes=(("scale", (0.1, 1.0)), ("seed", (0, 1))))
    >>> [(run.scale, run.seed) for run in sweep.runs()]
    [(0.1, 0), (0.1, 1), (1.0, 0), (1.0, 1)]
    """

    kind: SweepKind
    base: Run
    axes: tuple[Axis, ...]
    threads: int = 1  # of torch, for each run; part of the settings, because sums depend on it in their last bits
    checkpoint_seconds: float = 20.0
    keep_weights: bool = False  # keep the weights of finished runs

    def __post_init__(self) -> None:
        _check_word("kind", self.kind, get_args(SweepKind))
        known = {f.name for f in fields(Run)}
        for name, values in self.axes:
            if name not in known or not values or len(set(values)) < len(values):
                raise ValueError(f"the axis {name} with the values {values} is unknown, empty or has a value twice")
        for _ in self.runs():  # each checks itself
            pass

    def runs(self) -> Iterator[Run]:
        """Every run of the grid, in order; a run's place is its number."""
        names = [name for name, _ in self.axes]
        for values in product(*(values for _, values in self.axes)):
            yield replace(self.base, **dict(zip(names, values, strict=True)))

    def values(self, axis: str) -> tuple[Any, ...]:
        """The values of an axis, or the one value of what is no axis."""
        return dict(self.axes).get(axis, (getattr(self.base, axis),))


def to_json(sweep: Sweep) -> dict[str, Any]:
    """A sweep as plain values."""
    return asdict(sweep) | {"axes": [[name, list(values)] for name, values in sweep.axes]}


def from_json(data: Mapping[str, Any]) -> Sweep:
    """The sweep that `to_json` wrote.

    Raises
    ------
    ValueError
        Naming what is missing, unknown or out of its limits.

    Examples
    --------
    >>> sweep = Sweep(kind="race", base=Run(), axes=(("seed", (0, 1)),))
    >>> from_json(to_json(sweep)) == sweep
    True
    """
    try:
        axes = tuple((name, tuple(values)) for name, values in data["axes"])
        return Sweep(**{**data, "base": run_from_json(data["base"]), "axes": axes})
    except (TypeError, KeyError) as error:
        raise ValueError(f"the settings are not those of a sweep: {error}") from None


def run_from_json(data: Mapping[str, Any]) -> Run:
    """The run that `asdict` wrote."""
    return Run(**{**data, "data": Data(**data["data"])})


def changed(run: Run, texts: Iterable[str]) -> Run:
    """`run` with what each "name=value" says; the names are the fields of `Run` and `Data`.

    Raises
    ------
    ValueError
        For an unknown name, with near ones, a value of another kind, or one out of its limits.

    Examples
    --------
    >>> found = changed(Run(), ["optimiser=sgd", "size=96", "width=0.5", "augment=no"])
    >>> found.optimiser, found.data.size, found.width, found.data.augment
    ('sgd', 96, 0.5, False)
    """
    kinds = {f.name: str(f.type) for f in fields(Run) if f.name != "data"}
    of_data = {f.name: str(f.type) for f in fields(Data)}
    mine: dict[str, Any] = {}
    datas: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name not in kinds | of_data or not equals:
            near = get_close_matches(name, [*kinds, *of_data], n=2)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise ValueError(f"{text!r} sets nothing{hint} What can be set: {', '.join([*kinds, *of_data])}")
        if name in kinds:
            mine[name] = value_of(name, kinds[name], value)
        else:
            datas[name] = value_of(name, of_data[name], value)
    return replace(run, data=replace(run.data, **datas), **mine)


def axis(text: str) -> Axis:
    """An axis of a sweep from "name=value,value".

    Examples
    --------
    >>> axis("scale=0.1,1")
    ('scale', (0.1, 1.0))
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    kinds = {f.name: str(f.type) for f in fields(Run) if f.name != "data"}
    if name not in kinds or not equals:
        raise ValueError(f"{text!r} is no axis; one is written as in 'scale=0.1,0.3,1', of {', '.join(kinds)}")
    return name, tuple(value_of(name, kinds[name], value.strip()) for value in values.split(","))


_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def value_of(name: str, kind: str, text: str) -> Any:
    """What `text` stands for in a field whose type is written `kind`."""
    try:
        if "None" in kind and text.lower() == "none":
            return None
        if "bool" in kind:
            return _YES_NO[text.lower()]
        return int(text) if "int" in kind else float(text) if "float" in kind else text
    except (ValueError, KeyError):
        wanted = "yes or no" if "bool" in kind else "a whole number" if "int" in kind else "a number"
        raise ValueError(f"{name}={text!r} is not {wanted}") from None
