"""From an archive to a cohort: plan, decode in children, commit one shard at a time."""
