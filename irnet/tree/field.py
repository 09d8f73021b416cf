"""Which input pixels an output pixel sees, step by step."""

from __future__ import annotations

from dataclasses import dataclass

Sides = tuple[int, int]  # (height, width)


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Which input pixels one output pixel sees: size, step between neighbours and padding, each (height, width).

    The output at `i` sees the pixels from `i * stride - padding` on, `size` of them. Source: the arithmetic of
    google-research/receptive_field; a merge sees the smallest rectangle around what its branches see.
    """

    size: Sides = (1, 1)
    stride: Sides = (1, 1)
    padding: Sides = (0, 0)

    def after(self, kernel: Sides, stride: int, padding: Sides) -> ReceptiveField:
        """The field after a window of `kernel` pixels has slid over this one."""
        (high, wide), (down, along), (above, left) = self.size, self.stride, self.padding
        return ReceptiveField(
            (high + (kernel[0] - 1) * down, wide + (kernel[1] - 1) * along),
            (down * stride, along * stride),
            (above + padding[0] * down, left + padding[1] * along),
        )

    def merged(self, *others: ReceptiveField) -> ReceptiveField:
        """The field of a concatenation or sum: from where the first of its branches starts to where the last ends."""
        every = (self, *others)
        before = [max(field.padding[axis] for field in every) for axis in (0, 1)]
        after = [max(field.size[axis] - field.padding[axis] for field in every) for axis in (0, 1)]
        stride = max(field.stride[0] for field in every), max(field.stride[1] for field in every)
        return ReceptiveField((before[0] + after[0], before[1] + after[1]), stride, (before[0], before[1]))
