create table rooms (                    -- where colleagues talk: two of them, or a team
  id         integer primary key autoincrement,
  team_id    integer unique references teams(id) on delete cascade,
  low_id     integer references agents(id) on delete cascade, -- of two agents the one with the smaller id
  high_id    integer references agents(id) on delete cascade,
  last_id    integer not null default 0, -- the last message
  created_at integer not null,
  unique (low_id, high_id),
  check ((team_id is null) = (low_id is not null) and (low_id is null) = (high_id is null) and coalesce(low_id < high_id, 1))
) strict;
create index rooms_of_higher on rooms(high_id);

create table room_messages (
  id          integer primary key autoincrement,
  room_id     integer not null references rooms(id) on delete cascade,
  agent_id    integer not null references agents(id) on delete cascade,
  text        text    not null,
  file        text    not null default '', -- public id of an attachment
  client_id   text    not null,         -- the sender's own id: the same never makes a second message
  recalled_at integer,
  created_at  integer not null,
  unique (agent_id, client_id)
) strict;
create index messages_of_room on room_messages(room_id, id desc);
create index room_files on room_messages(file) where file <> '';

create table room_reads (               -- how far each agent has read
  room_id    integer not null references rooms(id) on delete cascade,
  agent_id   integer not null references agents(id) on delete cascade,
  message_id integer not null,
  primary key (room_id, agent_id)
) strict, without rowid;

create virtual table room_search using fts5(pairs, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
create trigger room_message_made after insert on room_messages begin
  insert into room_search(rowid, pairs) values (new.id, pairs(new.text));
end;
create trigger room_message_recalled after update of text on room_messages begin
  delete from room_search where rowid = old.id;
end;
create trigger room_message_erased after delete on room_messages begin
  delete from room_search where rowid = old.id;
end;
