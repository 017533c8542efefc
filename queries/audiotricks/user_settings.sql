-- What people prefer, and their keys to other services.
--
-- Keys come and go encrypted: ApiKeys encrypts and decrypts them. Where not said
-- otherwise a row tells only whether there is one.

-- name: settings_of(user_id)^
-- Returns a user's settings; none if the user never changed one.
-- @row Settings
-- @column settings_json: pgrepo.domains.audiotricks.documents.SettingsDocument
SELECT
    settings.user_id,
    settings.preferred_language,
    settings.summary_quality,
    settings.settings_json,
    settings.openai_api_key_encrypted IS NOT NULL AS has_openai_api_key,
    settings.elevenlabs_api_key_encrypted IS NOT NULL AS has_elevenlabs_api_key,
    settings.updated_at
FROM audiotricks.user_settings AS settings
WHERE settings.user_id = :user_id;

-- name: set_preferences(user_id, preferred_language, summary_quality)<!
-- Changes what is given of a user's preferences, and returns the settings.
-- NULL leaves a preference as it is. A user without settings gets the usual ones.
-- @row Settings
-- @param preferred_language = None
-- @param summary_quality = None
-- @column settings_json: pgrepo.domains.audiotricks.documents.SettingsDocument
INSERT INTO audiotricks.user_settings AS settings (
    user_id,
    preferred_language,
    summary_quality
)
VALUES (
    :user_id,
    COALESCE(:preferred_language::text, 'en'),
    COALESCE(:summary_quality::text, 'balanced')
)
ON CONFLICT (user_id) DO UPDATE
SET
    preferred_language = COALESCE(
        :preferred_language::text, settings.preferred_language
    ),
    summary_quality = COALESCE(:summary_quality::text, settings.summary_quality)
RETURNING
    settings.user_id,
    settings.preferred_language,
    settings.summary_quality,
    settings.settings_json,
    settings.openai_api_key_encrypted IS NOT NULL AS has_openai_api_key,
    settings.elevenlabs_api_key_encrypted IS NOT NULL AS has_elevenlabs_api_key,
    settings.updated_at;

-- name: merge_settings(user_id, changes)<!
-- Merges changes into a user's settings document, and returns the settings.
-- A JSON merge patch (RFC 7396): what is not in changes stays as it is, however deep it
-- lies, and null takes a key away.
-- @row Settings
-- @param changes: pgrepo.domains.audiotricks.documents.SettingsDocument
-- @column settings_json: pgrepo.domains.audiotricks.documents.SettingsDocument
INSERT INTO audiotricks.user_settings AS settings (
    user_id,
    settings_json
)
VALUES (
    :user_id,
    audiotricks.merge_patch('{}', :changes)
)
ON CONFLICT (user_id) DO UPDATE
SET settings_json = audiotricks.merge_patch(settings.settings_json, :changes)
RETURNING
    settings.user_id,
    settings.preferred_language,
    settings.summary_quality,
    settings.settings_json,
    settings.openai_api_key_encrypted IS NOT NULL AS has_openai_api_key,
    settings.elevenlabs_api_key_encrypted IS NOT NULL AS has_elevenlabs_api_key,
    settings.updated_at;

-- name: replace_settings(user_id, document)<!
-- Puts another settings document in the place of a user's, and returns the settings.
-- @row Settings
-- @param document: pgrepo.domains.audiotricks.documents.SettingsDocument
-- @column settings_json: pgrepo.domains.audiotricks.documents.SettingsDocument
INSERT INTO audiotricks.user_settings AS settings (
    user_id,
    settings_json
)
VALUES (
    :user_id,
    :document
)
ON CONFLICT (user_id) DO UPDATE
SET settings_json = EXCLUDED.settings_json
RETURNING
    settings.user_id,
    settings.preferred_language,
    settings.summary_quality,
    settings.settings_json,
    settings.openai_api_key_encrypted IS NOT NULL AS has_openai_api_key,
    settings.elevenlabs_api_key_encrypted IS NOT NULL AS has_elevenlabs_api_key,
    settings.updated_at;

-- name: delete_settings(user_id)!
-- Deletes a user's settings, keys included; returns 1, or 0 if there are none.
DELETE FROM audiotricks.user_settings AS settings
WHERE settings.user_id = :user_id;

-- name: key_ids()
-- Returns the ids of the keys that anything is encrypted with, and how much is.
-- What is in none of the rows may be taken off the key ring.
-- @row KeyId
-- @allow PGR511: it is asked once a rotation, and counts all that is encrypted
WITH encrypted AS (
    SELECT split_part(settings.openai_api_key_encrypted, '.', 2) AS key_id
    FROM audiotricks.user_settings AS settings
    WHERE settings.openai_api_key_encrypted IS NOT NULL
    UNION ALL
    SELECT split_part(settings.elevenlabs_api_key_encrypted, '.', 2) AS key_id
    FROM audiotricks.user_settings AS settings
    WHERE settings.elevenlabs_api_key_encrypted IS NOT NULL
)

SELECT
    encrypted.key_id,
    count(*) AS ciphertexts
FROM encrypted
GROUP BY encrypted.key_id
ORDER BY encrypted.key_id;

-- name: openai_ciphertext(user_id)$
-- Returns a user's OpenAI API key, encrypted; none if there is none.
SELECT settings.openai_api_key_encrypted
FROM audiotricks.user_settings AS settings
WHERE settings.user_id = :user_id;

-- name: set_openai_ciphertext(user_id, ciphertext)!
-- Stores a user's OpenAI API key, encrypted; NULL takes it away. Returns 1.
INSERT INTO audiotricks.user_settings AS settings (
    user_id,
    openai_api_key_encrypted
)
VALUES (
    :user_id,
    :ciphertext
)
ON CONFLICT (user_id) DO UPDATE
SET openai_api_key_encrypted = EXCLUDED.openai_api_key_encrypted;

-- name: openai_ciphertexts(key_ids, batch_size)
-- Returns OpenAI API keys that are encrypted with one of these keys, up to batch_size
-- of each: what a rotation has yet to encrypt anew.
-- @row Ciphertext
SELECT
    found.user_id,
    found.ciphertext
FROM unnest(:key_ids::text[]) AS key (id)
CROSS JOIN LATERAL (
    SELECT
        settings.user_id,
        settings.openai_api_key_encrypted AS ciphertext
    FROM audiotricks.user_settings AS settings
    WHERE
        settings.openai_api_key_encrypted IS NOT NULL
        AND split_part(settings.openai_api_key_encrypted, '.', 2) = key.id
    ORDER BY settings.user_id
    LIMIT (SELECT :batch_size::bigint)
) AS found
ORDER BY key.id, found.user_id;

-- name: replace_openai_ciphertexts(user_ids, old_ciphertexts, new_ciphertexts)!
-- Puts each new ciphertext in the place of the old one, and returns how many it did.
-- Whoever has set another key since the old one was read keeps that.
UPDATE audiotricks.user_settings AS settings
SET openai_api_key_encrypted = change.new_ciphertext
FROM unnest(
    :user_ids::uuid[], :old_ciphertexts::text[], :new_ciphertexts::text[]
) AS change (user_id, old_ciphertext, new_ciphertext)
WHERE
    settings.user_id = change.user_id
    AND settings.openai_api_key_encrypted = change.old_ciphertext;

-- name: elevenlabs_ciphertext(user_id)$
-- Returns a user's ElevenLabs API key, encrypted; none if there is none.
SELECT settings.elevenlabs_api_key_encrypted
FROM audiotricks.user_settings AS settings
WHERE settings.user_id = :user_id;

-- name: set_elevenlabs_ciphertext(user_id, ciphertext)!
-- Stores a user's ElevenLabs API key, encrypted; NULL takes it away. Returns 1.
INSERT INTO audiotricks.user_settings AS settings (
    user_id,
    elevenlabs_api_key_encrypted
)
VALUES (
    :user_id,
    :ciphertext
)
ON CONFLICT (user_id) DO UPDATE
SET elevenlabs_api_key_encrypted = EXCLUDED.elevenlabs_api_key_encrypted;

-- name: elevenlabs_ciphertexts(key_ids, batch_size)
-- Returns ElevenLabs API keys that are encrypted with one of these keys, up to
-- batch_size of each: what a rotation has yet to encrypt anew.
-- @row Ciphertext
SELECT
    found.user_id,
    found.ciphertext
FROM unnest(:key_ids::text[]) AS key (id)
CROSS JOIN LATERAL (
    SELECT
        settings.user_id,
        settings.elevenlabs_api_key_encrypted AS ciphertext
    FROM audiotricks.user_settings AS settings
    WHERE
        settings.elevenlabs_api_key_encrypted IS NOT NULL
        AND split_part(settings.elevenlabs_api_key_encrypted, '.', 2) = key.id
    ORDER BY settings.user_id
    LIMIT (SELECT :batch_size::bigint)
) AS found
ORDER BY key.id, found.user_id;

-- name: replace_elevenlabs_ciphertexts(user_ids, old_ciphertexts, new_ciphertexts)!
-- Puts each new ciphertext in the place of the old one, and returns how many it did.
-- Whoever has set another key since the old one was read keeps that.
UPDATE audiotricks.user_settings AS settings
SET elevenlabs_api_key_encrypted = change.new_ciphertext
FROM unnest(
    :user_ids::uuid[], :old_ciphertexts::text[], :new_ciphertexts::text[]
) AS change (user_id, old_ciphertext, new_ciphertext)
WHERE
    settings.user_id = change.user_id
    AND settings.elevenlabs_api_key_encrypted = change.old_ciphertext;
