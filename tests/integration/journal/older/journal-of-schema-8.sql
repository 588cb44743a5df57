BEGIN TRANSACTION;
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
INSERT INTO "cleanups" VALUES(1,1699999701.0,2,3,0,1,5,20,0,524288000);
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
CREATE TABLE disabled_hooks (  -- whose receiver wants nothing more
    folder BLOB NOT NULL,
    hook TEXT NOT NULL,
    at REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (folder, hook)
);
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
    policy_pending INTEGER NOT NULL DEFAULT 0, pages_done INTEGER, pages INTEGER, ctime_ns INTEGER, source_kept INTEGER NOT NULL DEFAULT 0,  -- the source is still to be archived, deleted or moved to `failed`
    UNIQUE (folder, path)
);
INSERT INTO "documents" VALUES(1,X'2F7372762F696E',X'7265706F7274732F6F6E652E706466',10,100,1000,'published',1,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000000000000000000000000000000000000000000000000000001',X'2F7372762F6F75742F7265706F7274732F6F6E65',NULL,NULL,1699999001.0,1699999501.0,NULL,0,3,3,77,0);
INSERT INTO "documents" VALUES(2,X'2F7372762F696E',X'7265706F7274732FFF0A2E706466',11,110,1100,'published',1,'0000000000000000000000000000000000000000000000000000000000000002','0000000000000000000000000000000000000000000000000000000000000002',X'2F7372762F6F75742F7265706F7274732F74776F',NULL,NULL,1699999002.0,1699999502.0,NULL,1,4,4,77,0);
INSERT INTO "documents" VALUES(3,X'2F7372762F696E',X'6C6F636B65642E706466',12,120,1200,'dead',3,'0000000000000000000000000000000000000000000000000000000000000003',NULL,NULL,'encrypted','the document is encrypted',1699999003.0,1699999503.0,NULL,0,NULL,NULL,77,0);
INSERT INTO "documents" VALUES(4,X'2F7372762F696E',X'666C616B792E706466',13,130,1300,'failed',1,'0000000000000000000000000000000000000000000000000000000000000004',NULL,NULL,'converter_died','the converter died',1699999004.0,1699999504.0,1700000060.0,0,NULL,NULL,77,0);
INSERT INTO "documents" VALUES(5,X'2F7372762F696E',X'616761696E2E706466',14,140,1400,'skipped',0,NULL,NULL,NULL,NULL,'the same content is already published',1699999005.0,1699999505.0,NULL,1,NULL,NULL,77,0);
INSERT INTO "documents" VALUES(6,X'2F7372762F696E',X'6269672E706466',15,150,1500,'converting',1,'0000000000000000000000000000000000000000000000000000000000000006',NULL,NULL,NULL,NULL,1699999006.0,1699999506.0,NULL,0,60,100,77,0);
INSERT INTO "documents" VALUES(7,X'2F7372762F696E',X'77616974696E672E706466',16,160,1600,'settling',0,NULL,NULL,NULL,NULL,NULL,1699999007.0,1699999507.0,NULL,0,NULL,NULL,77,0);
CREATE TABLE incidents (       -- starts of the daemon, ends of the converter
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    event TEXT NOT NULL,       -- as in the log: daemon.started, converter.recycled, converter.died
    reason TEXT
);
INSERT INTO "incidents" VALUES(1,1699999801.0,'daemon.started','0.1.0');
INSERT INTO "incidents" VALUES(2,1699999802.0,'converter.recycled','500 documents');
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
, pages_degraded INTEGER);
INSERT INTO "outcomes" VALUES(1,1699999601.0,X'2F7372762F696E',X'7265706F7274732F6F6E652E706466','published',NULL,NULL,1,10,3,'embedded','{"stage": 0.5, "convert": 2.0, "publish": 0.25}',41.0,NULL);
INSERT INTO "outcomes" VALUES(2,1699999602.0,X'2F7372762F696E',X'7265706F7274732FFF0A2E706466','published',NULL,NULL,1,11,4,'embedded','{"stage": 0.5, "convert": 2.0, "publish": 0.25}',42.0,NULL);
INSERT INTO "outcomes" VALUES(3,1699999603.0,X'2F7372762F696E',X'6C6F636B65642E706466','failed','timeout','took longer than 600 s',1,12,NULL,NULL,'{"total": 600.0}',43.0,NULL);
INSERT INTO "outcomes" VALUES(4,1699999604.0,X'2F7372762F696E',X'6C6F636B65642E706466','failed','timeout','took longer than 600 s',2,12,NULL,NULL,'{"total": 600.0}',44.0,NULL);
INSERT INTO "outcomes" VALUES(5,1699999605.0,X'2F7372762F696E',X'6C6F636B65642E706466','dead','encrypted','the document is encrypted',3,12,NULL,NULL,'{"total": 0.5}',45.0,NULL);
INSERT INTO "outcomes" VALUES(6,1699999606.0,X'2F7372762F696E',X'666C616B792E706466','failed','converter_died','the converter died',1,13,NULL,NULL,'{"total": 1.0}',46.0,NULL);
INSERT INTO "outcomes" VALUES(7,1699999607.0,X'2F7372762F696E',X'616761696E2E706466','skipped',NULL,'the same content is already published',0,14,NULL,NULL,'{}',47.0,NULL);
CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER NOT NULL);
INSERT INTO "totals" VALUES('pages',7);
INSERT INTO "totals" VALUES('convert_seconds',4);
INSERT INTO "totals" VALUES('waited_seconds',83);
INSERT INTO "totals" VALUES('published',2);
INSERT INTO "totals" VALUES('failed',3);
INSERT INTO "totals" VALUES('dead',1);
INSERT INTO "totals" VALUES('skipped',1);
CREATE INDEX documents_by_state ON documents (state, id);
CREATE INDEX documents_by_policy ON documents (policy_pending) WHERE policy_pending;
CREATE INDEX outcomes_by_path ON outcomes (folder, path);
CREATE INDEX outcomes_of_failure ON outcomes (id) WHERE outcome IN ('failed', 'dead');
CREATE INDEX cleanups_by_time ON cleanups (at);
CREATE INDEX incidents_by_time ON incidents (at);
CREATE INDEX outcomes_by_time ON outcomes (at);
CREATE INDEX documents_waiting ON documents (seen_at)
    WHERE state IN ('seen', 'settling', 'queued', 'converting', 'failed')
;
CREATE UNIQUE INDEX deliveries_due_by_path ON deliveries (folder, hook, path) WHERE state = 'due';
CREATE INDEX deliveries_behind ON deliveries (folder, hook, path, id) WHERE state = 'behind';
CREATE INDEX deliveries_due ON deliveries (folder, hook, attempts, id) WHERE state = 'due';
CREATE INDEX deliveries_by_retry ON deliveries (folder, hook, retry_at) WHERE state = 'due';
CREATE INDEX deliveries_given_up ON deliveries (given_up_at) WHERE state = 'given_up';
DELETE FROM "sqlite_sequence";
COMMIT;
PRAGMA user_version = 8;
