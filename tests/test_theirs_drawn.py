"""Networks as others write them, drawn: every node of the grammar, in every format."""

from __future__ import annotations

from time import perf_counter
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from irnet.diagrams import canvas_svgs, draw, explore
from irnet.diagrams.block import MOST_OPERATIONS
from irnet.diagrams.graph_builder import GraphBuilder
from irnet.diagrams.mermaid import mermaid
from irnet.diagrams.nested import Expansion, nested, revealing, shown_block, shown_in
from irnet.diagrams.render import laid_out, layout_engine
from irnet.diagrams.tikz import tikz
from irnet.spec import (
    ACTIVATIONS,
    IDENTITY,
    NO_HEAD,
    Chain,
    Conv,
    Fork,
    Head,
    Layer,
    Network,
    Node,
    Norm,
    Origin,
    Pool,
    Residual,
    Stage,
    Subgraph,
)
from irnet.tree import resolve
from tests.walks import FEWER, SIDES, fits

WORDS = st.sampled_from(["roll", "leaky_relu", "group_norm", "<b>&amp;", 'quoted"\\N', "space_to_depth" * 4])


@st.composite
def _keeping(draw: st.DrawFn, width: int, deep: int = 2) -> Node:
    """A node that keeps the grid and `width` channels, as networks of others may have it."""
    inner = st.deferred(lambda: _keeping(width, deep - 1))
    kinds = ["conv", "conv", "pool", "layer", *["chain", "fork", "fork", "residual", "subgraph"] * (deep > 0)]
    match draw(st.sampled_from(kinds)):
        case "conv":
            bare, groups = draw(st.booleans()), draw(st.sampled_from([1, width]))
            norm: bool | Norm = draw(st.booleans() | st.just(Norm(1e-5)))
            word = draw(st.sampled_from([None, *ACTIVATIONS]))
            return Conv(
                width,
                draw(SIDES),
                dilation=draw(st.integers(1, 2)),
                groups=groups,
                bias=bare,
                norm=norm,
                activation=word,
            )
        case "pool":
            return Pool(draw(st.sampled_from(["max", "avg"])), draw(st.sampled_from([1, 3]) | st.just((1, 3))))
        case "layer":
            kind = draw(st.sampled_from(["relu", "batch_norm", "identity"]) | WORDS)
            own = draw(st.booleans()) and kind != "identity"
            return Layer(kind, (("dims", (1, 2)),) if own else (), weights=(("weight", (width,)),) if own else ())
        case "chain":
            return Chain(tuple(draw(st.lists(inner, min_size=1, max_size=8))))
        case "fork":
            branches = draw(st.lists(inner | st.just(IDENTITY), min_size=2, max_size=3))
            return Fork(tuple(branches), draw(st.sampled_from(["add", "mul"])))
        case "residual":
            return Residual(draw(inner))
        case _:
            many = draw(st.integers(1, 70))
            layers = (Layer(draw(WORDS) if i % 9 == 0 else "relu") for i in range(many))
            reads = (draw(st.lists(st.integers(max(-1, i - 4), i - 1), max_size=2)) or [i - 1] for i in range(many))
            return Subgraph(tuple(layers), tuple(map(tuple, reads)))


@st.composite
def theirs(draw: st.DrawFn) -> Network:
    """A small network as others write them: every node of the grammar, blocks that differ, with or without a head."""
    stages = []
    for i, width in enumerate(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))):
        repeat = draw(st.integers(1, 3))
        others = draw(st.dictionaries(st.integers(0, repeat - 1), _keeping(width), max_size=1))
        stages.append(Stage(f"w{i}", Conv(width), title=draw(st.sampled_from(["Wide", "", "\x01"]))))
        stages.append(Stage(f"s{i}", draw(_keeping(width)), repeat, draw(WORDS), others=tuple(others.items())))
        if draw(st.booleans()):
            dense = Fork((IDENTITY, Chain((Conv(2), Fork((IDENTITY, Conv(1)))))))
            stages.append(Stage(f"d{i}", dense, title="Dense", part="a"))
    head = draw(st.sampled_from([NO_HEAD, Head(3)]))
    return Network("<i>theirs</i>.onnx", tuple(stages), head, input_shape=(3, 9, 9), origin=Origin("theirs.onnx"))


def alone(node: Node, repeat: int = 1, others: tuple[tuple[int, Node], ...] = ()) -> Network:
    stage = Stage("s", node, repeat, "Mix", "a", others=others)
    return Network("theirs", (stage,), NO_HEAD, input_shape=(8, 9, 9), origin=Origin("theirs.onnx"))


def sheet(spec: Network, level: int = 2) -> GraphBuilder:
    return nested(spec, Expansion(level))


def texts(svg: bytes) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


@FEWER
@given(theirs().filter(fits))
def test_every_network_is_drawn_in_every_format(spec: Network) -> None:
    for level in range(4):
        for svg in canvas_svgs(spec, Expansion(level)):
            ElementTree.fromstring(svg)
    found = sheet(spec)
    names = {item.path for item in found.items}
    assert all({link.tail, link.head} <= names for link in found.links)
    heads = {link.head for link in found.links}
    reading = {
        f"{box.path}.{i}"
        for box in resolve(spec).values()
        if isinstance(box.node, Subgraph)
        for i, sources in enumerate(box.node.reads)
        if not sources
    }
    assert {item.path for item in found.items if item.shape != "frame"} - heads <= {"input"} | reading
    for form in ("svg", "pdf", "png", "dot"):
        assert draw(spec, form)
    assert mermaid(found, "alt", "described").startswith("flowchart")
    assert tikz(found, laid_out(found.text, layout_engine()))


def test_a_branch_that_is_the_input_is_a_line_round_the_others() -> None:
    found = sheet(alone(Fork((Conv(8, 3), IDENTITY), "add")))
    assert [(link.tail, link.head) for link in found.links if link.shortcut] == [("s.0.input", "s.0.add")]
    assert "s.0.b1" not in found.drawn
    assert [item.title for item in found.items if item.kind == "sum"] == ["sum of 2 branches  = 9x9x8"]
    assert "newrank=true" in found.text
    assert "newrank" not in sheet(alone(Conv(8))).text


def test_sums_products_and_layers_are_told_apart_without_colour() -> None:
    gate = Chain((Layer("global_pool"), Layer("linear", (("features", 8),)), Layer("sigmoid"), Layer("roll")))
    found = sheet(alone(Chain((Layer("group_norm"), Fork((IDENTITY, gate), "mul"), Layer("relu")))))
    kinds = {item.title: item.kind for item in found.items if item.shape in ("box", "bar")}
    assert kinds | {"Input": "other"} == kinds
    assert [
        kinds[title] for title in ("group norm", "average over the grid", "linear 8", "sigmoid", "roll", "ReLU")
    ] == [
        "normalization",
        "pool",
        "linear",
        "activation",
        "other",
        "relu",
    ]
    assert kinds["product of 2 branches  = 9x9x8"] == "product"
    assert 'style="rounded,dashed"' in found.text
    said = [swatch.text for swatch in found.legend]
    assert "activation" in said
    assert "ReLU" not in said
    assert "product of branches" in said


def test_what_a_convolution_has_beside_the_papers_stands_in_lines_of_its_own() -> None:
    node = Conv(8, 3, dilation=2, groups=8, bias=True, norm=False, activation="hardswish")
    item = next(item for item in sheet(alone(node)).items if item.path == "s.0")
    assert (item.title, item.kind) == ("3x3 conv 8", "grouped")
    assert item.detail == "dilation 2, depthwise, bias\nno batch norm, hard swish\n9x9x8"
    units = {item.path: item.title for item in sheet(alone(node), 3).items if item.path.startswith("s.0.")}
    assert units["s.0.conv"] == "3x3 conv 8, bias"
    assert units["s.0.activation"] == "hard swish"


def test_a_subgraph_is_one_box_that_opens_to_its_first_operations() -> None:
    many = MOST_OPERATIONS + 30
    ring = Subgraph(tuple(Layer("relu") for _ in range(many)), tuple((i - 1, max(-1, i - 40)) for i in range(many)))
    spec = alone(ring)
    shut, whole = sheet(spec, 1), sheet(spec)
    assert next(item for item in shut.items if item.path == "s.0").title == f"{many} operations"
    assert sum(item.path.startswith("s.0.") and item.title == "ReLU" for item in whole.items) == MOST_OPERATIONS
    rest = next(item for item in whole.items if item.path == "s.0.more")
    assert (rest.title, rest.detail) == ("30 more operations", "the first 60 are drawn")
    edges = {(link.tail, link.head) for link in whole.links}
    assert {("s.0.0", "s.0.1"), ("s.0.20", "s.0.more"), ("s.0.input", "s.0.0")} <= edges
    assert "s.0.5" in shown_in(spec, revealing(spec, Expansion(), "s.0.5"))


def test_attention_is_called_so() -> None:
    kinds = ("linear", "matmul", "softmax", "matmul")
    layers = tuple(Layer(kind, (("features", 8),) if kind == "linear" else ()) for kind in kinds)
    assert resolve(alone(Subgraph(layers, ((-1,), (0, 0), (1,), (2, 0)))))["s.0"].title == "attention: 4 operations"


def test_blocks_that_differ_say_in_what() -> None:
    spec = alone(Conv(8, 3), 3, ((2, Conv(8, 5)),))
    assert resolve(spec)["s"].title == "3 x Mix, differing in kernel"
    assert next(item for item in sheet(spec, 0).items if item.path == "s").detail.endswith("\ndiffering in kernel")
    rest = {item.path: item.detail for item in sheet(spec).items}
    assert rest["s.1-2"] == "differing in kernel"
    last = nested(spec, Expansion(2, shown=shown_block(spec, "s.2")))
    assert {item.path: item.title for item in last.items}["s.2"] == "5x5 conv 8"


def test_every_box_has_an_id_of_its_own_and_hostile_words_are_text() -> None:
    node = Chain((Layer('<script>"&amp;\\N'), Fork((Conv(8), IDENTITY), "add"), Fork((IDENTITY, Conv(8)), "add")))
    spec = alone(node, 2)
    for level in range(4):
        svg = canvas_svgs(spec, Expansion(level))[0]
        ids = [
            one.get("id")
            for one in ElementTree.fromstring(svg).iter()
            if one.get("class", "").startswith(("node", "cluster"))
        ]
        assert len(ids) == len(set(ids))
        assert b"<script" not in svg
    assert '<script>"&amp;\\N' in texts(svg)


def test_a_page_in_one_file_has_them_too() -> None:
    spec = alone(Chain((Fork((Conv(8), IDENTITY), "add"), Layer("relu"))))
    assert "sum of 2 branches" in explore(spec)._repr_html_()


def test_a_network_of_300_blocks_is_drawn_within_a_second() -> None:
    block = Chain((Fork((Chain((Conv(8), Conv(8, 3))), IDENTITY), "add"), Layer("relu")))
    stages = tuple(Stage(f"s{i}", block, 30, f"Part {i}", "a") for i in range(10))
    spec = Network("deep", stages, Head(10), input_shape=(8, 32, 32), origin=Origin("deep.onnx"))
    resolve(spec)
    start = perf_counter()
    canvas_svgs(spec, Expansion(1))
    assert perf_counter() - start < 1
