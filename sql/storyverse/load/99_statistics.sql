-- step: statistics
ANALYZE
    storyverse.users,
    storyverse.topics,
    storyverse.categories,
    storyverse.user_topics,
    storyverse.ideas,
    storyverse.scenes,
    storyverse.segments,
    storyverse.jobs,
    storyverse.scene_bibles,
    storyverse.scene_summaries,
    storyverse.moderation_flags,
    storyverse.likes,
    storyverse.scene_views;
