"""The tables of an archive file, as the migrations that make them.

A migration that has been released is never changed: add one at the end.

Rows are stored in the order of arrival (`key`), not by id: timelines are read newest first and user by
user, so ids arrive scattered, and wide rows in the order of ids would be spread over the whole file.
An id tells the time of its tweet, so time needs no index; `tweet_odd` lists those whose id does not (before 2010-11).
`tweet.era` (about 37 hours of X's ids) goes into the full text as a word of its own: the newest matches
of a common word are then found era by era, without looking at all the others.
Segments of the full text are merged by fours (FTS5's default): merging more at once saves little time and leaves more of
the file empty.
`document` is the whole object, compressed, with the values that have a column of their own taken out.
"""

from __future__ import annotations

from netwar.archive.sqlite import outbox

ERA_BITS = 49

TABLES = """
CREATE TABLE dictionary (
    id INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
);

CREATE TABLE tweet (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    user INTEGER,
    name TEXT,
    created INTEGER,
    text TEXT,
    lang TEXT,
    conversation INTEGER,
    kind ANY,
    referenced INTEGER,
    reposts INTEGER,
    replies INTEGER,
    likes INTEGER,
    quotes INTEGER,
    bookmarks INTEGER,
    impressions INTEGER,
    version INTEGER NOT NULL,
    via ANY,
    document BLOB NOT NULL,
    era INTEGER GENERATED ALWAYS AS (id >> 49) VIRTUAL
);
CREATE UNIQUE INDEX tweet_by_id ON tweet (id);
CREATE INDEX tweet_by_user ON tweet (user);
CREATE INDEX tweet_by_name ON tweet (name COLLATE NOCASE) WHERE name IS NOT NULL;
CREATE INDEX tweet_odd ON tweet (id) WHERE created <> ((id >> 22) + 1288834974657) / 1000;
CREATE VIRTUAL TABLE tweet_words USING fts5 (
    text, era, content='tweet', content_rowid='key', columnsize=0, tokenize='unicode61 remove_diacritics 2'
);

CREATE TABLE profile (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    username TEXT,
    name TEXT,
    description TEXT,
    location TEXT,
    created INTEGER,
    followers INTEGER,
    following INTEGER,
    tweets INTEGER,
    listed INTEGER,
    verified INTEGER,
    protected INTEGER,
    version INTEGER NOT NULL,
    via ANY,
    document BLOB NOT NULL,
    spoken TEXT GENERATED ALWAYS AS (
        coalesce(username, '') || char(10) || coalesce(name, '') || char(10) || coalesce(description, '')
    ) VIRTUAL
);
CREATE UNIQUE INDEX profile_by_id ON profile (id);
CREATE INDEX profile_by_username ON profile (username COLLATE NOCASE);
CREATE VIRTUAL TABLE profile_words USING fts5 (
    spoken, content='profile', content_rowid='key', columnsize=0, tokenize='unicode61 remove_diacritics 2'
);

CREATE TABLE ledger (
    archive_index TEXT NOT NULL,
    user TEXT NOT NULL,
    name TEXT,
    outcome TEXT,
    detail TEXT,
    asked INTEGER NOT NULL,
    refreshed INTEGER NOT NULL,
    counted INTEGER,
    spans TEXT NOT NULL,
    lost TEXT NOT NULL,
    renamed TEXT NOT NULL,
    PRIMARY KEY (archive_index, user)
) WITHOUT ROWID;
CREATE TABLE ledger_name (
    archive_index TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    user TEXT NOT NULL,
    PRIMARY KEY (archive_index, name, user)
) WITHOUT ROWID;
"""

# The full text follows the tables whoever changes them, a person in a sqlite3 shell too. New rows are added to it
# by writing.py: a trigger makes SQLite close a savepoint, and FTS5 write out its buffer, for each row (twice the time).
TRIGGERS = """
CREATE TRIGGER tweet_changed AFTER UPDATE OF key, id, text ON tweet
WHEN old.text IS NOT new.text OR old.id <> new.id OR old.key <> new.key BEGIN
    INSERT INTO tweet_words (tweet_words, rowid, text, era) VALUES ('delete', old.key, old.text, old.id >> 49);
    INSERT INTO tweet_words (rowid, text, era) VALUES (new.key, new.text, new.id >> 49);
END;
CREATE TRIGGER tweet_removed AFTER DELETE ON tweet BEGIN
    INSERT INTO tweet_words (tweet_words, rowid, text, era) VALUES ('delete', old.key, old.text, old.id >> 49);
END;
CREATE TRIGGER profile_changed AFTER UPDATE OF key, username, name, description ON profile
WHEN old.spoken IS NOT new.spoken OR old.key <> new.key BEGIN
    INSERT INTO profile_words (profile_words, rowid, spoken) VALUES ('delete', old.key, old.spoken);
    INSERT INTO profile_words (rowid, spoken) VALUES (new.key, new.spoken);
END;
CREATE TRIGGER profile_removed AFTER DELETE ON profile BEGIN
    INSERT INTO profile_words (profile_words, rowid, spoken) VALUES ('delete', old.key, old.spoken);
END;
"""

# What people and other tools look at. The numbers for kind and via are those of tweets.py and columns.py.
VIEWS = """
CREATE VIEW tweets AS SELECT
    tweet.id,
    tweet.user AS user_id,
    coalesce(tweet.name, profile.username) AS screen_name,
    strftime('%Y-%m-%dT%H:%M:%SZ', tweet.created, 'unixepoch') AS created,
    tweet.text,
    tweet.lang,
    iif(tweet.conversation = 0, tweet.id, tweet.conversation) AS conversation_id,
    CASE tweet.kind WHEN 1 THEN 'retweeted' WHEN 2 THEN 'replied_to' WHEN 3 THEN 'quoted' ELSE tweet.kind END AS kind,
    tweet.referenced AS referenced_id,
    tweet.reposts, tweet.replies, tweet.likes, tweet.quotes, tweet.bookmarks, tweet.impressions,
    strftime('%Y-%m-%dT%H:%M:%SZ', (tweet.version & 17592186044415) / 1000, 'unixepoch') AS retrieved,
    tweet.version >> 44 AS direct,
    CASE tweet.via WHEN 1 THEN 'timeline' WHEN 2 THEN 'reference' WHEN 3 THEN 'search' WHEN 4 THEN 'stream'
        WHEN 5 THEN 'lookup' ELSE tweet.via END AS via,
    'https://x.com/i/status/' || tweet.id AS url
FROM tweet LEFT JOIN profile ON profile.id = tweet.user;
CREATE VIEW users AS SELECT
    id, username, name, description, location,
    strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch') AS created,
    followers, following, tweets, listed, verified, protected,
    strftime('%Y-%m-%dT%H:%M:%SZ', (version & 17592186044415) / 1000, 'unixepoch') AS retrieved,
    version >> 44 AS direct,
    CASE via WHEN 1 THEN 'timeline' WHEN 2 THEN 'reference' WHEN 3 THEN 'search' WHEN 4 THEN 'stream'
        WHEN 5 THEN 'lookup' ELSE via END AS via,
    'https://x.com/i/user/' || id AS url
FROM profile;
CREATE VIEW coverage AS SELECT
    archive_index, user, name, outcome, detail,
    (SELECT coalesce(sum(json_extract(value, '$[2]')), 0) FROM json_each(spans)) AS posts,
    counted AS posts_by_profile,
    (SELECT max(json_extract(value, '$[1]')) FROM json_each(spans)) AS newest_id,
    (SELECT min(json_extract(value, '$[0]')) FROM json_each(spans)) AS complete_from_id,
    json_array_length(spans) AS spans,
    json_array_length(lost) AS lost_stretches,
    json_array_length(renamed) AS renamings,
    iif(asked > 0, strftime('%Y-%m-%dT%H:%M:%SZ', asked / 1000, 'unixepoch'), NULL) AS asked,
    iif(refreshed > 0, strftime('%Y-%m-%dT%H:%M:%SZ', refreshed / 1000, 'unixepoch'), NULL) AS refreshed
FROM ledger;
"""

# A row of profile_past: until then (ms) the user's profile had these other values, and so X showed it last when `seen`.
# A note is a small thing that is kept with the ledger, as JSON.
PAST_AND_NOTES = """
CREATE TABLE profile_past (
    user INTEGER NOT NULL,
    until INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    fields TEXT NOT NULL,
    username TEXT GENERATED ALWAYS AS (json_extract(fields, '$.username')) VIRTUAL,
    PRIMARY KEY (user, until)
) WITHOUT ROWID;
CREATE INDEX past_by_username ON profile_past (username COLLATE NOCASE) WHERE username IS NOT NULL;
CREATE TRIGGER profile_forgotten AFTER DELETE ON profile BEGIN
    DELETE FROM profile_past WHERE user = old.id;
END;
CREATE TABLE note (
    archive_index TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (archive_index, key)
);
CREATE VIEW changes AS SELECT
    profile_past.user AS id,
    profile.username AS username_now,
    strftime('%Y-%m-%dT%H:%M:%SZ', profile_past.until / 1000, 'unixepoch') AS changed,
    json_each.key AS field,
    json_each.value AS before
FROM profile_past JOIN json_each(profile_past.fields) LEFT JOIN profile ON profile.id = profile_past.user;
"""

# `words` are the words of a text as netwar.records.words spells them, where FTS5 would read others in it. The full text of
# earlier versions is replaced by one of these, portion by portion (renewal.py): rows with done < key <= upto are not yet in it.
# The old one gets another name at once: a program of an earlier version that still runs then fails, and its page goes into the
# spool; otherwise what it wrote would be in a full text that nobody asks any more. (The pragma lets views that people have
# added, and broken, be.)
SPELLED = """
CREATE TABLE renewal (
    name TEXT PRIMARY KEY,
    done INTEGER NOT NULL,
    upto INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO renewal SELECT 'tweet', 0, coalesce(max(key), 0) FROM tweet;
INSERT INTO renewal SELECT 'profile', 0, coalesce(max(key), 0) FROM profile;
DROP TRIGGER tweet_changed;
DROP TRIGGER tweet_removed;
DROP TRIGGER profile_changed;
DROP TRIGGER profile_removed;
PRAGMA legacy_alter_table=ON;
ALTER TABLE tweet_words RENAME TO tweet_words_of_old;
ALTER TABLE profile_words RENAME TO profile_words_of_old;
PRAGMA legacy_alter_table=OFF;
ALTER TABLE tweet ADD COLUMN words TEXT;
ALTER TABLE tweet ADD COLUMN spelled TEXT GENERATED ALWAYS AS (coalesce(words, text)) VIRTUAL;
ALTER TABLE profile ADD COLUMN words TEXT;
ALTER TABLE profile ADD COLUMN spelled TEXT GENERATED ALWAYS AS (coalesce(words, spoken)) VIRTUAL;
CREATE VIRTUAL TABLE tweet_spelled USING fts5 (
    spelled, era, content='tweet', content_rowid='key', columnsize=0,
    tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
);
CREATE VIRTUAL TABLE profile_spelled USING fts5 (
    spelled, content='profile', content_rowid='key', columnsize=0,
    tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
);
CREATE TRIGGER tweet_changed AFTER UPDATE OF key, id, text, words ON tweet
WHEN (old.spelled IS NOT new.spelled OR old.id <> new.id OR old.key <> new.key)
AND NOT EXISTS (SELECT 1 FROM renewal WHERE name = 'tweet' AND old.key > done AND old.key <= upto) BEGIN
    INSERT INTO tweet_spelled (tweet_spelled, rowid, spelled, era) VALUES ('delete', old.key, old.spelled, old.id >> 49);
    INSERT INTO tweet_spelled (rowid, spelled, era) VALUES (new.key, new.spelled, new.id >> 49);
END;
CREATE TRIGGER tweet_removed AFTER DELETE ON tweet
WHEN NOT EXISTS (SELECT 1 FROM renewal WHERE name = 'tweet' AND old.key > done AND old.key <= upto) BEGIN
    INSERT INTO tweet_spelled (tweet_spelled, rowid, spelled, era) VALUES ('delete', old.key, old.spelled, old.id >> 49);
END;
CREATE TRIGGER profile_changed AFTER UPDATE OF key, username, name, description, words ON profile
WHEN (old.spelled IS NOT new.spelled OR old.key <> new.key)
AND NOT EXISTS (SELECT 1 FROM renewal WHERE name = 'profile' AND old.key > done AND old.key <= upto) BEGIN
    INSERT INTO profile_spelled (profile_spelled, rowid, spelled) VALUES ('delete', old.key, old.spelled);
    INSERT INTO profile_spelled (rowid, spelled) VALUES (new.key, new.spelled);
END;
CREATE TRIGGER profile_removed AFTER DELETE ON profile
WHEN NOT EXISTS (SELECT 1 FROM renewal WHERE name = 'profile' AND old.key > done AND old.key <= upto) BEGIN
    INSERT INTO profile_spelled (profile_spelled, rowid, spelled) VALUES ('delete', old.key, old.spelled);
END;
"""

MIGRATIONS = (TABLES + TRIGGERS + VIEWS, PAST_AND_NOTES, SPELLED, outbox.TABLES)
