"""The vocabulary: every step that a scenario may use, each with what it does and when it fails.

Roles are named as the business names them: the channel, the customer, product ordering, the observer. A
step's name is what a reader of the scenario sees; its docstring is for whoever writes the next scenario.
"""

from tmfrig.features.vocabulary.browsing import *  # noqa: F403
from tmfrig.features.vocabulary.cancelling import *  # noqa: F403
from tmfrig.features.vocabulary.checking import *  # noqa: F403
from tmfrig.features.vocabulary.feedback import *  # noqa: F403
from tmfrig.features.vocabulary.fulfilling import *  # noqa: F403
from tmfrig.features.vocabulary.journals import *  # noqa: F403
from tmfrig.features.vocabulary.orchestrating import *  # noqa: F403
from tmfrig.features.vocabulary.ordering import *  # noqa: F403
from tmfrig.features.vocabulary.qualifying import *  # noqa: F403
from tmfrig.features.vocabulary.reconciling import *  # noqa: F403
from tmfrig.features.vocabulary.recording import *  # noqa: F403
from tmfrig.features.vocabulary.tracking import *  # noqa: F403
