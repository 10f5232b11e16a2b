-- An open pull request whose base moved is made anew; what an operator let pass when a campaign was
-- resumed is still let pass after a restart.

-- What the change was verified on last; empty: what its run was.
ALTER TABLE pull_requests ADD COLUMN base_commit TEXT NOT NULL DEFAULT '';
ALTER TABLE pull_requests ADD COLUMN rebases INTEGER NOT NULL DEFAULT 0;
-- Why it is not made anew, as people were told; empty: they were not.
ALTER TABLE pull_requests ADD COLUMN rebase_end TEXT NOT NULL DEFAULT '';

ALTER TABLE campaigns ADD COLUMN excused_json TEXT NOT NULL DEFAULT '';
