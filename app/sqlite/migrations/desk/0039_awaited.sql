create table awaited (                  -- ids that a mail answers and that no message had when it came: their mails may come yet
  external_id text    not null,
  message_id  integer not null references messages(id) on delete cascade,
  at          integer not null,
  primary key (external_id, message_id)
) strict, without rowid;
create index awaited_by_message on awaited(message_id);
