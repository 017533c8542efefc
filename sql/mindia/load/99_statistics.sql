-- step: statistics
ANALYZE
    mindia.tenants,
    mindia.users,
    mindia.images,
    mindia.videos,
    mindia.audios,
    mindia.documents,
    mindia.embeddings,
    mindia.request_logs,
    mindia.webhooks,
    mindia.webhook_events,
    mindia.tasks;
