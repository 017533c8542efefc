-- What people prefer, and their keys to the services of others.
-- Depends on users.

-- As RFC 7396 says. Objects are merged however deep they lie, where || replaces them.
CREATE FUNCTION audiotricks.merge_patch(target jsonb, patch jsonb)
RETURNS jsonb
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
AS $$
DECLARE
    merged jsonb := target;
    change record;
BEGIN
    IF jsonb_typeof(patch) IS DISTINCT FROM 'object' THEN
        RETURN patch;
    END IF;
    IF jsonb_typeof(merged) IS DISTINCT FROM 'object' THEN
        merged := '{}';
    END IF;
    FOR change IN
        SELECT
            member.key,
            member.value
        FROM jsonb_each(patch) AS member
    LOOP
        IF change.value = 'null' THEN
            merged := merged - change.key;
        ELSE
            merged := merged || jsonb_build_object(
                change.key,
                audiotricks.merge_patch(merged -> change.key, change.value)
            );
        END IF;
    END LOOP;
    RETURN merged;
END;
$$;

-- v1.<id of the key>.<nonce, ciphertext and tag in base64url>. The checks say no more
-- than that something was encrypted: a key stored by mistake as it is, is refused.
CREATE TABLE audiotricks.user_settings (
    user_id uuid NOT NULL,
    openai_api_key_encrypted text,
    elevenlabs_api_key_encrypted text,
    preferred_language varchar(10) DEFAULT 'en' NOT NULL,
    summary_quality varchar(20) DEFAULT 'balanced' NOT NULL,
    settings_json jsonb DEFAULT '{}' NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT user_settings_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_settings_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES audiotricks.users (id) ON DELETE CASCADE,
    CONSTRAINT user_settings_openai_api_key_encrypted_check CHECK (
        openai_api_key_encrypted ~ '^v1\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{38,}$'
    ),
    CONSTRAINT user_settings_elevenlabs_api_key_encrypted_check CHECK (
        elevenlabs_api_key_encrypted ~ '^v1\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{38,}$'
    ),
    CONSTRAINT user_settings_preferred_language_check CHECK (
        preferred_language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?$'
    ),
    -- The reference names one quality, balanced, and calls it a default. Others are the
    -- application's to name.
    CONSTRAINT user_settings_summary_quality_check CHECK (
        summary_quality ~ '^[a-z][a-z0-9_-]*$'
    ),
    CONSTRAINT user_settings_settings_json_check CHECK (
        jsonb_typeof(settings_json) = 'object'
    )
);

-- By the id of the key that they were encrypted with: what a rotation has yet to do.
CREATE INDEX user_settings_openai_api_key_encrypted_idx
    ON audiotricks.user_settings (split_part(openai_api_key_encrypted, '.', 2), user_id)
    WHERE openai_api_key_encrypted IS NOT NULL;

CREATE INDEX user_settings_elevenlabs_api_key_encrypted_idx
    ON audiotricks.user_settings (
        split_part(elevenlabs_api_key_encrypted, '.', 2), user_id
    )
    WHERE elevenlabs_api_key_encrypted IS NOT NULL;

CREATE TRIGGER user_settings_set_updated_at
    BEFORE UPDATE ON audiotricks.user_settings
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION audiotricks.set_updated_at();

COMMENT ON TABLE audiotricks.user_settings IS
    'What people prefer, and their keys to other services; one row a user, or none.';
COMMENT ON COLUMN audiotricks.user_settings.openai_api_key_encrypted IS
    'The user''s OpenAI API key under AES-256-GCM, bound to this row and column.';
COMMENT ON COLUMN audiotricks.user_settings.elevenlabs_api_key_encrypted IS
    'The user''s ElevenLabs API key under AES-256-GCM, bound to this row and column.';
COMMENT ON COLUMN audiotricks.user_settings.preferred_language IS
    'A language tag, such as en or pt-BR.';
COMMENT ON COLUMN audiotricks.user_settings.summary_quality IS
    'How much is spent on a summary, such as balanced.';
COMMENT ON COLUMN audiotricks.user_settings.settings_json IS
    'A JSON object: theme, notifications, defaults for audio and whatever else.';
COMMENT ON COLUMN audiotricks.user_settings.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON FUNCTION audiotricks.merge_patch(jsonb, jsonb) IS
    'Applies a JSON merge patch (RFC 7396): objects are merged, null takes a key away.';
