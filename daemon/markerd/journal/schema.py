"""The journal's tables, and how a journal of an earlier version gets them."""

from __future__ import annotations

VERSION = 7
"""The schema of today. A journal keeps its own in SQLite's `user_version`; one of a later schema is refused."""

MIGRATIONS = {
    1: """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    folder BLOB NOT NULL,
    path BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT,               -- of the content staged last
    published_sha256 TEXT,     -- of the content that `output` was made from
    output BLOB,
    kind TEXT,
    reason TEXT,
    seen_at REAL NOT NULL,     -- seconds since the epoch, as all times here
    changed_at REAL NOT NULL,
    retry_at REAL,
    policy_pending INTEGER NOT NULL DEFAULT 0,  -- the source is still to be archived, deleted or moved to `failed`
    UNIQUE (folder, path)
);
CREATE INDEX documents_by_state ON documents (state, id);
CREATE INDEX documents_by_policy ON documents (policy_pending) WHERE policy_pending;
CREATE TABLE outcomes (        -- one row for each attempt's end; never changed
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    folder BLOB NOT NULL,
    path BLOB NOT NULL,
    outcome TEXT NOT NULL,     -- published, failed, dead, skipped
    kind TEXT,
    reason TEXT,
    attempt INTEGER NOT NULL,
    size INTEGER NOT NULL,
    pages INTEGER,
    model_set TEXT,
    seconds TEXT NOT NULL,     -- JSON: stage -> seconds
    waited_seconds REAL NOT NULL
);
CREATE INDEX outcomes_by_path ON outcomes (folder, path);
CREATE INDEX outcomes_of_failure ON outcomes (id) WHERE outcome IN ('failed', 'dead');
CREATE TABLE totals (outcome TEXT PRIMARY KEY, n INTEGER NOT NULL);
""",
    2: """
CREATE TABLE cleanups (        -- one row after each document: what the converter holds then
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    cleanups INTEGER NOT NULL, -- cleanups since the row before
    removed INTEGER NOT NULL,  -- semaphores that they removed
    semaphores INTEGER NOT NULL,
    children INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    file_descriptors INTEGER NOT NULL,
    temp_files INTEGER NOT NULL,
    rss_bytes INTEGER NOT NULL
);
CREATE INDEX cleanups_by_time ON cleanups (at);
CREATE TABLE incidents (       -- starts of the daemon, ends of the converter
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    event TEXT NOT NULL,       -- as in the log: daemon.started, converter.recycled, converter.died
    reason TEXT
);
CREATE INDEX incidents_by_time ON incidents (at);
CREATE INDEX outcomes_by_time ON outcomes (at);
-- Not outcomes alone any more: pages, convert_seconds and waited_seconds of what was published, too.
ALTER TABLE totals RENAME COLUMN outcome TO name;
INSERT INTO totals SELECT 'pages', coalesce(sum(pages), 0) FROM outcomes WHERE outcome = 'published';
INSERT INTO totals SELECT 'convert_seconds', coalesce(sum(json_extract(seconds, '$.convert')), 0) FROM outcomes
    WHERE outcome = 'published';
INSERT INTO totals SELECT 'waited_seconds', coalesce(sum(waited_seconds), 0) FROM outcomes WHERE outcome = 'published'
""",
    3: """
-- Of a document that is converted in parts: converted and kept, of so many pages in all.
ALTER TABLE documents ADD COLUMN pages_done INTEGER;
ALTER TABLE documents ADD COLUMN pages INTEGER
""",
    4: """
-- Of the file, as size, mtime_ns and inode. NULL in the rows of earlier versions: not known, which fits every time.
ALTER TABLE documents ADD COLUMN ctime_ns INTEGER
""",
    5: """
-- Of a published document's pages: read in a plainer way, without all of their structure. NULL in earlier rows.
ALTER TABLE outcomes ADD COLUMN pages_degraded INTEGER
""",
    6: """
-- Of the few that are not finished, among all that ever were: how many they are, and since when.
CREATE INDEX documents_waiting ON documents (seen_at)
    WHERE state IN ('seen', 'settling', 'queued', 'converting', 'failed')
""",
    7: """
CREATE TABLE deliveries (      -- the outbox: what hooks are still to be told; a row goes once it is delivered
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,  -- the same at each attempt, and for the same outcome recorded again after a power cut
    folder BLOB NOT NULL,
    hook TEXT NOT NULL,
    path BLOB NOT NULL,
    occasion TEXT NOT NULL,    -- published, dead, skipped, source_removed
    at REAL NOT NULL,
    output BLOB,
    facts TEXT NOT NULL,       -- JSON: what the outcome says besides
    state TEXT NOT NULL CHECK (state IN ('due', 'behind', 'given_up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    failed_at REAL,            -- of the first failed attempt
    retry_at REAL,             -- 0 where no attempt failed
    given_up_at REAL,
    reason TEXT,
    CHECK ((state = 'due') = (retry_at IS NOT NULL)),
    CHECK ((state = 'given_up') = (given_up_at IS NOT NULL))
);
-- Order for each path: one delivery of it is due, the others wait behind it.
CREATE UNIQUE INDEX deliveries_due_by_path ON deliveries (folder, hook, path) WHERE state = 'due';
CREATE INDEX deliveries_behind ON deliveries (folder, hook, path, id) WHERE state = 'behind';
CREATE INDEX deliveries_due ON deliveries (folder, hook, attempts, id) WHERE state = 'due';
CREATE INDEX deliveries_by_retry ON deliveries (folder, hook, retry_at) WHERE state = 'due';
CREATE INDEX deliveries_given_up ON deliveries (given_up_at) WHERE state = 'given_up';
CREATE TABLE disabled_hooks (  -- whose receiver wants nothing more
    folder BLOB NOT NULL,
    hook TEXT NOT NULL,
    at REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (folder, hook)
);
-- Of a published document: its source was seen in its place after that. Only then can it be missed.
ALTER TABLE documents ADD COLUMN source_kept INTEGER NOT NULL DEFAULT 0;
CREATE TABLE converted (       -- each content that was ever published; an archived source may only go if it is here
    sha256 TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT OR IGNORE INTO converted SELECT published_sha256 FROM documents WHERE published_sha256 IS NOT NULL
""",
}
"""The statements that each version added, run in order on an older journal."""
