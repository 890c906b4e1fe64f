create table exports (                  -- the history as files that agents take home
  id         integer primary key autoincrement,
  agent_id   integer not null references agents(id) on delete cascade,
  format     text    not null check (format in ('csv', 'xlsx')),
  filter     text    not null,          -- JSON: what was asked for
  words      text    not null default '', -- the same as it stood in the page's address
  state      text    not null check (state in ('asked', 'ready', 'failed')),
  cause      text    not null default '', -- why it failed: too_large, not_allowed or fault
  rows       integer not null default 0,
  size       integer not null default 0, -- bytes
  sha256     blob,                      -- null: there is no file yet, or no more
  taken      integer not null default 0, -- how often it was downloaded
  created_at integer not null,
  done_at    integer
) strict;
create index exports_of_agent on exports(agent_id, id desc);
create index exports_kept on exports(done_at) where sha256 is not null;
