-- Where a new conversation goes, and who serves it.

create table schedules (                -- work hours; 0 is the default one, which cannot be deleted
  id         integer primary key autoincrement,
  name       text    not null collate nocase unique, -- empty for the default
  time_zone  text    not null default '', -- empty: the company's
  week       text    not null,          -- JSON: seven lists of spans, Sunday first
  days       text    not null default '[]', -- JSON: holidays and special working days
  created_at integer not null
) strict;
insert into schedules(id, name, week, created_at) values (0, '', '[[{"from":0,"to":1440}],[{"from":0,"to":1440}],[{"from":0,"to":1440}],[{"from":0,"to":1440}],[{"from":0,"to":1440}],[{"from":0,"to":1440}],[{"from":0,"to":1440}]]', 0);

alter table teams add column schedule_id integer not null default 0;
alter table teams add column greeting text not null default '';
alter table teams add column overflow integer not null default 0;      -- the rule is on
alter table teams add column overflow_over integer not null default 10; -- the queue's length up to which nothing happens
alter table teams add column overflow_team_id integer references teams(id);
alter table teams add column overflow_notice integer not null default 0; -- admins are told
alter table team_members add column opted_out integer not null default 0; -- receives nothing of this queue by itself

alter table agents add column assigned_at integer not null default 0;  -- when he was last given a conversation

alter table customers add column vip integer not null default 0;

alter table inboxes add column split integer not null default 0;       -- team_id in work hours, off_team_id out of them
alter table inboxes add column off_team_id integer references teams(id);
alter table inboxes add column schedule_id integer not null default 0;

alter table conversations add column entry_team_id integer references teams(id);    -- that the page named
alter table conversations add column named_agent_id integer references agents(id);  -- that the page named
alter table conversations add column wanted_agent_id integer references agents(id); -- for whom alone it waits
create index conversations_waiting on conversations(created_at, id) where status = 'waiting' and kind = 'chat';

create table entries (                  -- what the page named when the visitor's chat opened
  customer_id integer not null references customers(id) on delete cascade,
  inbox_id    integer not null references inboxes(id) on delete cascade,
  team_id     integer references teams(id),
  agent_id    integer references agents(id),
  primary key (customer_id, inbox_id)
) strict, without rowid;
