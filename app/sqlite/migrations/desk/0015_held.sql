-- What an agent is writing, and what he has written that is to go out later.

create table drafts (
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id) on delete cascade,
  draft           text    not null,     -- JSON
  version         integer not null,     -- grows with every change
  updated_at      integer not null,
  primary key (conversation_id, agent_id)
) strict, without rowid;

create table planned (
  id              integer primary key autoincrement,
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id),
  client_id       text    not null,     -- the sender's own id: the same is never planned, or sent, twice
  draft           text    not null,     -- JSON; empty when it was withdrawn
  way             text    not null check (way in ('undo', 'schedule')),
  unless_answered integer not null default 0,
  state           text    not null check (state in ('due', 'stopped', 'withdrawn')),
  cause           text    not null default '', -- why it was stopped: a key of the catalogs
  due_at          integer not null,
  created_at      integer not null,
  unique (agent_id, client_id)
) strict;
create index planned_due on planned(due_at) where state = 'due';
create index planned_of_conversation on planned(conversation_id, due_at) where state <> 'withdrawn';
