create table presence_asks (            -- an agent who wants to be given nothing, where the company wants to be asked first
  id          integer primary key autoincrement,
  agent_id    integer not null references agents(id) on delete cascade,
  presence    text    not null check (presence in ('busy', 'away', 'invisible')),
  reason      text    not null,
  asked_at    integer not null,
  answered_at integer,
  answered_by integer references agents(id),
  granted     integer
) strict;
create unique index presence_asks_open on presence_asks(agent_id) where answered_at is null;
