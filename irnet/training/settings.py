"""What a run and a sweep of runs are asked to do: frozen values, as JSON, and as somebody types them; no torch here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from itertools import product
from types import MappingProxyType
from typing import Any, Literal, get_args

from irnet.edit import apply, read_label, write_label
from irnet.models import PRESETS
from irnet.models import network as preset
from irnet.models.recipe import knobs
from irnet.runtime import NO_NUMBERS
from irnet.spec import Network
from irnet.training.fields import Field, check_fields, fields_of, form_field, knob_of

DataKind = Literal["gratings", "crops", "folder"]
OptimiserName = Literal["rmsprop", "sgd", "adamw"]
Precision = Literal["float32", "bfloat16"]
SweepKind = Literal["race", "stability"]
Axis = tuple[str, tuple[Any, ...]]
OPTIMISERS: tuple[OptimiserName, ...] = get_args(OptimiserName)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
INITS = ("torch", "he", "tf")  # those of irnet.runtime.init, which imports torch
DATA_KINDS: tuple[DataKind, ...] = get_args(DataKind)
PAPER_RATE, PAPER_DECAY, PAPER_DECAY_EPOCHS = 0.045, 0.94, 2.0  # section 4: times 0.94 every two epochs
WARM_UP_RATE = 0.01  # He et al. 2015, arXiv 1512.03385, section 4.2: ResNet-110, for about 400 iterations
KNOBS = ("width", "depth", "sum_norm")  # of a run, handed on to the network's recipe
SCALES = ("scale_a", "scale_b", "scale_c")
PUBLISHED = "as published"


def _check_word(place: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise ValueError(f"{place}={value!r} is not one of {', '.join(words)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Which images: generated gratings, crops of scikit-image's bundled pictures, or a folder with one per class."""

    kind: DataKind = "gratings"
    folder: str = ""  # on the machine that trains
    size: int = form_field(75, "Pixels a side", "Run", "Height and width of every image.", (1, 4096, 1), most=299)
    classes: int | None = knob_of(
        None, "Classes", "classes", "Images", "How many classes of the images.", low=2, unset="8 gratings, or all"
    )
    noise: float = form_field(
        0.5, "Noise", "Images", "Of gratings: its standard deviation; the grating's amplitude is 1.", (0, 100, 0.1)
    )
    augment: bool = form_field(True, "Augment", "Images", "Random crops and, where they keep the label, flips.")
    held_out: int = form_field(
        128, "Held-out images", "Images", "At most; accuracy is measured on them.", (1, 100_000, 32), most=10_000
    )
    epoch: int = form_field(
        1024, "Images an epoch", "Images", "Where they are drawn without end; not of a folder.", (1, 100_000_000, 128)
    )

    def __post_init__(self) -> None:
        _check_word("data", self.kind, DATA_KINDS)
        check_fields(self)
        if (self.kind == "folder") != bool(self.folder):
            raise ValueError(f"data={self.kind!r} and folder={self.folder!r} do not go together: one needs the other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training run. The same settings give the same curve, bit for bit on one machine and number of threads."""

    network: str = "inception_resnet_v2.paper"  # a label: a preset and, in brackets, its knobs
    data: Data = field(default_factory=Data)
    seed: int = 0  # of weights, dropout and batches
    device: str = "cpu"
    steps: int = form_field(30, "Steps", "Run", "How many batches are trained on.", (1, 100_000_000, 10), most=100_000)
    batch: int = form_field(16, "Batch", "Run", "Images a step.", (2, 65_536, 2), most=256)
    optimiser: OptimiserName = form_field(
        "rmsprop",
        "Optimiser",
        "Run",
        "RMSProp as in section 4 of the paper, SGD with momentum, or AdamW.",
        words=OPTIMISERS,
    )
    rate: float = form_field(
        PAPER_RATE, "Learning rate", "Run", "Of the first step after the warm-up.", (0, 1000, 0.001)
    )
    width: float | None = knob_of(None, "Width", "width", "Run", unset=PUBLISHED)
    init: str = form_field("he", "Initial weights", "Run", "PyTorch's, He et al.'s, or TF-slim's.", words=INITS)
    scale: float | None = knob_of(
        None, "Residual scale", "scale_a", "Network", "Of every residual, in place of its own.", unset=PUBLISHED
    )
    depth: int | None = knob_of(None, "Depth", "depth", "Network", unset=PUBLISHED)
    sum_norm: bool | None = knob_of(None, "Batch norm on the sums", "sum_norm", "Network", unset=PUBLISHED)
    dropout: float = knob_of(0.2, "Dropout", "dropout", "Network")
    decay: float = form_field(
        PAPER_DECAY, "Decay of the rate", "Schedule", "The rate is multiplied by it.", (0, 1, 0.01)
    )
    decay_epochs: float = form_field(
        PAPER_DECAY_EPOCHS, "Epochs between decays", "Schedule", "How often the rate decays.", (1e-6, 1e6, 1)
    )
    warm_up: int = form_field(
        0, "Steps of warm-up", "Schedule", "A first phase at its own rate; the schedule follows.", (0, 100_000_000, 10)
    )
    warm_up_rate: float = form_field(
        WARM_UP_RATE,
        "Rate of the warm-up",
        "Schedule",
        f"Learning rate until then: {WARM_UP_RATE:g} in He et al. (section 4.2); this paper tried 0.00001.",
        (0, 1000, 1e-5),
    )
    evaluate_every: int = form_field(
        0, "Steps between accuracies", "Schedule", "And at the last; 0 leaves accuracy out.", (0, 100_000_000, 5)
    )
    precision: Precision = form_field(
        "float32", "Precision", "Machine", "bfloat16 multiplies in 16 bits where that is safe.", words=PRECISIONS
    )
    channels_last: bool = form_field(False, "Channels last", "Machine", "Channels beside each other in memory.")

    def __post_init__(self) -> None:
        check_fields(self)
        if self.device == "meta":
            raise ValueError(NO_NUMBERS.format("training needs"))
        if self.warm_up > self.steps:
            raise ValueError(f"the warm-up, warm_up={self.warm_up}, is longer than the run of {self.steps} steps")
        object.__setattr__(self, "network", write_label(*read_label(self.network)))  # one network, one label
        self.spec(self.data.classes or 2)  # a network that can't be built is refused here, not in a worker

    def spec(self, classes: int) -> Network:
        """The network of this run for that many classes.

        Raises
        ------
        ValueError
            For an unknown network or knob, a value outside its limits, or a scale where there is no residual.

        Examples
        --------
        >>> Run(network="inception_resnet_v1 (a=1)", scale=1.0).spec(8).edit_text
        'classes=8, input_size=75, a=1, scale_a=1, scale_b=1, scale_c=1'
        """
        name, edits = read_label(self.network)
        asked = {knob: value for knob in KNOBS if (value := getattr(self, knob)) is not None}
        if self.scale is not None:
            if SCALES[0] not in knobs(PRESETS[name]):
                raise ValueError(f"{name} has no residual blocks, so scale={self.scale:g} has nothing to act on")
            asked |= dict.fromkeys(SCALES, self.scale)
        if twice := sorted({edit.what for edit in edits if edit.is_knob} & asked.keys()):
            raise ValueError(f"{', '.join(twice)} is set in {self.network!r} and beside it; say it once")
        shape = {"classes": classes, "dropout": self.dropout, "input_size": self.data.size}
        return apply(preset(name, **(shape | asked)), edits)


SETTINGS: Mapping[str, Field] = MappingProxyType({**fields_of(Run), **fields_of(Data)})  # a form or option sets them
OF_DATA = tuple(f.name for f in fields(Data))


def with_values(run: Run, values: Mapping[str, Any]) -> Run:
    """`run` with other values; the names are the fields of `Run` and `Data`.

    Examples
    --------
    >>> with_values(Run(), {"size": 96, "batch": 8}).data.size
    96
    """
    mine = {name: value for name, value in values.items() if name not in OF_DATA}
    return replace(run, data=replace(run.data, **{n: v for n, v in values.items() if n in OF_DATA}), **mine)


def value_in(run: Run, name: str) -> Any:
    """The value of a setting of the run or of its images."""
    return getattr(run.data if name in OF_DATA else run, name)


def read_setting(text: str, names: Iterable[str], refusal: str) -> tuple[str, str]:
    """Name and value that "name=value" says, if the name is one of those; otherwise a `ValueError` with `refusal`."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if name not in names or not equals:
        raise ValueError(refusal)
    return name, value


def types_of(settings: type[Any]) -> dict[str, str]:
    """The types of a dataclass's fields, as they are written, by name; without that of the images in a run."""
    return {f.name: str(f.type) for f in fields(settings) if f.name != "data"}


def with_texts(run: Run, texts: Iterable[str]) -> Run:
    """`run` with what each "name=value" says; the names are the fields of `Run` and `Data`.

    Raises
    ------
    ValueError
        For an unknown name, with near ones, a value of another kind, or one out of its limits.

    Examples
    --------
    >>> found = with_texts(Run(), ["optimiser=sgd", "size=96", "width=0.5", "augment=no"])
    >>> found.optimiser, found.data.size, found.width, found.data.augment
    ('sgd', 96, 0.5, False)
    """
    types = types_of(Run) | types_of(Data)
    found: dict[str, Any] = {}
    for text in texts:
        near = get_close_matches(text.partition("=")[0].strip(), types, n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else "."
        refusal = f"{text!r} sets nothing{hint} What can be set: {', '.join(types)}"
        name, value = read_setting(text, types, refusal)
        found[name] = value_of(name, types[name], value)
    return with_values(run, found)


def axis(text: str) -> Axis:
    """An axis of a sweep from "name=value,value".

    Examples
    --------
    >>> axis("scale=0.1,1")
    ('scale', (0.1, 1.0))
    """
    types = types_of(Run)
    refusal = f"{text!r} is no axis; one is written as in 'scale=0.1,0.3,1', of {', '.join(types)}"
    name, values = read_setting(text, types, refusal)
    return name, tuple(value_of(name, types[name], value.strip()) for value in values.split(","))


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
        base = Run(**{**data["base"], "data": Data(**data["base"]["data"])})
        return Sweep(**{**data, "base": base, "axes": axes})
    except (TypeError, KeyError) as error:
        raise ValueError(f"the settings are not those of a sweep: {error}") from None
