"""Service activation: the role behind TMF641, which carries service orders out and alone writes TMF638.

What becomes of an order can be scripted, in its external id or by rules: see `script`.
"""

from tmfrig.mockservers.activation.activation import ROLE, Activation
from tmfrig.mockservers.activation.cancelling import ServiceOrderCancellation
from tmfrig.mockservers.activation.script import Script, ScriptError
from tmfrig.mockservers.activation.script_file import load_script

__all__ = ["ROLE", "Activation", "Script", "ScriptError", "ServiceOrderCancellation", "load_script"]
