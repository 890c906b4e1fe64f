-- How customers say they were served: one rating for each conversation, asked for or not.
create table ratings (
  conversation_id integer primary key references conversations(id) on delete cascade,
  token      text    not null unique,   -- of the link in a mail: cannot be guessed
  way        text    not null check (way in ('visitor', 'agent', 'system')), -- who began it
  invited_by integer references agents(id),
  invited_at integer,                   -- null: nobody asked
  stars      integer check (stars between 1 and 5), -- null: not given yet
  tags       text    not null default '[]', -- JSON: words of that star
  remark     text    not null default '',
  solved     integer,                   -- null: not said
  rated_at   integer
) strict;
create index ratings_given on ratings(rated_at desc, conversation_id desc, stars, solved) where rated_at is not null;

create table rating_agents (            -- for whom a rating counts
  conversation_id integer not null references ratings(conversation_id) on delete cascade,
  agent_id        integer not null references agents(id),
  primary key (conversation_id, agent_id)
) strict, without rowid;
create index ratings_of_agent on rating_agents(agent_id, conversation_id);
