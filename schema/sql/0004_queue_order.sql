-- Which queued run is first, what was preempted, and what timetables remember.

ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
-- The place in the tenant's queue: time of submission less the head start of the priority. Fixed.
ALTER TABLE runs ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN preempted INTEGER NOT NULL DEFAULT 0;  -- 1: once already

UPDATE runs SET rank =
  coalesce((SELECT o.created_ms FROM run_origins o WHERE o.run_seq = runs.seq), 0);

-- One lane of the queue: the runs of a tenant in a campaign, in the order in which they start.
CREATE INDEX runs_lane ON runs (tenant, campaign, rank, seq) WHERE phase = 0 AND eligible = 1;

-- Up to when the times of a campaign's schedule were fired or given up.
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
