create table notices (                  -- what an admin tells the agents
  id         integer primary key autoincrement,
  agent_id   integer references agents(id), -- who wrote it; null: the desk itself
  subject    text    not null,
  text       text    not null,
  file       text    not null default '', -- public id of an attachment
  audience   text    not null,          -- JSON: teams and agents; neither: all
  created_at integer not null
) strict;

create table notifications (            -- what an agent is told, kept for good
  id              integer primary key autoincrement,
  agent_id        integer not null references agents(id) on delete cascade,
  category        text    not null check (category in ('conversation', 'ticket', 'delivery', 'account', 'system', 'notice')),
  what            text    not null,     -- which words of the catalogs
  conversation_id integer references conversations(id) on delete cascade,
  notice_id       integer references notices(id) on delete cascade,
  by_name         text    not null default '', -- who caused it
  words           text    not null default '', -- what else is to be said: another side's words, a number
  event_id        integer not null,     -- of which event; the same makes no second one
  created_at      integer not null,
  read_at         integer,
  mailed_at       integer,              -- when it went out by mail instead
  unique (agent_id, event_id, what)
) strict;
create index notifications_of_agent on notifications(agent_id, id desc, category, read_at);
create index notifications_unread on notifications(agent_id, id desc, category, conversation_id, created_at, mailed_at) where read_at is null;
create index notifications_missed on notifications(created_at) where read_at is null and mailed_at is null;

-- A push is about a conversation, a notification or a room of colleagues. What waited is news to nobody two minutes later.
drop table pushes;
create table pushes (
  subscription_id integer not null references push_subscriptions(id) on delete cascade,
  tag             text    not null,     -- of several with one tag the last is shown
  what            text    not null check (what in ('waiting', 'message', 'ticket', 'assigned', 'notification', 'colleague')),
  conversation_id integer references conversations(id) on delete cascade,
  subject_id      integer not null default 0, -- the notification, or the colleague's message
  message_id      integer,              -- the last one, whose words are shown
  event_id        integer not null,     -- the last one
  event_at        integer not null,
  due_at          integer not null,
  attempts        integer not null default 0,
  primary key (subscription_id, tag)
) strict, without rowid;
create index pushes_due on pushes(due_at);
