"""Judges what stands in bodies: attributes, their types and values, alternatives and sub-types."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tmfrig.specs.case import Case, Judge, found, in_success, written
from tmfrig.specs.difference import Difference
from tmfrig.specs.finding import Finding, Group
from tmfrig.specs.ranges import Change, types


def attribute(each: Difference, case: Case) -> Iterator[Finding]:
    """An attribute on one side only."""
    if each.right is None:
        mandatory = _is_required(each) or _is_profiled(each, case)
        told = f"{written(each)} are not said to carry" if each.answered else "The document does not take"
        which = "a mandatory attribute" if mandatory else "an attribute of the standard"
        sentence = f"{told} this, {which}."
        yield found(each, Group.MISSING, sentence, mandatory=mandatory, about="attribute")
        return
    yield found(each, Group.EXTENSION, "An attribute that the standard does not have.", about="attribute")
    if not each.answered and _is_demanded(each):
        sentence = "Requests of the standard, which lack this attribute, are rejected."
        yield found(each, Group.NARROWER, sentence, about="mandatory", said_by=(None, "mandatory"))


def _is_required(each: Difference) -> bool:
    """Whether the standard requires the attribute."""
    return each.sides is not None and any(_ends(each.path, name) for name in each.sides.left.required)


def _is_demanded(each: Difference) -> bool:
    """Whether the vendor requires the attribute in requests, where what is read-only is never required."""
    if each.sides is None:
        return False
    names = [name for name in each.sides.right.required if _ends(each.path, name)]
    places = [each.sides.right.properties.get(name, ()) for name in names]
    return any(all(schema.get("readOnly") is not True for schema in place) for place in places)


def _ends(path: str, name: str) -> bool:
    return path == name or path.endswith(f".{name}")


def _is_profiled(each: Difference, case: Case) -> bool:
    if not in_success(each) or not each.answered:
        return False
    resource = each.operation.split("/")[1]
    return each.path.removeprefix("[].") in case.profile.attributes.get(resource, ())


def another_type(each: Difference, case: Case) -> Iterator[Finding]:
    """Another type; where it takes the place of what holds mandatory attributes, these are missing."""
    yield from by_range(types)(each, case)
    if each.sides is None or each.left not in ("object", "array"):
        return
    whole = each.path == "" and (in_success(each) or each.place.endswith(" request"))
    in_elements = any(schema.get("required") for schema in each.sides.left.items)
    if whole or in_elements or each.sides.left.required:
        sentence = "The document declares nothing of what the standard has in here."
        yield found(each, Group.MISSING, sentence, mandatory=True)


def mandatory(each: Difference, case: Case) -> Iterator[Finding]:
    """A body, parameter or attribute that one side asks for and the other does not."""
    if each.answered:
        if not each.right:
            yield found(each, Group.WIDER, f"{written(each)} may lack what clients of the standard rely on.")
    elif not each.right:
        yield found(each, Group.WIDER, "Requests are accepted without it.")
    elif each.sides is None or _is_demanded(each):
        yield found(each, Group.NARROWER, "Mandatory here, so that requests without it are rejected.")


def read_only(each: Difference, case: Case) -> Iterator[Finding]:
    """An attribute that clients may set on one side only."""
    if not each.answered:
        group = Group.NARROWER if each.right else Group.WIDER
        may = "may not" if each.right else "may"
        yield found(each, group, f"Clients {may} set it.")


def write_only(each: Difference, case: Case) -> Iterator[Finding]:
    """An attribute that one side never answers."""
    if each.answered and each.right:
        sentence = f"{written(each)} never carry this."
        yield found(each, Group.MISSING, sentence, mandatory=_is_profiled(each, case))


def further(each: Difference, case: Case) -> Iterator[Finding]:
    """An object that one side closes to attributes which are not declared."""
    if each.right:
        yield found(each, Group.WIDER, "Attributes that are not declared may stand here.")
    elif not each.answered:
        yield found(each, Group.NARROWER, "Extensions are rejected: no further attribute may stand here.")


def alternatives(each: Difference, case: Case) -> Iterator[Finding]:
    """Alternatives that one side has and the other has not."""
    if each.sides is None:
        return
    missing, more = each.sides.left_only, each.sides.right_only
    if missing and not each.answered:
        yield found(each, Group.NARROWER, f"The document does not take {', '.join(missing)} here.")
    # a sub-type that is mapped by the discriminator is told of there
    unmapped = [name for name in more if name not in each.sides.right.subtypes]
    if unmapped:
        names = ", ".join(unmapped)
        told = f"{written(each)} may have {names} here" if each.answered else f"{names} may be sent here"
        yield found(each, Group.WIDER, f"{told}, which the standard does not have.")


def discriminator(each: Difference, case: Case) -> Iterator[Finding]:
    """Sub-types, and the attribute that chooses them."""
    if each.sides is None:
        return
    ours, theirs = each.sides.left, each.sides.right
    if ours.discriminator is not None and theirs.discriminator != ours.discriminator:
        sentence = f"The document does not choose sub-types by {ours.discriminator}."
        yield found(each, Group.MISSING, sentence)
        return
    missing, more = sorted(ours.subtypes - theirs.subtypes), sorted(theirs.subtypes - ours.subtypes)
    if missing and theirs.subtypes:
        sentence = f"Sub-types that the document does not map: {', '.join(missing)}."
        yield found(each, Group.MISSING, sentence, about="sub-type")
    own = [name for name in more if name not in case.types]
    if own:
        sentence = f"Sub-types that the standard does not have: {', '.join(own)}."
        yield found(each, Group.EXTENSION, sentence, about="sub-type")
    other = [name for name in more if name in case.types]
    if other and ours.subtypes:
        sentence = f"Sub-types that the standard does not have here: {', '.join(other)}."
        yield found(each, Group.WIDER, sentence, about="sub-type")


def by_range(measure: Callable[[Difference], Iterator[Change]]) -> Judge:
    """The judge of what can be measured: values that one side allows and the other does not."""

    def judge(each: Difference, case: Case) -> Iterator[Finding]:
        for change in measure(each):
            if each.answered and change.more:
                sentence = f"{written(each)} may hold what the standard excludes: {change.more}."
                yield found(each, Group.WIDER, sentence)
            elif each.answered and change.unused:
                yield found(each, Group.MISSING, f"{written(each)} never hold {change.unused}.")
            elif not each.answered and change.less:
                yield found(each, Group.NARROWER, f"Requests of the standard may be rejected: {change.less}.")
            elif not each.answered and change.more:
                yield found(each, Group.WIDER, f"More is accepted than in the standard: {change.more}.")

    return judge
