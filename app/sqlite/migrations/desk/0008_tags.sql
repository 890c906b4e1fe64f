-- What a conversation was about: tags from the company's tree, and a remark.

create table tags (
  id         integer primary key autoincrement,
  parent_id  integer references tags(id),
  name       text    not null collate nocase,
  created_at integer not null,
  deleted_at integer                    -- it stays on the conversations that have it
) strict;
create unique index tags_name on tags(coalesce(parent_id, 0), name) where deleted_at is null;

create table conversation_tags (
  conversation_id integer not null references conversations(id) on delete cascade,
  tag_id          integer not null references tags(id),
  primary key (conversation_id, tag_id)
) strict, without rowid;
create index conversations_of_tag on conversation_tags(tag_id, conversation_id);

alter table conversations add column remark text not null default ''; -- for agents only
