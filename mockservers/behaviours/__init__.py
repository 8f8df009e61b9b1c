"""What resources do by themselves: orders progress, cancel tasks unwind them, qualifications are evaluated,
jobs run. Each behaviour is a small class that hears of the changes of the resource types that it names."""

from tmfrig.mockservers.behaviours.behaviour import Behaviour
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.behaviours.eligibility import OfferingQualification
from tmfrig.mockservers.behaviours.jobs import JobRun
from tmfrig.mockservers.behaviours.offering_checks import OfferingCheck, OfferingQuery
from tmfrig.mockservers.behaviours.ordering import OrderProgress
from tmfrig.mockservers.behaviours.serviceability import ServiceQualification

STANDARD_BEHAVIOURS: tuple[type[Behaviour], ...] = (
    OrderProgress,
    Cancellation,
    ServiceQualification,
    OfferingQualification,
    OfferingCheck,
    OfferingQuery,
    JobRun,
)

__all__ = ["STANDARD_BEHAVIOURS", "Behaviour"]
