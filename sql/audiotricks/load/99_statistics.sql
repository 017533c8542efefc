-- step: statistics
ANALYZE
    audiotricks.users,
    audiotricks.sessions,
    audiotricks.user_settings,
    audiotricks.audio_history,
    audiotricks.audit_log;
