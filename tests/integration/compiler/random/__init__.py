"""Random queries over a small schema, for the NULL witness.

schema        the tables and views, and random rows for them
expressions   scalar expressions and conditions over columns
relations     what stands in FROM: tables, sub-queries, joins of every kind
selects       SELECT of every form
writes        INSERT, UPDATE, DELETE, MERGE
queries       whole statements: any of these, set operations, WITH
"""
