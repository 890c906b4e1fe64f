-- What the company promises about tickets, and how each ticket stands to it.
create table sla_plans (
  id          integer primary key autoincrement,
  name        text    not null,
  position    integer not null default 0,   -- the first that fits counts
  schedule_id integer references schedules(id), -- the clock runs in its hours; null: day and night
  inboxes     text    not null default '[]', -- for tickets of these mailboxes; empty: all
  topics      text    not null default '[]', -- and of these topics; empty: all
  targets     text    not null,              -- by priority: minutes to the first answer, to each next one, to the end
  enabled     integer not null default 1,
  created_at  integer not null
) strict;

create table sla_clocks (
  conversation_id integer not null references conversations(id) on delete cascade,
  kind            text    not null check (kind in ('first', 'next', 'resolution')),
  plan_id         integer not null references sla_plans(id) on delete cascade,
  started_at      integer not null,
  spent           integer not null default 0, -- milliseconds of work until it was stopped last
  running_since   integer,                    -- null: it stands still, or is over
  warn_at         integer,                    -- with running_since: when four fifths are gone
  due_at          integer,                    -- with running_since: when it is broken
  met_at          integer,                    -- null: not yet
  warned_at       integer,
  breached_at     integer,
  primary key (conversation_id, kind)
) strict, without rowid;
create index sla_clocks_due on sla_clocks(due_at) where due_at is not null and breached_at is null;
create index sla_clocks_warn on sla_clocks(warn_at) where warn_at is not null and warned_at is null;
