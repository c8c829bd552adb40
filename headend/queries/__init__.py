"""Questions that people ask of what is stored. They change nothing."""
