"""Statements with what the compiler must say of them; every one is run as well.

One module a subject, each with a list called CASES.
"""
