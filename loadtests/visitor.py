"""The user who does what a profile's tasks say."""

from __future__ import annotations

from itertools import accumulate

from locust import task

from tmfrig.loadtests.profile import TaskData
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.user import TmfUser
from tmfrig.specs import Kind


class Visitor(TmfUser):
    """Does the tasks of the profile, each as often as its weight says."""

    explores = False  # what a profile names has to be there

    @classmethod
    def can_act(cls, traffic: Traffic) -> bool:
        """Whether the target has the operation of one of the tasks."""
        return bool(possible(traffic))

    def on_start(self) -> None:
        """What there is to do does not change."""
        self._tasks = possible(self.traffic)
        self._weights = list(accumulate(each.weight for each in self._tasks))

    @task
    def perform(self) -> None:
        """Do one of the tasks."""
        if not self._tasks:
            return
        (each,) = self.traffic.random.choices(self._tasks, cum_weights=self._weights)
        match each.kind:
            case Kind.CREATE:
                self.create(each.api, each.resource)
            case Kind.RETRIEVE:
                id = self.traffic.id_of(each.api, each.resource)
                if id is not None:
                    self.retrieve(each.api, each.resource, id)
            case _:
                self.list(each.api, each.resource, each.query)


def possible(traffic: Traffic) -> list[TaskData]:
    """The tasks of the profile that the target has the operations for."""
    return [
        each for each in traffic.profile.tasks if traffic.ask(each.api, each.resource, each.kind) is not None
    ]
