"""Frozen classes of named fields, made quickly: a component has dozens, and each import pays."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a frozen dataclass whose fields are given by name.

    Two records are equal only when they are the same one, and a record shows no fields when it is
    printed: what `dataclass` writes for that takes two thirds of its time, and nothing here asks
    for it.
    """
    return dataclass(frozen=True, kw_only=True, eq=False, repr=False, match_args=False)(cls)
