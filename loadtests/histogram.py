"""Durations in buckets that can be added up: what several processes measured has exact percentiles too."""

from __future__ import annotations

import math
from collections.abc import Iterable

GROWTH = 1.01
"""From one bucket to the next: what is read back is at most 0.5 % away from what was put in."""
_SHORTEST = 1e-7
_PER_BUCKET = math.log(GROWTH)
_MIDDLE = 2 / (1 + GROWTH)


class Histogram:
    """How often which duration came, in seconds; the longest one is kept as it is."""

    __slots__ = ("counts", "longest", "total")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.longest = 0.0

    def add(self, seconds: float) -> int:
        """Count one duration; nothing is shorter than a tenth of a microsecond. The bucket that it is in."""
        bucket = math.ceil(math.log(seconds if seconds > _SHORTEST else _SHORTEST) / _PER_BUCKET)
        self.count(bucket, seconds)
        return bucket

    def count(self, bucket: int, seconds: float) -> None:
        """Count one duration of which it is known in which bucket it is."""
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.total += 1
        if seconds > self.longest:
            self.longest = seconds

    def absorb(self, other: Histogram) -> None:
        """Add what another one counted."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def percentile(self, share: float) -> float:
        """The duration, in seconds, that this share (0.99) of all did not exceed; 0 where there are none."""
        if not self.total:
            return 0.0
        rank = max(1, math.ceil(share * self.total - 1e-9))
        for bucket in sorted(self.counts):
            rank -= self.counts[bucket]
            if rank <= 0:
                return min(GROWTH**bucket * _MIDDLE, self.longest)
        return self.longest

    def milliseconds(self, share: float) -> float:
        """The same in milliseconds, with as many digits as mean something."""
        return float(f"{self.percentile(share) * 1000:.4g}")

    def packed(self) -> list[float]:
        """All of it as one list of numbers, for another process: the longest, then bucket, count, …"""
        return [self.longest, *(number for pair in self.counts.items() for number in pair)]

    @classmethod
    def unpacked(cls, numbers: Iterable[float]) -> Histogram:
        """What `packed` gave. ValueError for anything else."""
        longest, *pairs = numbers
        histogram = cls()
        histogram.longest = float(longest)
        histogram.counts = {
            int(bucket): int(count) for bucket, count in zip(pairs[::2], pairs[1::2], strict=True)
        }
        histogram.total = sum(histogram.counts.values())
        return histogram
