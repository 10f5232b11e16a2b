-- The state database, first version. Applied in one transaction; never edited after a release: a
-- change is a new file with the next number.
--
-- Three kinds of rows:
--   state   what is true now (runs, run_results, campaigns, switches, outbox): changed in place
--   facts   what stays true (tasks, run_origins, baselines): written once
--   events  what happened: append-only and hash-chained; `audit` is a view on them
-- A state row and the event that explains it change in the same transaction.
--
-- Times are Unix milliseconds. Columns ending in _json hold compact JSON and are NULL until set.

PRAGMA application_id = 1397441865;  -- "SKEI": says that the file is ours

-- What describes the database itself. schema_version: the number of the last migration applied.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Frozen tasks (immutable contract of a run), each stored once.
CREATE TABLE tasks (
  sha256 TEXT NOT NULL UNIQUE,  -- of json, lower-case hexadecimal
  json   TEXT NOT NULL          -- canonical JSON of the whole document
) STRICT;

-- Campaigns: one task over many repositories, in waves.
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
) STRICT;

-- One task on one repository, in three rows that share the number `seq`: this one moves and is what
-- runs are found by; run_origins is what was asked for; run_results is what came of it. This one is
-- narrow, and has neither trigger nor foreign key on what changes, because every transition rewrites
-- it: measured, a row with everything in it made a transition four times as expensive. The writer
-- is what keeps a final state final; `skein audit verify` proves it.
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
) STRICT;

-- The queue in admission order. Covers what the dispatcher skips by.
CREATE INDEX runs_queue ON runs (eligible, seq, tenant, campaign) WHERE phase = 0;
-- What recovery looks after: changes on admission and at the end, not in between.
CREATE INDEX runs_underway ON runs (tenant) WHERE phase = 1;
-- Lists by outcome.
CREATE INDEX runs_final ON runs (state, seq) WHERE phase = 2;
-- Never change after insertion.
CREATE INDEX runs_by_campaign ON runs (campaign) WHERE campaign IS NOT NULL;
CREATE INDEX runs_by_tenant ON runs (tenant);

CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
BEGIN
  SELECT RAISE(ABORT, 'runs are never deleted');
END;

-- What was asked for: fixed when the run is added.
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

-- Duplicates are looked for among runs that could open a pull request.
CREATE INDEX run_origins_by_fingerprint ON run_origins (fingerprint) WHERE dry_run = 0;

CREATE TRIGGER run_origins_no_update BEFORE UPDATE ON run_origins
BEGIN
  SELECT RAISE(ABORT, 'what a run was asked for is fixed');
END;

-- What came of it: one row from the first time any of it is set; NULL: not set.
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

-- What each tenant has used in all its runs; moves with run_results.usage_json.
CREATE TABLE tenant_usage (
  tenant TEXT PRIMARY KEY,
  usd    REAL NOT NULL,
  tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, in order. `hash` is the SHA-256 over the previous row's hash and this row's
-- content (runtime/store/event_chain.hpp says how it is put together).
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

CREATE INDEX events_by_run ON events (run_seq) WHERE run_seq IS NOT NULL;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;

-- Where the chain ends, so that cutting off its tail is noticed. One row.
CREATE TABLE chain_head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  seq  INTEGER NOT NULL,  -- of the last event; 0: none yet
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

INSERT INTO chain_head (one, seq, hash) VALUES (1, 0, zeroblob(32));

-- The audit trail: acts of people, switches, submissions, decisions and outcomes.
CREATE VIEW audit AS
SELECT e.seq, e.at_ms, e.kind, coalesce(r.id, '') AS run, e.campaign, e.tenant, e.actor, e.payload,
       lower(hex(e.hash)) AS hash
FROM events e LEFT JOIN runs r ON r.seq = e.run_seq
WHERE e.audited = 1;

-- Admission and kill switches that are in force.
CREATE TABLE switches (
  scope    TEXT NOT NULL CHECK (scope IN ('all', 'tenant', 'campaign', 'repo', 'run')),
  target   TEXT NOT NULL,   -- tenant, campaign, repository URL or run id; empty for all
  kind     TEXT NOT NULL CHECK (kind IN ('hold', 'drain', 'kill')),
  actor    TEXT NOT NULL,   -- who set it
  reason   TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, target, kind)
) STRICT, WITHOUT ROWID;

-- Results of verifiers on an untouched base.
CREATE TABLE baselines (
  repo_url        TEXT NOT NULL,
  commit_id       TEXT NOT NULL,
  verifier_digest TEXT NOT NULL,
  verdict_json    TEXT NOT NULL,
  at_ms           INTEGER NOT NULL,
  UNIQUE (repo_url, commit_id, verifier_digest)
) STRICT;

-- Effects outside the machine: the intent is committed before the push, the outcome after it.
--   pending → unknown | done | failed;  unknown → done | failed | pending (by reconciliation)
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

-- What a restarted fleet has to look after.
CREATE INDEX outbox_open ON outbox (run_seq) WHERE state IN ('pending', 'unknown');

CREATE TRIGGER outbox_final_stays BEFORE UPDATE OF state ON outbox
WHEN OLD.state IN ('done', 'failed')
BEGIN
  SELECT RAISE(ABORT, 'the outcome of an intent cannot be changed');
END;
