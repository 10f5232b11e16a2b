CREATE INDEX approvals_open ON approvals (expires_ms) WHERE state = 'pending';
CREATE INDEX events_by_run ON events (run_seq) WHERE run_seq IS NOT NULL;
CREATE INDEX incidents_by_run ON incidents (run_seq) WHERE run_seq IS NOT NULL;
CREATE INDEX outbox_open ON outbox (run_seq) WHERE state IN ('pending', 'unknown');
CREATE INDEX pull_requests_by_repository ON pull_requests (forge, repository);
CREATE INDEX pull_requests_cared_for ON pull_requests (run_seq)
  WHERE state IN ('opening', 'open') OR branch_there = 1;
CREATE INDEX run_origins_by_fingerprint ON run_origins (fingerprint) WHERE dry_run = 0;
CREATE INDEX runs_by_campaign ON runs (campaign) WHERE campaign IS NOT NULL;
CREATE INDEX runs_by_tenant ON runs (tenant);
CREATE INDEX runs_final ON runs (state, seq) WHERE phase = 2;
CREATE INDEX runs_lane ON runs (tenant, campaign, rank, seq) WHERE phase = 0 AND eligible = 1;
CREATE INDEX runs_queue ON runs (eligible, seq, tenant, campaign) WHERE phase = 0;
CREATE INDEX runs_underway ON runs (tenant) WHERE phase = 1;
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
CREATE TABLE baselines (
  repo_url        TEXT NOT NULL,
  commit_id       TEXT NOT NULL,
  verifier_digest TEXT NOT NULL,
  verdict_json    TEXT NOT NULL,
  at_ms           INTEGER NOT NULL,
  UNIQUE (repo_url, commit_id, verifier_digest)
) STRICT;
CREATE TABLE campaigns (
  name        TEXT NOT NULL UNIQUE,
  tenant      TEXT NOT NULL,
  spec_sha256 TEXT NOT NULL,     -- of spec_json; a second start with another one is refused
  spec_json   TEXT NOT NULL,     -- canonical JSON of the campaign document
  state       TEXT NOT NULL CHECK (state IN ('running', 'paused', 'halted', 'aborted', 'completed')),
  open_wave   INTEGER NOT NULL,  -- queued runs of waves up to this one may be admitted
  reason      TEXT NOT NULL,     -- why it is in this state; may be empty
  created_ms  INTEGER NOT NULL,
  updated_ms  INTEGER NOT NULL
, excused_json TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE chain_head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  seq  INTEGER NOT NULL,  -- of the last event; 0: none yet
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE deliveries (
  seq   INTEGER PRIMARY KEY,
  forge TEXT NOT NULL,
  id    TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  UNIQUE (forge, id)
) STRICT;
CREATE TABLE events (
  seq      INTEGER PRIMARY KEY,  -- 1, 2, 3 … without gaps
  at_ms    INTEGER NOT NULL,
  kind     TEXT NOT NULL,        -- snake_case fact: run_prepare, switch_set …
  run_seq  INTEGER,              -- of `runs`; NULL: not about one run. Not declared as a reference:
                                 -- the writer has just read that row, and runs are never deleted
  campaign TEXT NOT NULL,        -- empty: none
  tenant   TEXT NOT NULL,        -- empty: none
  actor    TEXT NOT NULL,        -- who caused it; "system" for the fleet itself
  payload  TEXT NOT NULL,        -- JSON text exactly as hashed
  audited  INTEGER NOT NULL CHECK (audited IN (0, 1)),  -- 1: part of the audit trail
  hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
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
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  run_seq      INTEGER PRIMARY KEY REFERENCES runs (seq),
  attempt      INTEGER NOT NULL,
  repo_url     TEXT NOT NULL,
  branch       TEXT NOT NULL,
  commit_id    TEXT NOT NULL,
  payload_json TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('pending', 'unknown', 'done', 'failed')),
  detail       TEXT NOT NULL,
  created_ms   INTEGER NOT NULL,
  updated_ms   INTEGER NOT NULL
) STRICT;
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
, base_commit TEXT NOT NULL DEFAULT '', rebases INTEGER NOT NULL DEFAULT 0, rebase_end TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE run_origins (
  run_seq     INTEGER PRIMARY KEY REFERENCES runs (seq),
  task_name   TEXT NOT NULL,
  task_sha256 TEXT REFERENCES tasks (sha256),  -- NULL: rejected before it could be frozen
  fingerprint TEXT NOT NULL,  -- equal: would open the same pull request
  repo_url    TEXT NOT NULL,
  repo_branch TEXT NOT NULL,  -- empty: the remote's HEAD
  repo_commit TEXT NOT NULL,  -- as asked for; run_results.base_commit is what it became
  risk        TEXT NOT NULL CHECK (risk IN ('low', 'medium', 'high')),
  dry_run     INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  submitter   TEXT NOT NULL,
  created_ms  INTEGER NOT NULL
) STRICT;
CREATE TABLE run_results (
  run_seq          INTEGER PRIMARY KEY REFERENCES runs (seq),
  base_branch      TEXT,  -- what repo_branch became: the remote's HEAD has a name
  base_commit      TEXT,  -- what the work started from
  tree             TEXT,  -- git tree of the change, in the mirror
  patch_ref        TEXT,  -- artifact: the unified diff
  log_ref          TEXT,  -- artifact: output of the agent's steps
  diff_json        TEXT,  -- files, insertions, deletions, sha256 of the patch
  failure_json     TEXT,  -- the failure record
  publication_json TEXT,  -- branch, commit, URL …
  verdicts_json    TEXT,
  findings_json    TEXT,
  usage_json       TEXT   -- tokens, cost, tool calls, time
) STRICT;
CREATE TABLE runs (
  seq             INTEGER PRIMARY KEY,   -- admission order; grows, never reused
  id              TEXT NOT NULL UNIQUE,
  tenant          TEXT NOT NULL,
  campaign        TEXT REFERENCES campaigns (name),  -- NULL: a single run
  wave            INTEGER NOT NULL,
  superseded      INTEGER NOT NULL CHECK (superseded IN (0, 1)),  -- 1: a retry replaced it
  eligible        INTEGER NOT NULL CHECK (eligible IN (0, 1)),    -- 0: its wave is not open yet
  phase           INTEGER NOT NULL CHECK (phase IN (0, 1, 2)),    -- queued; under way or parked; final
  started_ms      INTEGER NOT NULL,      -- first admission; 0: never admitted
  failed_attempts INTEGER NOT NULL,      -- counted against the budget
  crashes         INTEGER NOT NULL,      -- process or worker losses
  -- changes with every transition
  state           TEXT NOT NULL,         -- the words of schema/stage.hpp
  attempt         INTEGER NOT NULL,      -- fencing epoch: grows with every start of work
  updated_ms      INTEGER NOT NULL,
  timings_json    TEXT                   -- milliseconds per stage, an array in stage order
, priority INTEGER NOT NULL DEFAULT 0, rank INTEGER NOT NULL DEFAULT 0, preempted INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE switches (
  scope    TEXT NOT NULL CHECK (scope IN ('all', 'tenant', 'campaign', 'repo', 'run')),
  target   TEXT NOT NULL,   -- tenant, campaign, repository URL or run id; empty for all
  kind     TEXT NOT NULL CHECK (kind IN ('hold', 'drain', 'kill')),
  actor    TEXT NOT NULL,   -- who set it
  reason   TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, target, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
  sha256 TEXT NOT NULL UNIQUE,  -- of json, lower-case hexadecimal
  json   TEXT NOT NULL          -- canonical JSON of the whole document
) STRICT;
CREATE TABLE tenant_usage (
  tenant TEXT PRIMARY KEY,
  usd    REAL NOT NULL,
  tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE timetables (
  name             TEXT PRIMARY KEY,
  tenant           TEXT NOT NULL,
  spec_json        TEXT NOT NULL,     -- canonical JSON of the campaign document
  directory        TEXT NOT NULL,     -- what its relative names are relative to
  submitter        TEXT NOT NULL,
  considered_ms    INTEGER NOT NULL,
  last_campaign    TEXT NOT NULL,     -- the campaign started last; empty: none yet
  given_up         INTEGER NOT NULL,  -- times that did not start one
  updated_ms       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approvals_final_stays BEFORE UPDATE OF state ON approvals
WHEN OLD.state <> 'pending'
BEGIN
  SELECT RAISE(ABORT, 'a decision cannot be changed');
END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER outbox_final_stays BEFORE UPDATE OF state ON outbox
WHEN OLD.state IN ('done', 'failed')
BEGIN
  SELECT RAISE(ABORT, 'the outcome of an intent cannot be changed');
END;
CREATE TRIGGER pull_requests_merged_stays BEFORE UPDATE OF state ON pull_requests
WHEN OLD.state = 'merged' AND NEW.state <> 'merged'
BEGIN
  SELECT RAISE(ABORT, 'what was merged stays merged');
END;
CREATE TRIGGER run_origins_no_update BEFORE UPDATE ON run_origins
BEGIN
  SELECT RAISE(ABORT, 'what a run was asked for is fixed');
END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
BEGIN
  SELECT RAISE(ABORT, 'runs are never deleted');
END;
CREATE VIEW audit AS
SELECT e.seq, e.at_ms, e.kind, coalesce(r.id, '') AS run, e.campaign, e.tenant, e.actor, e.payload,
       lower(hex(e.hash)) AS hash
FROM events e LEFT JOIN runs r ON r.seq = e.run_seq
WHERE e.audited = 1;
PRAGMA application_id = 1397441865;
