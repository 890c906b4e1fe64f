-- What the desk does by itself when something happens, or nothing does for a while.
create table rules (
  id         integer primary key autoincrement,
  name       text    not null,
  position   integer not null default 0,
  enabled    integer not null default 1,
  happens    text    not null,             -- what sets it off
  minutes    integer not null default 0,   -- for those that time sets off
  conditions text    not null,             -- JSON: all must hold
  actions    text    not null,             -- JSON
  applied    integer not null default 0,   -- how often
  applied_at integer,
  created_at integer not null
) strict;

create table rule_runs (                   -- so that the same cause sets a rule off once
  rule_id         integer not null references rules(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  cause           text    not null,        -- e and the event's id, or t and the moment from which time was counted
  at              integer not null,
  primary key (rule_id, conversation_id, cause)
) strict, without rowid;
create index rule_runs_by_conversation on rule_runs(conversation_id, at);
