-- Statuses with names of their own, tickets that sleep, that others follow, that belong below another, and that became one.

create table ticket_statuses (
  id         integer primary key autoincrement,
  name       text    not null,
  kind       text    not null check (kind in ('open', 'pending', 'resolved', 'closed')), -- as which it counts
  position   integer not null default 0,
  created_at integer not null,
  deleted_at integer                    -- tickets keep it
) strict;

alter table tickets add column status_id integer references ticket_statuses(id); -- a named one of the kind in status
alter table tickets add column parent_id integer references tickets(id);
alter table tickets add column merged_into integer references tickets(id);
create index tickets_of_parent on tickets(parent_id) where parent_id is not null;
create index tickets_of_status on tickets(status_id, conversation_id) where status_id is not null;

alter table conversations add column moved integer not null default 0; -- how often messages were taken out of it: its seq has gaps then

create table snoozes (                  -- tickets that are out of the lists for a while
  conversation_id integer primary key references conversations(id) on delete cascade,
  until           integer,              -- null: until the customer answers
  agent_id        integer not null references agents(id),
  created_at      integer not null
) strict;
create index snoozes_due on snoozes(until) where until is not null;

create table ticket_followers (         -- agents who want to hear of a ticket without being in it
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id) on delete cascade,
  created_at      integer not null,
  primary key (conversation_id, agent_id)
) strict, without rowid;
create index tickets_followed on ticket_followers(agent_id, conversation_id);

create table merges (
  id        integer primary key autoincrement,
  from_id   integer not null references conversations(id) on delete cascade, -- whose messages went
  into_id   integer not null references conversations(id) on delete cascade, -- to this one
  status    text    not null,           -- of the ticket before
  status_id integer,
  cc        text    not null default '[]', -- JSON: addresses that the other got by it
  agent_id  integer not null,
  at        integer not null,
  undone_at integer
) strict;
create index merges_from on merges(from_id);
create index merges_into on merges(into_id);

create table merged_messages (
  message_id integer not null references messages(id) on delete cascade,
  merge_id   integer not null references merges(id) on delete cascade,
  seq        integer not null,          -- its place before
  primary key (message_id, merge_id)
) strict, without rowid;
create index messages_of_merge on merged_messages(merge_id);
