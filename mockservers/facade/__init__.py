"""Example of an anti-corruption layer: PROVEX, a provisioning system of 1984, behind TMF641 and TMF638.

`python -m tmfrig.mockservers.facade` runs both; README.md beside this file explains the pattern.
"""
