"""Lifecycle scenarios in the words of the business, and the steps that play them against any target.

`python -m tmfrig.features` runs them, `vocabulary` holds the steps in which they are written, and `plugin`
lends those to scenarios of others; `README.md` tells more.
"""
