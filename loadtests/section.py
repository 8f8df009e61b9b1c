"""A section of the documents that describe a load: it takes no other keys than its own, and no yes for a
number."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Section(BaseModel):
    """A section of a profile or of service levels."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        # what YAML reads as true would pass for 1
        if isinstance(value, bool) and _is_number(cls.model_fields[info.field_name or ""].annotation):
            raise ValueError(f"{spelled(value)}, which is no number; write one, such as 5")
        return value


def spelled(value: bool) -> str:
    """How people may have written what was read as true or false, for a message about it."""
    return "yes and on mean true" if value else "no and off mean false"


def _is_number(annotation: Any) -> bool:
    return annotation in (int, float) or any(map(_is_number, get_args(annotation)))
