"""TensorFlow's checkpoints, read without TensorFlow: sorted tables, as LevelDB's, of protocol buffers.

Of a V2 checkpoint `model.ckpt.index` is a table that says where each tensor lies in `model.ckpt.data-00000-of-00001`;
of a V1 checkpoint, as TF-slim released in 2016, one table has the numbers too. The formats are those of table/format.h,
tensor_bundle.proto and saved_tensor_slice.proto of TensorFlow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from irnet.protobuf import Buffer, Malformed, fields, varint
from irnet.runtime.checkpoint_files.checkpoint import MAX_KEYS, Checkpoint, broken, check_size
from irnet.runtime.checkpoint_files.wrapped import TOP, choose_key
from irnet.units import exact, typed

_MAGIC = bytes.fromhex("57fb808b247547db")  # the last bytes of a table
_FOOTER = 48
_MOST_SHARDS, _MOST_AXES, _LONGEST_KEY = 1000, 16, 4096
_CHECKED = 2**20  # bytes of a block whose checksum is looked at
_PACKED, _UNPACKED = 2**22, 2**24  # bytes of all blocks that are unpacked, and of one afterwards
_TYPES = ("", "float", "double", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool")
_FLOATS = {1: torch.float32, 2: torch.float64, 14: torch.bfloat16, 19: torch.float16}
_VALUES = {1: 5, 2: 6}  # type of a tensor of a V1 checkpoint, to the field that has its numbers
_CONTENT = 4  # the field for numbers of any type
_DATA = re.compile(r"\.(data-\d{5}-of-\d{5}|index|meta)$")
_PATH = re.compile(r'^model_checkpoint_path: "([^"\n]*)"', re.MULTILINE)
_AVERAGE = "ExponentialMovingAverage"
_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"  # beside tensors that TensorFlow 2 keeps by objects

_FAULTS = (Malformed, IndexError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class _Stored:
    """One tensor as its table declares it, and how to get its bytes."""

    type: int
    shape: tuple[int, ...]
    numbers: Callable[[int], bytes]  # given how many there have to be

    @property
    def size(self) -> int:
        """Bytes that a tensor of this type and shape has."""
        return _FLOATS[self.type].itemsize * prod(self.shape)


def locate(path: Path) -> Path:
    """The file to open for what a reader may name: its prefix, one of its parts, or the folder; else `path` itself.

    Raises
    ------
    ValueError
        In one sentence, if numbers lie there without their index, or a folder holds several checkpoints.
    """
    if path.is_dir():
        return _in_folder(path)
    whole = _DATA.sub("", path.name)
    index = path.with_name(f"{whole}.index")
    if whole != path.name and path.is_file() and not index.is_file() and ".data-" in path.name:
        raise ValueError(f"{path.name} has the numbers of a TensorFlow checkpoint; put its {index.name} beside it")
    return index if index.is_file() and (whole != path.name or not path.is_file()) else path


def _in_folder(folder: Path) -> Path:
    """The checkpoint that the file `checkpoint` in a folder names, or the only one there; else the folder."""
    with suppress(OSError, UnicodeDecodeError):
        with (folder / "checkpoint").open(encoding="utf-8") as file:
            named = _PATH.search(file.read(_LONGEST_KEY))
        if named and (name := Path(named[1]).name):  # written with the folder that it was saved in
            return locate(folder / name) if not (folder / name).is_dir() else folder
    indices = sorted(file.name for file in folder.glob("*.index"))
    if len(indices) > 1:
        raise ValueError(
            f"{folder.name} is a folder with {len(indices)} TensorFlow checkpoints: give one of them, "
            f"such as {str(folder / indices[-1])!r}"
        )
    return folder / indices[0] if indices else folder


def is_table(path: Path) -> bool:
    """Whether a file ends as tables do."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(_MAGIC)))
        return size >= _FOOTER and file.read() == _MAGIC


@contextmanager
def open_tensorflow(path: Path, key: str | None = None, *, ema: bool = False) -> Iterator[Checkpoint]:
    """The checkpoint in a table, open while the block runs; `key` and `ema` choose as in `open_checkpoint`.

    Raises
    ------
    ValueError
        In one sentence, if it is broken, holds too much, or lacks a file.
    """
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        table = stack.enter_context(mmap(file.fileno(), 0, access=ACCESS_READ))
        try:
            stored = _stored(path, table, stack)
        except _FAULTS:
            raise broken(path.name, "TensorFlow checkpoint") from None
        yield _checkpoint(path.name, stored, key, ema=ema)


def _checkpoint(name: str, stored: Mapping[str, _Stored], key: str | None, *, ema: bool) -> Checkpoint:
    """What of the variables is the network, and what the optimiser or an average keeps beside each."""
    slots = {variable: slot for variable in stored if (slot := _slot(variable, stored)) is not None}
    plain = {v: held for v, held in stored.items() if v not in slots and held.type in _FLOATS and held.shape}
    averaged = {v: stored.get(f"{v}/{_AVERAGE}", held) for v, held in plain.items()}
    networks = {TOP: plain} | ({_AVERAGE: averaged} if _AVERAGE in slots.values() else {})
    taken = choose_key(name, {place: len(held) for place, held in networks.items()}, key, ema=ema)
    found = networks[taken]
    check_size(name, sum(held.size for held in found.values()))
    others = tuple(place for place in networks if place != taken)
    beside = Counter(slot for slot in slots.values() if slot not in networks)
    ignored = [f"{typed(slot)} ({exact(count)} tensor{'s' * (count > 1)})" for slot, count in beside.items()]
    ignored += [f"{typed(v)} ({_type(held)})" for v, held in stored.items() if v not in slots and v not in plain]

    def read(variable: str) -> Tensor:
        held = found[variable]
        try:
            numbers = bytearray(held.numbers(held.size))
        except _FAULTS:
            raise ValueError(f"{name}: {variable!r} is cut off, or saved in slices, which are not read") from None
        type_ = _FLOATS[held.type]
        return (torch.frombuffer(numbers, dtype=type_) if numbers else torch.empty(0, dtype=type_)).reshape(held.shape)

    shapes = MappingProxyType({variable: held.shape for variable, held in found.items()})
    return Checkpoint(
        name=name,
        container="TensorFlow checkpoint",
        shapes=shapes,
        read=read,
        dtypes={variable: _FLOATS[held.type] for variable, held in found.items()},
        taken_from="" if taken == TOP else taken,
        others=others,
        ignored=tuple(ignored),
    )


def _slot(variable: str, stored: Mapping[str, _Stored]) -> str | None:
    """The rest of a name that goes on from another variable's: "RMSProp_1"."""
    cuts = [at for at, letter in enumerate(variable) if letter == "/"]
    return next((variable[at + 1 :] for at in cuts if variable[:at] in stored), None)


def _type(held: _Stored) -> str:
    other = {14: "bfloat16", 19: "half"}
    return _TYPES[held.type] if held.type < len(_TYPES) else other.get(held.type, f"type {held.type}")


def _stored(path: Path, table: mmap, stack: ExitStack) -> dict[str, _Stored]:
    """Every tensor of a checkpoint, in the order of the names."""
    entries = _table(table)
    first, data, span = next(entries, (b"", b"", range(0)))
    if first:
        raise Malformed
    one_table = isinstance(dict(fields(data, span)).get(1), range)  # in an index it is the number of files
    pairs = _of_one_table(data, span, entries) if one_table else _of_index(path, data, span, entries, stack)
    found = dict(pairs)
    if _OBJECTS in found:
        raise ValueError(
            f"{path.name} is a checkpoint of TensorFlow 2, which keeps tensors by objects and not by names: load it in "
            "Keras and save it again, model.save_weights('model.weights.h5')"
        )
    return found


def _of_index(
    path: Path, data: Buffer, span: range, entries: Iterator[tuple[bytes, Buffer, range]], stack: ExitStack
) -> Iterator[tuple[str, _Stored]]:
    """The tensors of a V2 index, whose numbers lie in files beside it."""
    header = dict(fields(data, span))
    count = header.get(1, 1)
    if not isinstance(count, int) or not 0 < count <= _MOST_SHARDS:
        raise Malformed
    if header.get(2, 0) != 0:
        raise ValueError(f"{path.name} has its numbers with the high byte first; such files are not read")
    names = [f"{path.name.removesuffix('.index')}.data-{i:05d}-of-{count:05d}" for i in range(count)]
    absent = [name for name in names if not path.with_name(name).is_file()]
    if absent:
        raise ValueError(f"{path.name} is the index of a TensorFlow checkpoint; put {absent[0]} beside it")
    shards = [stack.enter_context(path.with_name(name).open("rb")) for name in names]
    sizes = [shard.seek(0, 2) for shard in shards]
    for key, block, where in entries:
        found = list(fields(block, where))
        entry = {number: value for number, value in found if isinstance(value, int)}
        shape = next((value for number, value in found if number == 2 and isinstance(value, range)), range(0))
        sliced = any(number == 7 for number, _ in found)
        shard, start, size = (entry.get(number, 0) for number in (3, 4, 5))
        if shard >= count or start + size > sizes[shard]:
            raise Malformed

        def numbers(wanted: int, shard: int = shard, start: int = start, size: int = 0 if sliced else size) -> bytes:
            if size != wanted:
                raise Malformed
            shards[shard].seek(start)
            return shards[shard].read(size)

        if key[:1] != b"\0":  # not a part of a tensor that was saved in slices
            yield key.decode(), _Stored(entry.get(1, 0), _shape(block, shape), numbers)


def _of_one_table(
    data: Buffer, span: range, entries: Iterator[tuple[bytes, Buffer, range]]
) -> Iterator[tuple[str, _Stored]]:
    """The tensors of a V1 table: its first entry lists them, each other has the numbers of one."""
    held: dict[str, list[tuple[Buffer, range]]] = {}
    for _, block, where in entries:
        part = _inner(block, where, 2)  # SavedTensorSlices.data
        held.setdefault(_text(block, _inner(block, part, 1)), []).append((block, _inner(block, part, 3)))
    for number, listed in fields(data, _inner(data, span, 1), most=MAX_KEYS):
        if number != 1 or isinstance(listed, int):
            continue
        name = _text(data, _inner(data, listed, 1))
        type_ = next((value for number, value in fields(data, listed) if number == 3 and isinstance(value, int)), 0)

        def numbers(wanted: int, name: str = name, type_: int = type_) -> bytes:
            for block, where in held.get(name, [])[:1]:
                for field, value in fields(block, where):
                    if field in (_CONTENT, _VALUES.get(type_)) and isinstance(value, range) and len(value) == wanted:
                        return block[value.start : value.stop]
            raise Malformed

        yield name, _Stored(type_, _shape(data, _inner(data, listed, 2)), numbers)


def _shape(data: Buffer, span: range) -> tuple[int, ...]:
    """The sides in a TensorShapeProto."""
    sides = []
    for number, dim in fields(data, span):
        if number == 2 and isinstance(dim, range):
            sides.append(next((side for field, side in fields(data, dim) if field == 1 and isinstance(side, int)), 0))
    if len(sides) > _MOST_AXES or any(side >= 2**40 for side in sides):
        raise Malformed
    return tuple(sides)


def _text(data: Buffer, span: range) -> str:
    return data[span.start : span.stop].decode()


def _inner(data: Buffer, span: range, number: int) -> range:
    """Where the message in a field lies; empty where there is none."""
    return next((v for field, v in fields(data, span) if field == number and isinstance(v, range)), range(0))


def _table(table: mmap) -> Iterator[tuple[bytes, Buffer, range]]:
    """Every entry of a table: its key, and where the value lies in which bytes."""
    footer = len(table) - _FOOTER
    _, at = _handle(table, footer)
    index, _ = _handle(table, at)
    if len(index) > _CHECKED:
        raise Malformed
    left, packed, first = MAX_KEYS, _PACKED, True
    for _, block, where in _block(table, index, checked=True):
        handle, _ = _handle(block, where.start)
        packed -= len(handle) if table[handle.stop] else 0
        if packed < 0:
            raise Malformed
        # the checksums of numbers would take minutes; the first block lists the tensors
        for entry in _block(table, handle, checked=first and len(handle) < _CHECKED):
            left -= 1
            if left < 0:
                raise Malformed
            yield entry
        first = False


def _handle(data: Buffer, at: int) -> tuple[range, int]:
    """Where a block lies, and where the reference to it ends."""
    start, at = varint(data, at)
    size, at = varint(data, at)
    return range(start, start + size), at


def _block(table: mmap, span: range, *, checked: bool = False) -> Iterator[tuple[bytes, Buffer, range]]:
    """The entries of one block, whose keys leave out what they share with the one before."""
    data: Buffer = table
    if span.stop + 5 > len(table):
        raise Malformed
    if checked and _checksum(table[span.start : span.stop + 1]) != table[span.stop + 1 : span.stop + 5]:
        raise Malformed
    if table[span.stop] == 1:
        data = _unsnap(table[span.start : span.stop])
        span = range(len(data))
    elif table[span.stop] != 0 or len(span) < 4:
        raise Malformed
    restarts = int.from_bytes(data[span.stop - 4 : span.stop], "little")
    at, stop, key = span.start, span.stop - 4 * (restarts + 1), b""
    while at < stop:
        shared, at = varint(data, at)
        own, at = varint(data, at)
        size, at = varint(data, at)
        if shared > len(key) or shared + own > _LONGEST_KEY or size > stop - at - own:
            raise Malformed
        key = key[:shared] + data[at : at + own]
        at += own
        yield key, data, range(at, at + size)
        at += size


def _unsnap(data: bytes) -> bytes:
    """A block that was compressed with Snappy: runs of bytes, and copies of what came before."""
    size, at = varint(data, 0)
    if size > _UNPACKED:
        raise Malformed
    made = bytearray()
    while at < len(data) and len(made) <= size:
        tag, at = data[at], at + 1
        kind, length = tag & 3, (tag >> 2) + 1
        more = (max(0, length - 60), 1, 2, 4)[kind]
        number, at = int.from_bytes(data[at : at + more], "little"), at + more
        if kind == 0:
            length = number + 1 if more else length
            made += data[at : at + length]
            at += length
            continue
        if kind == 1:
            length, number = 4 + (tag >> 2 & 7), number | tag >> 5 << 8
        if not 0 < number <= len(made):
            raise Malformed
        made += (made[-number:] * (length // number + 1))[:length]
    if len(made) != size:
        raise Malformed
    return bytes(made)


def _checksum(data: bytes) -> bytes:
    """Castagnoli's cyclic redundancy check, turned as tables keep it."""
    crc = 2**32 - 1
    for byte in data:
        crc = _CASTAGNOLI[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 2**32 - 1
    return ((crc >> 15 | crc << 17) + 0xA282EAD8 & 2**32 - 1).to_bytes(4, "little")


def _step(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


_CASTAGNOLI = tuple(map(_step, range(256)))
