"""Functions and operators of PostgreSQL that never return NULL for arguments that are not NULL.

An allowlist: being strict says what happens for NULL, not that NULL comes of nothing else
(`->>`, `array_length`, `lower` of an unbounded range). Each entry was checked against special
values too: infinities (to_char and extract give NULL for them), empty texts, ranges and arrays,
and JSON null (18 casts it to NULL, so casts from jsonb are out).
"""

from __future__ import annotations

# Types whose values are plain: no unbounded ends, no missing members, no null inside.
PLAIN_TYPES = frozenset({
    16, 17, 18, 19, 20, 21, 23, 25, 26, 700, 701, 790, 869, 650, 829, 774, 1042, 1043, 1082,
    1083, 1114, 1184, 1186, 1266, 1560, 1562, 1700, 2950, 705,
    3614, 3615, 3734,  # tsvector, tsquery, regconfig
})  # fmt: skip

# Comparison, arithmetic, concatenation, matching on plain types.
PLAIN_OPERATORS = frozenset({
    "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "|/", "||/", "@", "||",
    "&", "|", "#", "<<", ">>", "~", "!~", "~*", "!~*", "~~", "!~~", "~~*", "!~~*", "^@",
    "@@", "&&", "!!", "~<~", "~<=~", "~>~", "~>=~",
})  # fmt: skip

# The same for types that are not plain: what cannot be NULL whatever they hold.
ANY_TYPE_OPERATORS = frozenset({"=", "<>", "<", "<=", ">", ">=", "@>", "<@", "&&"})
ARRAY_OPERATORS = frozenset({"||"})
JSON_OPERATORS = frozenset({"||", "?", "?|", "?&", "-", "#-"})
VECTOR_OPERATORS = frozenset({"<->", "<=>", "<#>", "<+>", "+", "-", "*"})

PLAIN_FUNCTIONS = frozenset({
    # numbers
    "abs", "ceil", "ceiling", "floor", "round", "trunc", "sqrt", "cbrt", "exp", "ln", "log",
    "log10", "power", "pow", "mod", "div", "sign", "gcd", "lcm", "degrees", "radians", "pi",
    "random", "random_normal", "width_bucket", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "factorial", "trim_scale",
    # texts and bytes
    "lower", "upper", "initcap", "length", "char_length", "character_length", "octet_length",
    "bit_length", "btrim", "ltrim", "rtrim", "lpad", "rpad", "repeat", "replace", "translate",
    "reverse", "left", "right", "substr", "strpos", "position", "starts_with", "md5", "sha224",
    "sha256", "sha384", "sha512", "encode", "decode", "ascii", "chr", "to_hex", "quote_ident",
    "quote_literal", "overlay", "split_part", "regexp_replace", "regexp_count", "regexp_like",
    "string_to_array", "regexp_split_to_array", "convert_to", "convert_from", "concat_op",
    # times
    "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "date_trunc",
    "date_bin", "make_date", "make_time", "make_timestamp", "make_timestamptz", "make_interval",
    "justify_days", "justify_hours", "justify_interval", "timezone", "isfinite",
    # identifiers
    "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "txid_current", "pg_current_xact_id",
    # text search
    "to_tsvector", "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery",
    "ts_rank", "ts_rank_cd", "ts_headline", "setweight", "strip", "numnode",
    # network addresses
    "host", "masklen", "network", "broadcast", "netmask", "family",
    # hashes
    "hashtext", "hashtextextended",
})  # fmt: skip

# These take anything and look only at whether the arguments themselves are NULL.
ANY_ARGUMENT_FUNCTIONS = frozenset({
    "to_json", "to_jsonb", "row_to_json", "array_to_json", "jsonb_typeof", "json_typeof",
    "jsonb_strip_nulls", "jsonb_pretty", "jsonb_array_length", "json_array_length", "jsonb_set",
    "jsonb_concat", "jsonb_insert", "cardinality", "array_append", "array_prepend", "array_cat",
    "array_remove", "array_replace", "array_positions", "array_to_string", "isempty",
    "lower_inc", "upper_inc", "lower_inf", "upper_inf", "format_type",
})  # fmt: skip

# These return a value whatever the arguments are.
NEVER_NULL_FUNCTIONS = frozenset({
    "concat", "json_build_object", "jsonb_build_object", "json_build_array",
    "jsonb_build_array", "pg_typeof", "quote_nullable", "version", "pg_backend_pid",
    "now", "array_append", "array_prepend",
})  # fmt: skip

# Functions that PostgreSQL uses for casts between plain types.
CAST_FUNCTIONS = frozenset({
    "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "name",
    "char", "bool", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "bit",
    "varbit", "inet", "cidr", "bytea", "oid", "money", "cash_cmp", "regclass",
})  # fmt: skip

# Fields of date_part and extract that are defined for infinite times as well.
TIMELESS_FIELDS = frozenset({
    "epoch", "julian", "year", "decade", "century", "millennium", "isoyear",
})  # fmt: skip

# With at least one row in, they have a value when no argument is NULL.
TOTAL_AGGREGATES = frozenset({
    "sum", "avg", "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor",
    "string_agg", "any_value", "stddev_pop", "var_pop", "range_agg", "range_intersect_agg",
})  # fmt: skip
# With at least one row in, they have a value, NULL arguments or not.
COLLECTING_AGGREGATES = frozenset({
    "array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
})  # fmt: skip
COUNTING_AGGREGATES = frozenset({"count", "regr_count"})

TOTAL_WINDOW_FUNCTIONS = frozenset({
    "row_number", "rank", "dense_rank", "percent_rank", "cume_dist",
})  # fmt: skip

# Set-returning functions whose rows are never NULL for arguments that are not NULL.
TOTAL_SET_FUNCTIONS = frozenset({
    "generate_series", "jsonb_array_elements", "json_array_elements", "jsonb_object_keys",
    "json_object_keys", "regexp_split_to_table", "generate_subscripts", "jsonb_path_query",
})  # fmt: skip
