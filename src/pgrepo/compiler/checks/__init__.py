"""`pgrepo check`: findings about queries that PostgreSQL accepts, and about the schema.

check        reads as: analyse, compare with the generated code, look for findings, take off what
             is allowed
promises     PGR501-504: the operator and the annotations, compared with what is proved
writes       PGR505: UPDATE and DELETE without WHERE
duplicates   PGR506: the same statement twice
ordering     PGR507: ORDER BY under LIMIT that leaves ties
absent       PGR508: a parameter that may be None, in a condition that is never true then
gates        PGR511, PGR512: plans on tables as large as the hot ones will be
indexes      PGR601-603: foreign keys without an index, indexes without a use
allow        `-- @allow` and `-- pgrepo: allow`

Every finding must be true. What cannot be proved is not told: where a check needs to know that
something is *not* so, it believes whatever could speak against it (see `uniqueness`).
"""
