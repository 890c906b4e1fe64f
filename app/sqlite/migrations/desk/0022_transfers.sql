-- A conversation that an agent asks another, or a team, to take over.

create table transfers (
  id              integer primary key autoincrement,
  conversation_id integer not null references conversations(id) on delete cascade,
  from_id         integer not null references agents(id), -- who asks
  team_id         integer references teams(id),  -- of whom it will be; null: as before
  agent_id        integer references agents(id), -- who is asked; null: everyone in the team
  note            text    not null default '',
  state           text    not null check (state in ('asked', 'accepted', 'refused', 'timed_out', 'withdrawn')),
  asked_at        integer not null,
  due_at          integer not null,     -- when it is timed out
  settled_at      integer,
  settled_by      integer references agents(id)
) strict;
create unique index transfers_asked on transfers(conversation_id) where state = 'asked';
create index transfers_due on transfers(due_at) where state = 'asked';

create table transfer_asked (
  transfer_id integer not null references transfers(id) on delete cascade,
  agent_id    integer not null references agents(id) on delete cascade,
  refused_at  integer,
  primary key (transfer_id, agent_id)
) strict, without rowid;
create index transfers_of_agent on transfer_asked(agent_id, transfer_id) where refused_at is null;
