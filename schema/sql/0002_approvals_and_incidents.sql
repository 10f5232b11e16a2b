-- Decisions that people take, and what security owners have to know.

-- A change that waits for people: bound to the hash of its diff. One row per attempt that was parked.
CREATE TABLE approvals (
  run_seq      INTEGER NOT NULL REFERENCES runs (seq),
  attempt      INTEGER NOT NULL,
  diff_sha256  TEXT NOT NULL,
  risk         TEXT NOT NULL CHECK (risk IN ('low', 'medium', 'high')),
  required     INTEGER NOT NULL CHECK (required BETWEEN 1 AND 9),  -- people who have to say yes
  why_json     TEXT NOT NULL,     -- array of reasons
  state        TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'withdrawn')),
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  escalated_ms INTEGER NOT NULL,  -- 0: not escalated
  PRIMARY KEY (run_seq, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX approvals_open ON approvals (expires_ms) WHERE state = 'pending';

CREATE TRIGGER approvals_final_stays BEFORE UPDATE OF state ON approvals
WHEN OLD.state <> 'pending'
BEGIN
  SELECT RAISE(ABORT, 'a decision cannot be changed');
END;

CREATE TABLE approval_votes (
  run_seq INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  voter   TEXT NOT NULL,
  approve INTEGER NOT NULL CHECK (approve IN (0, 1)),
  reason  TEXT NOT NULL,
  at_ms   INTEGER NOT NULL,
  PRIMARY KEY (run_seq, attempt, voter),
  FOREIGN KEY (run_seq, attempt) REFERENCES approvals (run_seq, attempt)
) STRICT, WITHOUT ROWID;

-- What must not have happened and was stopped: a secret in a change, a canary on its way out …
CREATE TABLE incidents (
  seq       INTEGER PRIMARY KEY,
  at_ms     INTEGER NOT NULL,
  kind      TEXT NOT NULL,     -- snake_case: secret_in_diff, canary_seen …
  run_seq   INTEGER REFERENCES runs (seq),  -- NULL: not of one run
  campaign  TEXT NOT NULL,
  tenant    TEXT NOT NULL,
  summary   TEXT NOT NULL,     -- for people; never a secret
  facts_json TEXT NOT NULL     -- rule, path, line, fingerprint …
) STRICT;

CREATE INDEX incidents_by_run ON incidents (run_seq) WHERE run_seq IS NOT NULL;
