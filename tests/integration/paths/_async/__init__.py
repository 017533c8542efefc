"""The conformance suite of the asynchronous runtime."""
