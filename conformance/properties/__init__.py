"""Property tests: Schemathesis explores what a contract allows and forbids, and we judge what comes back.

`document` derives from the contract a description without circles, `exploring` draws requests from it,
`finding` tells causes apart and `minimising` reduces them; the checks are in `checks/properties.py`.
"""
