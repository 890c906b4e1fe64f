-- Fields that take a file. A table's checks cannot be changed, so it is made anew; nothing points to it.

create table ticket_fields_new (
  id         integer primary key autoincrement,
  name       text    not null,
  kind       text    not null check (kind in ('text', 'long', 'number', 'date', 'choice', 'choices', 'tree', 'phone', 'mail', 'file')),
  options    text    not null default '[]', -- JSON: what may be chosen; of a tree the paths, with " / " between the levels; of a file the endings
  required   integer not null default 0,
  visible    integer not null default 1,    -- in the form that makes a ticket
  position   integer not null default 0,
  created_at integer not null,
  deleted_at integer,                       -- tickets keep what it was filled with
  public     integer not null default 0,    -- customers see it, and fill it in
  most       integer not null default 0     -- of a file: megabytes; 0: as large as any file
) strict;
insert into ticket_fields_new(id, name, kind, options, required, visible, position, created_at, deleted_at, public)
  select id, name, kind, options, required, visible, position, created_at, deleted_at, public from ticket_fields;
drop table ticket_fields;
alter table ticket_fields_new rename to ticket_fields;

-- A file of a field belongs to its ticket's conversation, and to no message.
create index files_of_fields on files(conversation_id) where message_id is null and conversation_id is not null;
