"""Lifecycle scenarios in the words of the business, and the steps that play them against any target.

`python -m tmfrig.features` runs them; `steps` is the vocabulary in which scenarios are written.
"""
