"""The reference servers: one resource engine that plays every TM Forum API from its contract, with stores,
notifications, behaviours and a data set. `python -m tmfrig.mockservers` runs them, `running.serving` in a
test."""
