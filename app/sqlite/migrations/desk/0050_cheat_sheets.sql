create table cheat_sheets (                -- what a team's agents want at hand
  team_id    integer primary key references teams(id) on delete cascade,
  text       text    not null,
  agent_id   integer not null references agents(id), -- who wrote it last
  changed_at integer not null
) strict;
