create table visitor_browsers (         -- browsers of visitors who allowed it to tell of answers
  id          integer primary key autoincrement,
  customer_id integer not null references customers(id) on delete cascade,
  inbox_id    integer not null references inboxes(id) on delete cascade,
  endpoint    text    not null unique,
  p256dh      text    not null,
  auth        text    not null,
  locale      text    not null default '',
  created_at  integer not null,
  pushed_at   integer,
  error       text    not null default ''
) strict;
create index visitor_browsers_of on visitor_browsers(customer_id, inbox_id);

create table visitor_pushes (           -- an answer that waits for one of them: one for each conversation, with the last words
  browser_id      integer not null references visitor_browsers(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  message_id      integer not null,
  event_id        integer not null,
  event_at        integer not null,
  due_at          integer not null,
  attempts        integer not null default 0,
  primary key (browser_id, conversation_id)
) strict, without rowid;
create index visitor_pushes_due on visitor_pushes(due_at);
