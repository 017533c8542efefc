"""The compiler's analysis against live servers."""
