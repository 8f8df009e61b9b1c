"""Named ways for the reference servers to be wrong, so that the judge can be measured: each is the smallest
realistic violation of one rule. `Faults` has the mechanism, `catalogue` knows them all."""

from tmfrig.mockservers.faults.fault import NO_FAULTS, Fault, FaultError, Faults

__all__ = ["NO_FAULTS", "Fault", "FaultError", "Faults"]
