"""Who plays which role: what is served here, what is elsewhere, and how each behaves among the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tmfrig.mockservers.activation import ROLE as ACTIVATION
from tmfrig.mockservers.activation import Activation, ServiceOrderCancellation
from tmfrig.mockservers.behaviours import STANDARD_BEHAVIOURS, Behaviour
from tmfrig.mockservers.behaviours.behaviour import narrowed
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.behaviours.ordered_cancelling import CancellationOutcome, OrderedCancellation
from tmfrig.mockservers.behaviours.ordering import OrderProgress
from tmfrig.mockservers.com.companion import com_companion
from tmfrig.mockservers.credentials import Headers
from tmfrig.mockservers.faults import NO_FAULTS, Faults
from tmfrig.mockservers.guard import Guard, tokens_of
from tmfrig.mockservers.neighbours import Neighbour, Neighbours
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.site import Companion, Site
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import COM, NOBODY, Contract, External, rig_contract, standard_contract

COM_NEEDS = ("TMF620", "TMF622", "TMF633", "TMF637", "TMF638", "TMF641")
"""The APIs without which nobody can carry out orders."""


class TopologyError(Exception):
    """The roles asked for do not make a whole; one line that says how to mend it."""


@dataclass(frozen=True)
class Topology:
    """The roles of a rig: APIs `served` here, `externals` by role, whether the COM is here, and what the
    roles here do wrong.

    TopologyError where a role is here and elsewhere, where the COM lacks a neighbour, where nothing is left
    to serve, or where a fault is one of a role that is not here.
    """

    served: tuple[Contract, ...]
    externals: Mapping[str, External] = field(default_factory=dict)
    com_here: bool = False
    headers: Headers = field(default_factory=dict, repr=False)
    faults: Faults = NO_FAULTS

    def __post_init__(self) -> None:
        here = {each.api for each in self.served} | ({COM} if self.com_here else set())
        for role in sorted(here & self.externals.keys()):
            raise TopologyError(
                f"{role} is both served here and external; leave out --api {role} or --external {role}"
            )
        missing = missing_for_com(self.served, self.externals)
        if self.com_here and missing:
            raise TopologyError(
                f"the COM cannot carry out orders without {', '.join(missing)}; "
                f"serve it here (--api {missing[0]}) or say where it is (--external {missing[0]}=URL)"
            )
        if not here:
            raise TopologyError("every role is external: nothing is left to serve; leave out an --external")
        for each in self.faults:
            if each.role not in here | ({ACTIVATION} if self.activates else set()):
                raise TopologyError(
                    f"{each.name} is a fault of {each.role}, which is not served here; "
                    f"serve it or leave out --fault {each.name}"
                )

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """Everything that is served here: the APIs, and the COM's own contract."""
        return (*self.served, rig_contract(COM)) if self.com_here else self.served

    @property
    def orchestrated(self) -> bool:
        """Whether somebody carries product orders out, so that they do not progress by themselves."""
        return self.com_here or COM in self.externals

    @property
    def activates(self) -> bool:
        """Whether service orders here are carried out in a service inventory, here or elsewhere."""
        here = {each.api for each in self.served}
        return "TMF641" in here and ("TMF638" in here or "TMF638" in self.externals)

    def neighbours(self, wire: Wire, address: Address, callback_url: str = "") -> Neighbours:
        """The APIs as the roles here reach them, each with the URL under which it reaches us.

        Of an API that is served in several versions, the roles speak to the first. `callback_url` is what
        external roles are told in place of our address as they see it.
        """
        key = self.faults.instead_of(Guard)(tokens_of()).key
        found = {
            each.api: Neighbour(each.api, each, address.url + each.base_path, key, address.url)
            for each in sorted(self.served, key=lambda contract: contract.line, reverse=True)
        }
        for role, each in self.externals.items():
            if role != COM:
                found[role] = Neighbour(
                    role,
                    standard_contract(role, each.line),
                    each.url,
                    self.headers.get(role, {}),
                    callback_url.rstrip("/") or address.seen_from(each.url),
                )
        return Neighbours(wire, found)

    @property
    def places(self) -> Mapping[str, str]:
        """The base URL of each external role."""
        return {role: each.url for role, each in self.externals.items() if each.url != NOBODY}

    def behaviours(self) -> tuple[type[Behaviour], ...]:
        """What the resources of these roles do by themselves, and what they leave to others."""
        alone = {"product", "service"}
        chosen = [each for each in STANDARD_BEHAVIOURS if each not in (OrderProgress, Cancellation)]
        if self.orchestrated:
            alone.remove("product")
            chosen += [OrderedCancellation, CancellationOutcome]
        if self.activates:
            alone.remove("service")
            chosen += [Activation, ServiceOrderCancellation]
        chosen.append(narrowed(OrderProgress, (f"{kind}Order" for kind in alone)))
        chosen.append(narrowed(Cancellation, (f"cancel{kind.title()}Order" for kind in alone)))
        return tuple(chosen)

    def companions(self, site: Site) -> list[Companion]:
        """The roles of a site that are more than resources: the COM, where it is here."""
        if not self.com_here:
            return []
        return [com_companion(site, among_others=bool(self.externals))]


def missing_for_com(served: Iterable[Contract], externals: Iterable[str]) -> list[str]:
    """The APIs that a COM needs and nobody plays."""
    there = {*(each.api for each in served), *externals}
    return [each for each in COM_NEEDS if each not in there]


def com_by_default(served: Iterable[Contract], externals: Mapping[str, External]) -> bool:
    """Whether the COM is here where nobody has said anything about it."""
    return COM not in externals and not missing_for_com(served, externals)
