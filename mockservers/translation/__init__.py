"""One resource, two versions: how what is said in one version of an API is said in another.

`Translation` turns a resource of one version into that of another; `Mirror` keeps both in step in a store."""

from tmfrig.mockservers.translation.carrying import carried_over
from tmfrig.mockservers.translation.mirror import Mirror, mirrors_of
from tmfrig.mockservers.translation.translation import Translation, without_refused

__all__ = ["Mirror", "Translation", "carried_over", "mirrors_of", "without_refused"]
