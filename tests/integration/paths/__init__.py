"""The conformance suite: what holds on every way to the server."""
