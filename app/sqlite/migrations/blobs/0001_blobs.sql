-- Files and raw mail by their SHA-256, in pieces, so that a large one never has to be in memory whole.
create table blobs (
  id         integer primary key,
  sha256     blob    not null unique,
  size       integer not null,          -- bytes
  created_at integer not null           -- Unix milliseconds, as all times in both files
) strict;

create table chunks (
  blob_id integer not null references blobs(id) on delete cascade,
  n       integer not null,             -- 0, 1, 2 …
  data    blob    not null,
  primary key (blob_id, n)
) strict;
