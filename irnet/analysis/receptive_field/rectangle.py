"""Rectangles of pixels, on a picture or beside it."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.tree import ReceptiveField, Sides


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Pixels of the picture, from `top` and `left` up to and without `bottom` and `right`; it may lie outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Sides:
        """(height, width) in pixels."""
        return self.bottom - self.top, self.right - self.left

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.size[0] * self.size[1]

    @property
    def ends(self) -> dict[str, int]:
        """The first and last rows and columns, by name."""
        return {
            "first row": self.top,
            "last row": self.bottom - 1,
            "first column": self.left,
            "last column": self.right - 1,
        }

    def on(self, picture: Sides) -> Rectangle:
        """The part that lies on a picture of (height, width) pixels; an empty rectangle at its edge if there is none.

        Examples
        --------
        >>> Rectangle(-5, 2, 6, 13).on((299, 8))
        Rectangle(top=0, left=2, bottom=6, right=8)
        """
        height, width = picture
        rows, columns = (self.top, self.bottom), (self.left, self.right)
        top, bottom = (min(max(row, 0), height) for row in rows)
        left, right = (min(max(column, 0), width) for column in columns)
        return Rectangle(top, left, bottom, right)

    def within(self, other: Rectangle) -> bool:
        """Whether `other` has all of these pixels."""
        above, below = other.top <= self.top, self.bottom <= other.bottom
        return above and below and other.left <= self.left and self.right <= other.right


def rectangle(field: ReceptiveField, position: Sides) -> Rectangle:
    """The pixels that the output at `position`, (row, column), sees.

    Examples
    --------
    >>> rectangle(ReceptiveField((7, 3), (2, 2), (3, 1)), (0, 5))
    Rectangle(top=-3, left=9, bottom=4, right=12)
    """
    top, left = (i * step - edge for i, step, edge in zip(position, field.stride, field.padding, strict=True))
    return Rectangle(top, left, top + field.size[0], left + field.size[1])
