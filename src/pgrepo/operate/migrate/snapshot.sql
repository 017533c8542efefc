-- Every object of the schema $1 as (kind, name, definition), to compare two databases by.
-- Names are qualified because the session's search path is empty. Left out: what belongs to an
-- extension, and partitions, which come and go with the data they hold.

WITH schema AS (
    SELECT oid, nspname, nspowner, nspacl
    FROM pg_catalog.pg_namespace
    WHERE nspname = $1
),

relations AS (
    SELECT class.*, format('%I.%I', schema.nspname, class.relname) AS qualified
    FROM pg_catalog.pg_class AS class
    JOIN schema ON schema.oid = class.relnamespace
    WHERE
        NOT class.relispartition
        AND class.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
        AND NOT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_depend AS depend
            WHERE
                depend.classid = 'pg_catalog.pg_class'::regclass
                AND depend.objid = class.oid
                AND depend.deptype = 'e'
        )
),

routines AS (
    SELECT proc.*
    FROM pg_catalog.pg_proc AS proc
    JOIN schema ON schema.oid = proc.pronamespace
    WHERE NOT EXISTS (
        SELECT 1
        FROM pg_catalog.pg_depend AS depend
        WHERE
            depend.classid = 'pg_catalog.pg_proc'::regclass
            AND depend.objid = proc.oid
            AND depend.deptype = 'e'
    )
),

types AS (
    SELECT type.*, format('%I.%I', schema.nspname, type.typname) AS qualified
    FROM pg_catalog.pg_type AS type
    JOIN schema ON schema.oid = type.typnamespace
    WHERE
        type.typtype IN ('e', 'd', 'r')
        AND NOT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_depend AS depend
            WHERE
                depend.classid = 'pg_catalog.pg_type'::regclass
                AND depend.objid = type.oid
                AND depend.deptype = 'e'
        )
),

-- What each owner granted to others, or PostgreSQL grants by itself.
acls AS (
    SELECT 'schema' AS kind, quote_ident(nspname) AS name, nspowner AS owner,
        coalesce(nspacl, acldefault('n', nspowner)) AS acl
    FROM schema
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, qualified, relowner,
        coalesce(
            relacl,
            acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)
        )
    FROM relations
    WHERE relkind <> 'c'
    UNION ALL
    SELECT 'column', format('%s.%I', relations.qualified, attribute.attname), relations.relowner,
        attribute.attacl
    FROM relations
    JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relations.oid
    WHERE attribute.attacl IS NOT NULL
    UNION ALL
    SELECT 'function', oid::regprocedure::text, proowner,
        coalesce(proacl, acldefault('f', proowner))
    FROM routines
    UNION ALL
    SELECT 'type', qualified, typowner, coalesce(typacl, acldefault('T', typowner))
    FROM types
),

-- Everything in the schema that can carry a comment, by PostgreSQL's own naming.
members AS (
    SELECT 'pg_catalog.pg_class'::regclass AS class_id, oid FROM relations
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, index.indexrelid
    FROM pg_catalog.pg_index AS index
    JOIN relations ON relations.oid = index.indrelid
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass, oid FROM routines
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass, oid FROM types
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::regclass, constraints.oid
    FROM pg_catalog.pg_constraint AS constraints
    JOIN relations ON relations.oid = constraints.conrelid
    UNION ALL
    SELECT 'pg_catalog.pg_trigger'::regclass, triggers.oid
    FROM pg_catalog.pg_trigger AS triggers
    JOIN relations ON relations.oid = triggers.tgrelid
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::regclass, policy.oid
    FROM pg_catalog.pg_policy AS policy
    JOIN relations ON relations.oid = policy.polrelid
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::regclass, oid FROM schema
)

SELECT 'schema' AS kind, quote_ident(nspname) AS name, '' AS definition
FROM schema

UNION ALL
SELECT
    CASE relkind
        WHEN 'v' THEN 'view'
        WHEN 'm' THEN 'materialized view'
        WHEN 'S' THEN 'sequence'
        WHEN 'c' THEN 'composite type'
        WHEN 'f' THEN 'foreign table'
        ELSE 'table'
    END,
    qualified,
    concat_ws(
        ' ',
        CASE relpersistence WHEN 'u' THEN 'UNLOGGED' END,
        CASE WHEN relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(oid) END,
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
        CASE WHEN relrowsecurity THEN 'ROW LEVEL SECURITY' END,
        CASE WHEN relforcerowsecurity THEN 'FORCED' END,
        CASE
            WHEN relreplident <> 'd' AND relkind IN ('r', 'p')
                THEN concat('REPLICA IDENTITY ', relreplident)
        END,
        (
            SELECT 'WITH (' || string_agg(option, ', ' ORDER BY option) || ')'
            FROM unnest(reloptions) AS option
        ),
        (
            SELECT
                'INHERITS (' || string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) || ')'
            FROM pg_catalog.pg_inherits
            WHERE inhrelid = relations.oid
        ),
        (
            SELECT
                format(
                    '%s FROM %s TO %s START %s BY %s CACHE %s%s',
                    seqtypid::regtype, seqmin, seqmax, seqstart, seqincrement, seqcache,
                    CASE WHEN seqcycle THEN ' CYCLE' END
                )
            FROM pg_catalog.pg_sequence
            WHERE seqrelid = relations.oid
        )
    )
FROM relations

UNION ALL
SELECT
    'column',
    format('%s.%I', relations.qualified, attribute.attname),
    concat_ws(
        ' ',
        format_type(attribute.atttypid, attribute.atttypmod),
        CASE
            WHEN attribute.attcollation <> type.typcollation
                THEN concat('COLLATE ', attribute.attcollation::regcollation)
        END,
        CASE WHEN attribute.attnotnull THEN 'NOT NULL' END,
        CASE attribute.attidentity
            WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
            WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY'
        END,
        CASE attribute.attgenerated
            WHEN '' THEN 'DEFAULT '
            WHEN 's' THEN 'GENERATED STORED AS '
            ELSE 'GENERATED AS '
        END || pg_get_expr(attrdef.adbin, attrdef.adrelid),
        CASE
            WHEN attribute.attstorage <> type.typstorage
                THEN concat('STORAGE ', attribute.attstorage)
        END
    )
FROM relations
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relations.oid
JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS attrdef
    ON attrdef.adrelid = attribute.attrelid AND attrdef.adnum = attribute.attnum
WHERE
    attribute.attnum > 0
    AND NOT attribute.attisdropped
    AND relations.relkind <> 'S'

UNION ALL
-- Not-null constraints show as columns; a partition's foreign keys to and from its parent do not
-- count, being the parent's.
SELECT
    'constraint',
    format('%s %I', relations.qualified, constraints.conname),
    pg_get_constraintdef(constraints.oid)
        || CASE WHEN constraints.convalidated THEN '' ELSE ' (not validated)' END
FROM relations
JOIN pg_catalog.pg_constraint AS constraints ON constraints.conrelid = relations.oid
WHERE
    constraints.contype NOT IN ('n', 't')
    AND constraints.conparentid = 0

UNION ALL
SELECT
    'index',
    index.indexrelid::regclass::text,
    pg_get_indexdef(index.indexrelid)
        || CASE WHEN index.indisvalid THEN '' ELSE ' INVALID' END
        || CASE WHEN index.indisclustered THEN ' CLUSTERED' ELSE '' END
FROM relations
JOIN pg_catalog.pg_index AS index ON index.indrelid = relations.oid

UNION ALL
SELECT
    CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    oid::regprocedure::text,
    CASE
        WHEN prokind <> 'a' THEN pg_get_functiondef(oid)
        ELSE format(
            'AGGREGATE RETURNS %s %s',
            prorettype::regtype,
            (
                SELECT
                    concat_ws(
                        ', ', aggtransfn::text, aggfinalfn::text, aggcombinefn::text,
                        aggtranstype::regtype::text, agginitval
                    )
                FROM pg_catalog.pg_aggregate
                WHERE aggfnoid = routines.oid
            )
        )
    END
FROM routines

UNION ALL
SELECT
    'trigger',
    format('%s %I', relations.qualified, triggers.tgname),
    pg_get_triggerdef(triggers.oid)
        || CASE triggers.tgenabled
            WHEN 'O' THEN ''
            WHEN 'D' THEN ' DISABLED'
            ELSE concat(' ENABLED ', triggers.tgenabled)
        END
FROM relations
JOIN pg_catalog.pg_trigger AS triggers ON triggers.tgrelid = relations.oid
WHERE NOT triggers.tgisinternal

UNION ALL
SELECT
    'policy',
    format('%s %I', relations.qualified, policy.polname),
    concat_ws(
        ' ',
        CASE WHEN policy.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        concat('FOR ', policy.polcmd),
        'TO ' || (
            SELECT
                string_agg(
                    CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role) END, ', '
                    ORDER BY pg_get_userbyid(role)
                )
            FROM unnest(policy.polroles) AS role
        ),
        'USING (' || pg_get_expr(policy.polqual, policy.polrelid) || ')',
        'WITH CHECK (' || pg_get_expr(policy.polwithcheck, policy.polrelid) || ')'
    )
FROM relations
JOIN pg_catalog.pg_policy AS policy ON policy.polrelid = relations.oid

UNION ALL
SELECT
    'rule',
    format('%s %I', relations.qualified, rewrite.rulename),
    pg_get_ruledef(rewrite.oid)
FROM relations
JOIN pg_catalog.pg_rewrite AS rewrite ON rewrite.ev_class = relations.oid
WHERE rewrite.rulename <> '_RETURN'

UNION ALL
SELECT
    'statistics',
    format('%I.%I', schema.nspname, statistic.stxname),
    pg_get_statisticsobjdef(statistic.oid)
FROM schema
JOIN pg_catalog.pg_statistic_ext AS statistic ON statistic.stxnamespace = schema.oid

UNION ALL
SELECT
    CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END,
    qualified,
    CASE typtype
        WHEN 'e' THEN (
            SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
            FROM pg_catalog.pg_enum
            WHERE enumtypid = types.oid
        )
        WHEN 'r' THEN (
            SELECT rngsubtype::regtype::text
            FROM pg_catalog.pg_range
            WHERE rngtypid = types.oid
        )
        ELSE concat_ws(
            ' ',
            format_type(typbasetype, typtypmod),
            CASE WHEN typnotnull THEN 'NOT NULL' END,
            'DEFAULT ' || typdefault,
            (
                SELECT
                    string_agg(
                        format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), ' '
                        ORDER BY conname
                    )
                FROM pg_catalog.pg_constraint
                WHERE contypid = types.oid AND contype = 'c'
            )
        )
    END
FROM types

UNION ALL
-- Operators, collations, text search and the like: that they are there.
SELECT object.type, object.identity, ''
FROM schema
JOIN pg_catalog.pg_depend AS depend
    ON depend.refclassid = 'pg_catalog.pg_namespace'::regclass AND depend.refobjid = schema.oid
CROSS JOIN LATERAL pg_identify_object(depend.classid, depend.objid, 0) AS object
WHERE
    depend.deptype = 'n'
    AND depend.classid NOT IN (
        'pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass,
        'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_statistic_ext'::regclass,
        'pg_catalog.pg_extension'::regclass
    )

UNION ALL
SELECT
    'grants on ' || acls.kind,
    acls.name,
    string_agg(
        format(
            '%s to %s%s',
            entry.privilege_type,
            CASE entry.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(entry.grantee) END,
            CASE WHEN entry.is_grantable THEN ' with grant option' END
        ),
        ', '
        ORDER BY pg_get_userbyid(entry.grantee), entry.privilege_type, entry.is_grantable
    )
FROM acls
CROSS JOIN LATERAL aclexplode(acls.acl) AS entry
WHERE entry.grantee <> acls.owner
GROUP BY acls.kind, acls.name

UNION ALL
SELECT
    'comment on ' || object.type,
    object.identity,
    description.description
FROM members
JOIN pg_catalog.pg_description AS description
    ON description.classoid = members.class_id AND description.objoid = members.oid
CROSS JOIN LATERAL pg_identify_object(
    members.class_id, members.oid, description.objsubid
) AS object
