-- step: statistics
ANALYZE
    monumento.users,
    monumento.sessions,
    monumento.messages,
    monumento.subscriptions,
    monumento.media_files;
