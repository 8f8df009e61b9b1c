"""The judge: the catalogue of checks, the target description, the recording client, the event sink and the
verdict, with the command line in front. It knows a target only by its URL and its contract."""
