-- All times are Unix milliseconds. Text that people see as a name compares without case where it must be unique.

create table settings (
  name  text primary key,
  value text not null                   -- JSON
) strict, without rowid;

create table events (
  id              integer primary key autoincrement,
  at              integer not null,
  name            text    not null,
  actor_kind      text    not null,     -- agent, customer, robot, system
  actor_id        integer not null default 0,
  conversation_id integer,
  subject_id      integer,              -- the message, agent, inbox … that the name is about
  data            text    not null default '{}', -- small facts, never message text
  cause_id        integer               -- the event whose follower did this
) strict;
create index events_of_conversation on events(conversation_id, id) where conversation_id is not null;

create table cursors (                  -- how far each follower has come
  name       text primary key,
  event_id   integer not null,
  updated_at integer not null
) strict, without rowid;

create table set_aside_events (         -- what a follower could not digest
  follower text    not null,
  event_id integer not null,
  error    text    not null,
  at       integer not null,
  primary key (follower, event_id)
) strict, without rowid;

-- People ---------------------------------------------------------------------------------------------------------

create table agents (
  id                  integer primary key autoincrement,
  email               text    not null collate nocase,
  name                text    not null,
  role                text    not null check (role in ('admin', 'agent')),
  password_hash       text    not null default '', -- argon2id, empty until an invitation is accepted
  password_changed_at integer not null default 0,
  locale              text    not null default '',
  time_zone           text    not null default '',
  presence            text    not null default 'offline' check (presence in ('online', 'busy', 'away', 'invisible', 'offline')),
  chosen_presence     text    not null default 'online', -- what presence becomes when the agent comes back
  capacity            integer not null default 10 check (capacity between 0 and 100),
  enabled             integer not null default 1,
  preferences         text    not null default '{}', -- JSON: theme, send key, sounds
  avatar_file         text    not null default '',
  created_at          integer not null,
  deleted_at          integer
) strict;
create unique index agents_email on agents(email) where deleted_at is null;

create table sessions (
  id         integer primary key autoincrement,
  token_hash blob    not null unique,   -- SHA-256 of 256 random bits
  agent_id   integer not null references agents(id) on delete cascade,
  csrf       text    not null,
  keep       integer not null,          -- keep me logged in
  created_at integer not null,
  seen_at    integer not null,
  ip         text    not null default '',
  user_agent text    not null default ''
) strict;
create index sessions_of_agent on sessions(agent_id);

create table invitations (
  id         integer primary key autoincrement,
  token_hash blob    not null unique,
  agent_id   integer not null references agents(id) on delete cascade,
  kind       text    not null check (kind in ('invitation', 'reset')),
  created_at integer not null,
  expires_at integer not null,
  used_at    integer
) strict;
create index invitations_of_agent on invitations(agent_id);

create table tokens (                   -- for the API
  id         integer primary key autoincrement,
  token_hash blob    not null unique,
  agent_id   integer not null references agents(id) on delete cascade,
  name       text    not null,
  created_at integer not null,
  used_at    integer
) strict;
create index tokens_of_agent on tokens(agent_id);

create table idempotency (              -- the answers to API posts, for 24 hours
  agent_id   integer not null,
  key        text    not null,
  request    blob    not null,          -- SHA-256 of method, path and body
  status     integer not null,
  answer     text    not null,
  created_at integer not null,
  primary key (agent_id, key)
) strict, without rowid;

create table teams (
  id         integer primary key autoincrement,
  name       text    not null collate nocase,
  assignment text    not null default 'collaboration' check (assignment in ('auto', 'grab', 'collaboration')),
  created_at integer not null,
  deleted_at integer
) strict;
create unique index teams_name on teams(name) where deleted_at is null;

create table team_members (
  team_id  integer not null references teams(id) on delete cascade,
  agent_id integer not null references agents(id) on delete cascade,
  admin    integer not null default 0,
  primary key (team_id, agent_id)
) strict, without rowid;
create index teams_of_agent on team_members(agent_id, team_id);

create table push_subscriptions (
  id         integer primary key autoincrement,
  agent_id   integer not null references agents(id) on delete cascade,
  session_id integer references sessions(id) on delete cascade,
  endpoint   text    not null unique,
  p256dh     text    not null,
  auth       text    not null,
  locale     text    not null default '',
  created_at integer not null,
  pushed_at  integer,
  error      text    not null default ''
) strict;
create index push_of_agent on push_subscriptions(agent_id);

-- Customers ------------------------------------------------------------------------------------------------------

create table customers (
  id             integer primary key autoincrement,
  public_id      text    not null unique, -- what the outside sees
  name           text    not null default '', -- empty: a visitor
  email          text    not null default '' collate nocase,
  phone          text    not null default '',
  company        text    not null default '',
  description    text    not null default '',
  locale         text    not null default '',
  data           text    not null default '{}', -- JSON: what pages told about the visitor
  blacklisted_at integer,
  blacklisted_by integer references agents(id),
  blacklist_reason text  not null default '',
  created_at     integer not null,
  seen_at        integer not null
) strict;
create index customers_seen on customers(seen_at desc, id desc);
create index customers_email on customers(email) where email <> '';

create table identities (               -- who a customer is on a channel
  id          integer primary key autoincrement,
  customer_id integer not null references customers(id) on delete cascade,
  channel     text    not null,         -- webchat, email …
  external_id text    not null,         -- hash of a visitor token, mail address, openid …
  created_at  integer not null,
  unique (channel, external_id)
) strict;
create index identities_of_customer on identities(customer_id);

create table visits (                   -- where a visitor is now and where he was: the page trail
  id          integer primary key autoincrement,
  customer_id integer not null references customers(id) on delete cascade,
  url         text    not null,
  title       text    not null default '',
  referrer    text    not null default '',
  ip          text    not null default '',
  user_agent  text    not null default '',
  at          integer not null
) strict;
create index visits_of_customer on visits(customer_id, id desc);

-- Inboxes --------------------------------------------------------------------------------------------------------

create table inboxes (
  id         integer primary key autoincrement,
  public_id  text    not null unique,
  channel    text    not null,
  name       text    not null,
  enabled    integer not null default 1,
  team_id    integer references teams(id),
  settings   text    not null default '{}', -- JSON, each channel's own
  secrets    blob,                      -- JSON, encrypted with the key outside the database
  created_at integer not null,
  deleted_at integer
) strict;

-- Conversations --------------------------------------------------------------------------------------------------

create table conversations (
  id                integer primary key autoincrement,
  inbox_id          integer not null references inboxes(id),
  customer_id       integer not null references customers(id),
  kind              text    not null check (kind in ('chat', 'ticket')),
  status            text    not null check (status in ('waiting', 'open', 'closed')),
  team_id           integer references teams(id),
  assignee_id       integer references agents(id),
  linked_id         integer references conversations(id),
  token             text    not null unique, -- in reply addresses and signed links
  last_seq          integer not null default 0,
  last_message_id   integer,
  last_at           integer not null,   -- of the last public message
  last_text         text    not null default '', -- its first characters
  last_direction    text    not null default 'in',
  received_count    integer not null default 0, -- public messages from the customer
  answered_count    integer not null default 0, -- received_count when an agent last answered or read
  waiting_since     integer,            -- the first customer message nobody has answered
  customer_read_seq integer not null default 0,
  agent_read_seq    integer not null default 0,
  created_at        integer not null,
  closed_at         integer,
  closed_by         text    not null default ''
) strict;
create index conversations_active on conversations(kind, last_at desc, id desc) where status <> 'closed';
create index conversations_by_status on conversations(kind, status, last_at desc, id desc);
create index conversations_of_customer on conversations(customer_id, id desc);
create index conversations_of_assignee on conversations(assignee_id, kind, status, last_at desc, id desc) where assignee_id is not null;
create index conversations_of_team on conversations(team_id, kind, status, last_at desc, id desc) where team_id is not null;

create table participants (
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id),
  joined_at       integer not null,
  left_at         integer,
  primary key (conversation_id, agent_id)
) strict, without rowid;
create index conversations_of_participant on participants(agent_id, conversation_id) where left_at is null;

create table reads (                    -- how far each agent has read
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id) on delete cascade,
  seq             integer not null,
  received_count  integer not null,
  primary key (conversation_id, agent_id)
) strict, without rowid;

create table messages (
  id              integer primary key autoincrement,
  conversation_id integer not null references conversations(id) on delete cascade,
  inbox_id        integer not null,
  seq             integer not null,     -- 1, 2, 3 … within the conversation
  kind            text    not null,     -- text, image, file, audio, video, sticker, order, track, form, event
  visibility      text    not null check (visibility in ('public', 'internal')),
  direction       text    not null check (direction in ('in', 'out')),
  author_kind     text    not null,     -- customer, agent, robot, system
  author_id       integer not null default 0,
  author_name     text    not null default '',
  text            text    not null default '',
  html            text    not null default '', -- as received; sanitised when shown
  meta            text    not null default '{}', -- JSON: mail headers, card fields, what an event line says
  client_id       text,                 -- the sender's own id: the same never makes a second message
  external_id     text,                 -- the channel's id: Message-ID, WeChat MsgId …
  recalled_at     integer,
  created_at      integer not null,
  unique (conversation_id, seq)
) strict;
create unique index messages_client on messages(author_kind, author_id, client_id) where client_id is not null;
create unique index messages_external on messages(inbox_id, external_id) where external_id is not null;
create index messages_by_external on messages(external_id) where external_id is not null;

create table files (
  id              integer primary key autoincrement,
  public_id       text    not null unique, -- 128 random bits: the address cannot be guessed, and is checked besides
  message_id      integer references messages(id) on delete cascade,
  conversation_id integer references conversations(id) on delete cascade,
  uploader_kind   text    not null,
  uploader_id     integer not null,
  name            text    not null,
  size            integer not null,
  content_type    text    not null,     -- sniffed, never the sender's word alone
  content_id      text    not null default '', -- of an inline picture in mail
  sha256          blob    not null,
  thumb_sha256    blob,
  width           integer not null default 0,
  height          integer not null default 0,
  created_at      integer not null
) strict;
create index files_of_message on files(message_id) where message_id is not null;
create index files_unused on files(created_at) where message_id is null;

create table deliveries (               -- the outbox: one message to one recipient
  id          integer primary key autoincrement,
  message_id  integer not null references messages(id) on delete cascade,
  inbox_id    integer not null references inboxes(id),
  recipient   text    not null,
  state       text    not null check (state in ('queued', 'sent', 'delivered', 'read', 'failed', 'bounced')),
  attempts    integer not null default 0,
  next_at     integer,                  -- when to try (again); null when it is over
  error       text    not null default '', -- the other side's own words
  created_at  integer not null,
  updated_at  integer not null,
  unique (message_id, recipient)
) strict;
create index deliveries_due on deliveries(inbox_id, next_at) where next_at is not null;

create table attempts (
  delivery_id integer not null references deliveries(id) on delete cascade,
  n           integer not null,
  at          integer not null,
  code        integer not null default 0,
  answer      text    not null default '',
  primary key (delivery_id, n)
) strict, without rowid;

create table tickets (
  id              integer primary key autoincrement, -- the number that people see
  conversation_id integer not null unique references conversations(id) on delete cascade,
  subject         text    not null,
  status          text    not null check (status in ('open', 'pending', 'resolved', 'closed')),
  priority        text    not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
  origin          text    not null check (origin in ('mail', 'note', 'chat', 'agent', 'api')),
  cc              text    not null default '[]', -- JSON: addresses that get the answers too
  created_at      integer not null,
  updated_at      integer not null
) strict;
create index tickets_by_status on tickets(status, updated_at desc, id desc);

-- Bigrams of each message's text, made by the program (search.go): SQLite's own tokenizers find one Chinese word in twenty.
create virtual table message_search using fts5(text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
insert into message_search(message_search, rank) values ('secure-delete', 1);
