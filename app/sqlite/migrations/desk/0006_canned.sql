-- What agents say again and again: the company's own and each agent's, under a category.

create table canned (
  id         integer primary key autoincrement,
  agent_id   integer references agents(id) on delete cascade, -- whose; null: everybody's
  category   text    not null default '',
  text       text    not null,
  updated_at integer not null
) strict;
create index canned_of_agent on canned(agent_id, category, id);
