-- step: statistics
ANALYZE
    littlemonster.users,
    littlemonster.oauth_connections,
    littlemonster.refresh_tokens,
    littlemonster.password_reset_tokens,
    littlemonster.transcription_jobs,
    littlemonster.transcriptions,
    littlemonster.jobs,
    littlemonster.recordings,
    littlemonster.study_materials,
    littlemonster.tts_audio_files,
    littlemonster.conversations,
    littlemonster.messages;
