create table pins (                     -- what an agent keeps at the top of his list
  agent_id        integer not null references agents(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  primary key (agent_id, conversation_id)
) strict, without rowid;
