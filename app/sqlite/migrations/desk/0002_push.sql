-- Notifications that are about to be pushed. A row waits a few seconds, so that several messages are one notification.
create table pushes (
  subscription_id integer not null references push_subscriptions(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  what            text    not null check (what in ('waiting', 'message', 'ticket', 'assigned')),
  message_id      integer,              -- the last one, whose words are shown
  event_id        integer not null,     -- the last one
  event_at        integer not null,
  due_at          integer not null,
  attempts        integer not null default 0,
  primary key (subscription_id, conversation_id)
) strict, without rowid;
create index pushes_due on pushes(due_at);
