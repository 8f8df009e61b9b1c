"""The module that pytest collects: every scenario of every feature file beside it."""

from pytest_bdd import scenarios

scenarios(".")
