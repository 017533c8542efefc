-- What must stay true in a scene: its bible, version by version, and summaries of what
-- lies far back.
-- Depends on scenes.

-- Mends: idx_scene_bibles_scene_id and idx_scene_bibles_scene_version are prefixes of
-- the unique key, or it read backwards. created_by_segment_id is no foreign key: one to
-- the partitioned segments would have to name the segment's created_at too.
CREATE TABLE storyverse.scene_bibles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    scene_id uuid NOT NULL,
    version integer NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by_segment_id uuid,
    CONSTRAINT scene_bibles_pkey PRIMARY KEY (id),
    CONSTRAINT scene_bibles_scene_id_version_key UNIQUE (scene_id, version),
    CONSTRAINT scene_bibles_scene_id_fkey FOREIGN KEY (scene_id)
        REFERENCES storyverse.scenes (id) ON DELETE CASCADE,
    CONSTRAINT scene_bibles_version_check CHECK (version >= 1),
    -- The application's types hold the whole schema of the document. These hold what
    -- no reader can do without, whoever writes. In strict mode jsonpath does not look
    -- into arrays for what should be an object; in lax mode a missing key is no error.
    CONSTRAINT scene_bibles_data_check CHECK (
        (data @? 'strict $ ? (
            @.version.type() == "number"
            && @.version % 1 == 0
            && @.characters.type() == "array"
            && @.setting.type() == "object"
            && @.timeline.type() == "object"
        )') IS TRUE
    ),
    CONSTRAINT scene_bibles_characters_check CHECK (
        (data @? 'strict $.characters[*] ? (@.type() != "object")') IS NOT TRUE
        AND (data @? 'lax $.characters[*] ? (
            !(@.entityId.type() == "string" && @.canonicalName.type() == "string")
        )') IS NOT TRUE
    )
);

CREATE TABLE storyverse.scene_summaries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    scene_id uuid NOT NULL,
    summary text NOT NULL,
    segments_covered integer[] NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT scene_summaries_pkey PRIMARY KEY (id),
    CONSTRAINT scene_summaries_scene_id_fkey FOREIGN KEY (scene_id)
        REFERENCES storyverse.scenes (id) ON DELETE CASCADE,
    CONSTRAINT scene_summaries_segments_covered_check CHECK (
        cardinality(segments_covered) >= 1
        AND array_position(segments_covered, NULL) IS NULL
    )
);

CREATE INDEX scene_summaries_scene_id_created_at_idx
    ON storyverse.scene_summaries (scene_id, created_at DESC, id DESC);

-- Called in the SET list of an UPDATE. An UPDATE that had to wait computes its SET list
-- anew from the row as the other transaction left it, so the error tells the version
-- that is current now, not the one that was when the statement began.
CREATE FUNCTION storyverse.next_version(current_version integer, expected_version integer)
RETURNS integer
LANGUAGE plpgsql
IMMUTABLE
AS $$
BEGIN
    IF current_version IS DISTINCT FROM expected_version THEN
        RAISE EXCEPTION USING
            ERRCODE = 'PR001',
            MESSAGE = 'the expected version is not the current one',
            DETAIL = current_version::text,
            HINT = 'Read the current version, apply the change to it, and try again.';
    END IF;
    RETURN current_version + 1;
END;
$$;

-- scenes.bible_version begins at 1, so there has to be a version 1: one in which nothing
-- is established yet.
CREATE FUNCTION storyverse.add_first_bible()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO storyverse.scene_bibles (scene_id, version, data, created_at)
    SELECT
        added.id,
        added.bible_version,
        jsonb_build_object(
            'version',
            added.bible_version,
            'characters',
            '[]'::jsonb,
            'setting',
            '{}'::jsonb,
            'timeline',
            '{}'::jsonb
        ),
        added.created_at
    FROM added;
    RETURN NULL;
END;
$$;

CREATE TRIGGER scenes_add_first_bible
    AFTER INSERT ON storyverse.scenes
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.add_first_bible();

CREATE TRIGGER scene_summaries_set_updated_at
    BEFORE UPDATE ON storyverse.scene_summaries
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION storyverse.set_updated_at();

COMMENT ON TABLE storyverse.scene_bibles IS
    'What is established in a scene, one row a version; never changed, only added to.';
COMMENT ON COLUMN storyverse.scene_bibles.version IS
    'Versions of a scene follow each other without a gap.';
COMMENT ON COLUMN storyverse.scene_bibles.data IS
    'A JSON object: characters, setting, timeline, plot threads and style.';
COMMENT ON COLUMN storyverse.scene_bibles.created_by_segment_id IS
    'The segment that brought this version about, where one did.';
COMMENT ON TABLE storyverse.scene_summaries IS
    'What happened in stretches of a scene, in few words.';
COMMENT ON COLUMN storyverse.scene_summaries.segments_covered IS
    'Sequence numbers of the segments that it sums up.';
COMMENT ON COLUMN storyverse.scene_summaries.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON FUNCTION storyverse.add_first_bible() IS
    'Gives new scenes a bible in which nothing is established.';
COMMENT ON FUNCTION storyverse.next_version(integer, integer) IS
    'Returns the version after the current one; raises PR001 with the current version '
    'as its detail when another one was expected.';
