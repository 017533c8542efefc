"""A domain whose every answer carries its question, and those who ask."""
