-- What a forge shows of runs: one row a run, made before the forge is asked, so that a restart knows
-- that it may have been.
--   opening → open | not_opened;  open → merged | closed_*;  closed_* → open (somebody reopened it)
CREATE TABLE pull_requests (
  run_seq         INTEGER PRIMARY KEY REFERENCES runs (seq),
  forge           TEXT NOT NULL,     -- its name in the configuration
  repository      TEXT NOT NULL,     -- owner/name there
  repo_url        TEXT NOT NULL,
  branch          TEXT NOT NULL,
  commit_id       TEXT NOT NULL,     -- what we pushed
  base_branch     TEXT NOT NULL,
  fingerprint     TEXT NOT NULL,     -- of the run: equal is the same work
  paths_json      TEXT NOT NULL,     -- what it changes
  state           TEXT NOT NULL CHECK (state IN ('opening', 'open', 'merged', 'closed_by_person',
                                                 'closed_by_platform', 'not_opened')),
  number          INTEGER NOT NULL,  -- 0: none yet
  url             TEXT NOT NULL,
  head_commit     TEXT NOT NULL,     -- where the branch was seen; empty: not yet
  checks          TEXT NOT NULL CHECK (checks IN ('none', 'pending', 'passed', 'failed')),
  feedback_rounds INTEGER NOT NULL,  -- how often failed checks went back
  branch_there    INTEGER NOT NULL CHECK (branch_there IN (0, 1)),
  asked_ms        INTEGER NOT NULL,  -- last request to open it; 0: not asked
  opened_ms       INTEGER NOT NULL,  -- like the others below: 0 means never
  touched_ms      INTEGER NOT NULL,  -- last act of a person
  reminded_ms     INTEGER NOT NULL,
  closed_ms       INTEGER NOT NULL   -- merged or closed
) STRICT;

CREATE INDEX pull_requests_by_repository ON pull_requests (forge, repository);
-- What somebody has to look after.
CREATE INDEX pull_requests_cared_for ON pull_requests (run_seq)
  WHERE state IN ('opening', 'open') OR branch_there = 1;

CREATE TRIGGER pull_requests_merged_stays BEFORE UPDATE OF state ON pull_requests
WHEN OLD.state = 'merged' AND NEW.state <> 'merged'
BEGIN
  SELECT RAISE(ABORT, 'what was merged stays merged');
END;

-- Webhooks that were taken, so that one that comes again says nothing.
CREATE TABLE deliveries (
  seq   INTEGER PRIMARY KEY,
  forge TEXT NOT NULL,
  id    TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  UNIQUE (forge, id)
) STRICT;
