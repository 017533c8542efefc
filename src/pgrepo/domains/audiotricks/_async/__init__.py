"""The asynchronous flavour of what is written by hand, from which the other one is derived."""
