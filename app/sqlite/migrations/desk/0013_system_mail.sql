create table system_mails (             -- from the company itself to one address, mostly an agent's; no customer sees them
  id          integer primary key autoincrement,
  inbox_id    integer not null references inboxes(id), -- the mailbox that they go out through
  agent_id    integer references agents(id) on delete cascade,
  recipient   text    not null,
  name        text    not null default '',
  locale      text    not null,
  what        text    not null,         -- which words of the catalogs
  words       blob,                     -- what is put into them, encrypted: a link in them may be a key. Null once it was sent
  once        text    unique,           -- the same never makes a second mail
  external_id text    not null unique,  -- Message-ID: one, however often it is sent
  state       text    not null check (state in ('queued', 'sent', 'failed', 'bounced')),
  attempts    integer not null default 0,
  next_at     integer,                  -- when to try (again); null when it is over
  error       text    not null default '', -- the other side's own words
  created_at  integer not null,
  updated_at  integer not null
) strict;
create index system_mails_due on system_mails(inbox_id, next_at) where next_at is not null;
