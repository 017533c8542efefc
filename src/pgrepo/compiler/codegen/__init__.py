"""Typed statements in, Python text out: pure, but for `writer`; knows no database.

`rows` decides the classes, `methods` the signatures, `module` and `package` write the files.
"""
