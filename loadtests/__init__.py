"""Load on a target: profiles as data, Locust users that check every answer, and verdicts on service levels.

`python -m tmfrig.loadtests` is the entry point; Locust patches the interpreter: nothing else imports `load`.
"""
