"""Use cases, each named by a verb phrase. They know ports and domain, no framework."""
