-- What the desk does for its own safety, and how it went: a backup to a file, a drill of the replica.
create table upkeeps (
  id integer primary key,
  kind text not null check (kind in ('backup', 'drill')),
  started_at integer not null,
  took integer not null,                  -- milliseconds
  bytes integer not null default 0,       -- of the backup file, or of what the drill restored
  messages integer not null default 0,    -- that the drill found
  file text not null default '',          -- the backup's name; empty when it is kept no longer
  fault text not null default ''          -- why it failed; empty when it went well
) strict;
create index upkeeps_by_kind on upkeeps(kind, started_at desc);
