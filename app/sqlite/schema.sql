-- The schema after all migrations, for reading. `go test ./app/sqlite -update` writes it; migrations/ makes it.

-- desk.db -------------------------------------------------------------------------------------------------------

CREATE TABLE settings (
  name  text primary key,
  value text not null                   -- JSON
) strict, without rowid;

CREATE TABLE events (
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
CREATE INDEX events_of_conversation on events(conversation_id, id) where conversation_id is not null;
CREATE INDEX events_audit on events(id desc, name, actor_id, at) where actor_kind = 'agent';
CREATE INDEX events_attendance on events(id desc, name, subject_id, at) where name in ('agent.logged_in', 'agent.logged_out', 'agent.presence');

CREATE TABLE cursors (                  -- how far each follower has come
  name       text primary key,
  event_id   integer not null,
  updated_at integer not null
) strict, without rowid;

CREATE TABLE set_aside_events (         -- what a follower could not digest
  follower text    not null,
  event_id integer not null,
  error    text    not null,
  at       integer not null,
  primary key (follower, event_id)
) strict, without rowid;

CREATE TABLE agents (
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
, assigned_at integer not null default 0, greeting text not null default '', two_factor integer not null default 0, real_name text not null default '', phone text not null default '', employee_number text not null default '', presence_at integer not null default 0) strict;
CREATE UNIQUE INDEX agents_email on agents(email) where deleted_at is null;

CREATE TABLE sessions (
  id         integer primary key autoincrement,
  token_hash blob    not null unique,   -- SHA-256 of 256 random bits
  agent_id   integer not null references agents(id) on delete cascade,
  csrf       text    not null,
  keep       integer not null,          -- keep me logged in
  created_at integer not null,
  seen_at    integer not null,
  ip         text    not null default '',
  user_agent text    not null default ''
, proved_at integer not null default 0) strict;
CREATE INDEX sessions_of_agent on sessions(agent_id);

CREATE TABLE invitations (
  id         integer primary key autoincrement,
  token_hash blob    not null unique,
  agent_id   integer not null references agents(id) on delete cascade,
  kind       text    not null check (kind in ('invitation', 'reset')),
  created_at integer not null,
  expires_at integer not null,
  used_at    integer
) strict;
CREATE INDEX invitations_of_agent on invitations(agent_id);

CREATE TABLE tokens (                   -- for the API
  id         integer primary key autoincrement,
  token_hash blob    not null unique,
  agent_id   integer not null references agents(id) on delete cascade,
  name       text    not null,
  created_at integer not null,
  used_at    integer
) strict;
CREATE INDEX tokens_of_agent on tokens(agent_id);

CREATE TABLE idempotency (              -- the answers to API posts, for 24 hours
  agent_id   integer not null,
  key        text    not null,
  request    blob    not null,          -- SHA-256 of method, path and body
  status     integer not null,
  answer     text    not null,
  created_at integer not null,
  primary key (agent_id, key)
) strict, without rowid;

CREATE TABLE teams (
  id         integer primary key autoincrement,
  name       text    not null collate nocase,
  assignment text    not null default 'collaboration' check (assignment in ('auto', 'grab', 'collaboration')),
  created_at integer not null,
  deleted_at integer
, schedule_id integer not null default 0, greeting text not null default '', overflow integer not null default 0, overflow_over integer not null default 10, overflow_team_id integer references teams(id), overflow_notice integer not null default 0) strict;
CREATE UNIQUE INDEX teams_name on teams(name) where deleted_at is null;

CREATE TABLE team_members (
  team_id  integer not null references teams(id) on delete cascade,
  agent_id integer not null references agents(id) on delete cascade,
  admin    integer not null default 0, opted_out integer not null default 0,
  primary key (team_id, agent_id)
) strict, without rowid;
CREATE INDEX teams_of_agent on team_members(agent_id, team_id);

CREATE TABLE push_subscriptions (
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
CREATE INDEX push_of_agent on push_subscriptions(agent_id);

CREATE TABLE customers (
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
, vip integer not null default 0) strict;
CREATE INDEX customers_seen on customers(seen_at desc, id desc);
CREATE TRIGGER customer_made after insert on customers when new.name <> '' or new.email <> '' or new.phone <> '' begin
  insert into customer_search(rowid, pairs) values (new.id, pairs(new.name || ' ' || new.email || ' ' || new.phone));
end;
CREATE TRIGGER customer_changed after update of name, email, phone on customers when new.name <> old.name or new.email <> old.email or new.phone <> old.phone begin
  delete from customer_search where rowid = old.id;
  insert into customer_search(rowid, pairs) values (new.id, pairs(new.name || ' ' || new.email || ' ' || new.phone));
end;
CREATE TRIGGER customer_erased after delete on customers begin
  delete from customer_search where rowid = old.id;
end;

CREATE TABLE identities (               -- who a customer is on a channel
  id          integer primary key autoincrement,
  customer_id integer not null references customers(id) on delete cascade,
  channel     text    not null,         -- webchat, email …
  external_id text    not null,         -- hash of a visitor token, mail address, openid …
  created_at  integer not null,
  unique (channel, external_id)
) strict;
CREATE INDEX identities_of_customer on identities(customer_id);

CREATE TABLE visits (                   -- where a visitor is now and where he was: the page trail
  id          integer primary key autoincrement,
  customer_id integer not null references customers(id) on delete cascade,
  url         text    not null,
  title       text    not null default '',
  referrer    text    not null default '',
  ip          text    not null default '',
  user_agent  text    not null default '',
  at          integer not null
) strict;
CREATE INDEX visits_of_customer on visits(customer_id, id desc);

CREATE TABLE inboxes (
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
, split integer not null default 0, off_team_id integer references teams(id), schedule_id integer not null default 0) strict;

CREATE TABLE conversations (
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
, entry_team_id integer references teams(id), named_agent_id integer references agents(id), wanted_agent_id integer references agents(id), ticket_status text, ticket_priority text, ticket_topic integer, ticket_origin text, urgency integer generated always as (case ticket_priority when 'urgent' then 3 when 'high' then 2 when 'normal' then 1 else 0 end * 17592186044416 + last_at) virtual, remark text not null default '', quiet_since integer not null default 0, moved integer not null default 0, called_back integer not null default 0, transfers integer not null default 0, stars integer not null default 0, served text not null default '', tagged text not null default '') strict;
CREATE INDEX conversations_of_customer on conversations(customer_id, id desc);
CREATE INDEX conversations_recent on conversations(last_at desc, id desc, kind, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, wanted_agent_id);
CREATE INDEX conversations_by_status on conversations(kind, status, last_at desc, id desc, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, created_at, wanted_agent_id);
CREATE INDEX conversations_by_kind on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, created_at, wanted_agent_id);
CREATE INDEX tickets_by_creation on conversations(created_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, wanted_agent_id) where kind = 'ticket';
CREATE INDEX tickets_by_urgency on conversations(urgency desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, created_at, wanted_agent_id) where kind = 'ticket';
CREATE INDEX conversations_active on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, received_count, answered_count, ticket_topic, ticket_origin, created_at, wanted_agent_id, waiting_since) where status <> 'closed';
CREATE INDEX conversations_closed on conversations(closed_at desc, id desc, team_id, inbox_id, customer_id, called_back, transfers, stars, served, tagged) where kind = 'chat' and status = 'closed';
CREATE INDEX conversations_linked on conversations(linked_id) where linked_id is not null;
CREATE INDEX open_chats on conversations(customer_id, inbox_id, kind, status) where kind = 'chat' and status <> 'closed';

CREATE TABLE participants (
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id),
  joined_at       integer not null,
  left_at         integer,
  primary key (conversation_id, agent_id)
) strict, without rowid;
CREATE INDEX conversations_of_participant on participants(agent_id, conversation_id) where left_at is null;
CREATE TRIGGER participant_made after insert on participants begin
  update conversations set served = iif(served = '', ',', served) || new.agent_id || ',' where id = new.conversation_id;
end;

CREATE TABLE reads (                    -- how far each agent has read
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id) on delete cascade,
  seq             integer not null,
  received_count  integer not null,
  primary key (conversation_id, agent_id)
) strict, without rowid;

CREATE TABLE messages (
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
CREATE UNIQUE INDEX messages_client on messages(author_kind, author_id, client_id) where client_id is not null;
CREATE UNIQUE INDEX messages_external on messages(inbox_id, external_id) where external_id is not null;
CREATE INDEX messages_by_external on messages(external_id) where external_id is not null;

CREATE TABLE files (
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
CREATE INDEX files_of_message on files(message_id) where message_id is not null;
CREATE INDEX files_unused on files(created_at) where message_id is null;
CREATE INDEX files_of_conversation on files(conversation_id) where conversation_id is not null;

CREATE TABLE deliveries (               -- the outbox: one message to one recipient
  id          integer primary key autoincrement,
  message_id  integer not null references messages(id) on delete cascade,
  inbox_id    integer not null references inboxes(id),
  recipient   text    not null,
  state       text    not null check (state in ('queued', 'sent', 'delivered', 'read', 'failed', 'bounced')),
  attempts    integer not null default 0,
  next_at     integer,                  -- when to try (again); null when it is over
  error       text    not null default '', -- the other side's own words
  created_at  integer not null,
  updated_at  integer not null, begun_at integer not null default 0, tries    integer not null default 0,
  unique (message_id, recipient)
) strict;
CREATE INDEX deliveries_due on deliveries(inbox_id, next_at) where next_at is not null;
CREATE INDEX deliveries_by_state on deliveries(state);
CREATE INDEX deliveries_recent on deliveries(inbox_id, updated_at);

CREATE TABLE attempts (
  delivery_id integer not null references deliveries(id) on delete cascade,
  n           integer not null,
  at          integer not null,
  code        integer not null default 0,
  answer      text    not null default '',
  primary key (delivery_id, n)
) strict, without rowid;

CREATE TABLE tickets (
  id              integer primary key autoincrement, -- the number that people see
  conversation_id integer not null unique references conversations(id) on delete cascade,
  subject         text    not null,
  status          text    not null check (status in ('open', 'pending', 'resolved', 'closed')),
  priority        text    not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
  origin          text    not null check (origin in ('mail', 'note', 'chat', 'agent', 'api')),
  cc              text    not null default '[]', -- JSON: addresses that get the answers too
  created_at      integer not null,
  updated_at      integer not null
, topic_id integer references topics(id), fields text not null default '{}', status_id integer references ticket_statuses(id), parent_id integer references tickets(id), merged_into integer references tickets(id), link_version integer not null default 1) strict;
CREATE TRIGGER subject_made after insert on tickets begin
  insert into ticket_search(rowid, pairs) values (new.id, pairs(new.subject));
end;
CREATE TRIGGER subject_changed after update of subject on tickets when new.subject <> old.subject begin
  delete from ticket_search where rowid = old.id;
  insert into ticket_search(rowid, pairs) values (new.id, pairs(new.subject));
end;
CREATE TRIGGER subject_erased after delete on tickets begin
  delete from ticket_search where rowid = old.id;
end;
CREATE TRIGGER ticket_made after insert on tickets begin
  update conversations set ticket_status = new.status, ticket_priority = new.priority, ticket_topic = new.topic_id, ticket_origin = new.origin where id = new.conversation_id;
end;
CREATE TRIGGER ticket_moved after update of status, priority, topic_id on tickets begin
  update conversations set ticket_status = new.status, ticket_priority = new.priority, ticket_topic = new.topic_id where id = new.conversation_id;
end;
CREATE INDEX tickets_of_parent on tickets(parent_id) where parent_id is not null;
CREATE INDEX tickets_of_status on tickets(status_id, conversation_id) where status_id is not null;
CREATE INDEX tickets_merged on tickets(merged_into) where merged_into is not null;

CREATE TABLE mail_folders (             -- how far each folder has been read
  inbox_id     integer not null references inboxes(id) on delete cascade,
  account      text    not null,        -- user, host and folder: another account is another folder
  uid_validity integer not null,
  uid          integer not null,        -- the last one that stands in the ledger
  updated_at   integer not null, compared_at integer, shown  integer not null default 0, missed integer not null default 0,
  primary key (inbox_id, account)
) strict, without rowid;

CREATE TABLE mail_ledger (              -- one row for every message that a server showed
  id              integer primary key autoincrement,
  inbox_id        integer not null references inboxes(id) on delete cascade,
  account         text    not null,
  uid_validity    integer not null,
  uid             integer not null,
  external_id     text    not null default '', -- its Message-ID, or the sum of its bytes when it has none
  sender          text    not null default '',
  subject         text    not null default '',
  size            integer not null,
  state           text    not null check (state in ('stored', 'filed', 'set_aside')),
  cause           text    not null default '', -- why it was set aside, or why it made no message: a word
  detail          text    not null default '', -- the same in a program's or a server's words
  raw             blob,                 -- SHA-256 of its bytes in blobs.db; null when they could not be had
  tries           integer not null default 0,  -- how often filing was begun again after a stop
  forced          integer not null default 0,  -- somebody wants it filed whatever it is
  conversation_id integer references conversations(id) on delete set null,
  message_id      integer references messages(id) on delete set null,
  received_at     integer not null,     -- by the server's clock
  stored_at       integer not null,
  settled_at      integer, address text not null default '', words   blob, after   text not null default '',
  unique (inbox_id, account, uid_validity, uid)
) strict;
CREATE INDEX mail_ledger_stored on mail_ledger(inbox_id, id) where state = 'stored';
CREATE INDEX mail_ledger_by_state on mail_ledger(inbox_id, state, id);
CREATE INDEX mail_ledger_by_sender on mail_ledger(address, received_at) where address <> '';
CREATE INDEX mail_ledger_after on mail_ledger(inbox_id, id) where after <> '';
CREATE INDEX mail_ledger_by_cause on mail_ledger(inbox_id, cause, id) where cause <> '';
CREATE INDEX mail_ledger_of_conversation on mail_ledger(conversation_id) where conversation_id is not null;
CREATE INDEX mail_ledger_of_message on mail_ledger(message_id) where message_id is not null;

CREATE TABLE mail_auto_replies (        -- when each sender was last answered by a program
  inbox_id integer not null references inboxes(id) on delete cascade,
  address  text    not null collate nocase,
  at       integer not null,
  primary key (inbox_id, address)
) strict, without rowid;

CREATE TABLE schedules (                -- work hours; 0 is the default one, which cannot be deleted
  id         integer primary key autoincrement,
  name       text    not null collate nocase unique, -- empty for the default
  time_zone  text    not null default '', -- empty: the company's
  week       text    not null,          -- JSON: seven lists of spans, Sunday first
  days       text    not null default '[]', -- JSON: holidays and special working days
  created_at integer not null
) strict;

CREATE TABLE entries (                  -- what the page named when the visitor's chat opened
  customer_id integer not null references customers(id) on delete cascade,
  inbox_id    integer not null references inboxes(id) on delete cascade,
  team_id     integer references teams(id),
  agent_id    integer references agents(id),
  primary key (customer_id, inbox_id)
) strict, without rowid;

CREATE TABLE canned (
  id         integer primary key autoincrement,
  agent_id   integer references agents(id) on delete cascade, -- whose; null: everybody's
  category   text    not null default '',
  text       text    not null,
  updated_at integer not null
) strict;
CREATE INDEX canned_of_agent on canned(agent_id, category, id);

CREATE TABLE topics (                   -- a tree: at most 10 levels, 30 on the first, 1000 in all
  id         integer primary key autoincrement,
  parent_id  integer references topics(id),
  name       text    not null,
  position   integer not null,          -- among its siblings
  created_at integer not null,
  deleted_at integer                    -- tickets keep it
) strict;
CREATE INDEX topics_of_parent on topics(parent_id, position) where deleted_at is null;

CREATE TABLE saved_views (              -- of the list of tickets
  id         integer primary key autoincrement,
  agent_id   integer not null references agents(id) on delete cascade, -- who made it
  name       text    not null,
  query      text    not null,          -- as in the address of the list
  shared     integer not null default 0, -- every agent sees it
  created_at integer not null
) strict;
CREATE INDEX saved_views_of_agent on saved_views(agent_id);

CREATE TABLE tags (
  id         integer primary key autoincrement,
  parent_id  integer references tags(id),
  name       text    not null collate nocase,
  created_at integer not null,
  deleted_at integer                    -- it stays on the conversations that have it
) strict;
CREATE UNIQUE INDEX tags_name on tags(coalesce(parent_id, 0), name) where deleted_at is null;

CREATE TABLE conversation_tags (
  conversation_id integer not null references conversations(id) on delete cascade,
  tag_id          integer not null references tags(id),
  primary key (conversation_id, tag_id)
) strict, without rowid;
CREATE INDEX conversations_of_tag on conversation_tags(tag_id, conversation_id);
CREATE TRIGGER conversation_tag_made after insert on conversation_tags begin
  update conversations set tagged = iif(tagged = '', ',', tagged) || new.tag_id || ',' where id = new.conversation_id;
end;
CREATE TRIGGER conversation_tag_gone after delete on conversation_tags begin
  update conversations set tagged = iif(tagged = ',' || old.tag_id || ',', '', replace(tagged, ',' || old.tag_id || ',', ',')) where id = old.conversation_id;
end;

CREATE TABLE notes (
  ticket_id integer primary key references tickets(id) on delete cascade,
  name      text    not null,
  phone     text    not null,
  email     text    not null,
  category  text    not null
) strict;

CREATE TABLE system_mails (             -- from the company itself to one address, mostly an agent's; no customer sees them
  id          integer primary key autoincrement,
  inbox_id    integer not null references inboxes(id), -- the mailbox that they go out through
  agent_id    integer references agents(id) on delete cascade,
  recipient   text    not null,
  name        text    not null default '',
  locale      text    not null,
  what        text    not null,         -- which words of the catalogs
  words       blob,                     -- what is put into them, encrypted: a link in them may be a key. Null once it was sent
  once        text    unique,           -- the same never makes a second mail
  external_id text    not null unique,  -- Message-ID: one, however often it is sent
  state       text    not null check (state in ('queued', 'sent', 'failed', 'bounced')),
  attempts    integer not null default 0,
  next_at     integer,                  -- when to try (again); null when it is over
  error       text    not null default '', -- the other side's own words
  created_at  integer not null,
  updated_at  integer not null
, line_id integer) strict;
CREATE INDEX system_mails_due on system_mails(inbox_id, next_at) where next_at is not null;

CREATE TABLE conversation_teams (       -- teams that see a conversation besides its own: they were addressed too
  conversation_id integer not null references conversations(id) on delete cascade,
  team_id         integer not null,     -- 0: everyone
  at              integer not null,
  primary key (conversation_id, team_id)
) strict, without rowid;
CREATE INDEX conversations_shown_to on conversation_teams(team_id, conversation_id);

CREATE TABLE blocked_senders (
  id         integer primary key autoincrement,
  pattern    text    not null unique collate nocase, -- a mail address, or @ and a domain
  reason     text    not null default '',
  agent_id   integer references agents(id),         -- who blocked it
  created_at integer not null,
  hits       integer not null default 0,            -- mails that were set aside since
  hit_at     integer
) strict;

CREATE TABLE drafts (
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id) on delete cascade,
  draft           text    not null,     -- JSON
  version         integer not null,     -- grows with every change
  updated_at      integer not null,
  primary key (conversation_id, agent_id)
) strict, without rowid;

CREATE TABLE planned (
  id              integer primary key autoincrement,
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id),
  client_id       text    not null,     -- the sender's own id: the same is never planned, or sent, twice
  draft           text    not null,     -- JSON; empty when it was withdrawn
  way             text    not null check (way in ('undo', 'schedule')),
  unless_answered integer not null default 0,
  state           text    not null check (state in ('due', 'stopped', 'withdrawn')),
  cause           text    not null default '', -- why it was stopped: a key of the catalogs
  due_at          integer not null,
  created_at      integer not null,
  unique (agent_id, client_id)
) strict;
CREATE INDEX planned_due on planned(due_at) where state = 'due';
CREATE INDEX planned_of_conversation on planned(conversation_id, due_at);

CREATE TABLE ratings (
  conversation_id integer primary key references conversations(id) on delete cascade,
  token_hash      text    not null unique,   -- of the link in a mail: cannot be guessed
  way        text    not null check (way in ('visitor', 'agent', 'system')), -- who began it
  invited_by integer references agents(id),
  invited_at integer,                   -- null: nobody asked
  stars      integer check (stars between 1 and 5), -- null: not given yet
  tags       text    not null default '[]', -- JSON: words of that star
  remark     text    not null default '',
  solved     integer,                   -- null: not said
  rated_at   integer
) strict;
CREATE INDEX ratings_given on ratings(rated_at desc, conversation_id desc, stars, solved) where rated_at is not null;
CREATE TRIGGER rating_made after insert on ratings when new.stars is not null begin
  update conversations set stars = new.stars where id = new.conversation_id;
end;
CREATE TRIGGER rating_changed after update of stars on ratings begin
  update conversations set stars = coalesce(new.stars, 0) where id = new.conversation_id;
end;
CREATE TRIGGER rating_gone after delete on ratings begin
  update conversations set stars = 0 where id = old.conversation_id;
end;

CREATE TABLE rating_agents (            -- for whom a rating counts
  conversation_id integer not null references ratings(conversation_id) on delete cascade,
  agent_id        integer not null references agents(id),
  primary key (conversation_id, agent_id)
) strict, without rowid;
CREATE INDEX ratings_of_agent on rating_agents(agent_id, conversation_id);

CREATE TABLE upkeeps (
  id integer primary key,
  kind text not null check (kind in ('backup', 'drill')),
  started_at integer not null,
  took integer not null,                  -- milliseconds
  bytes integer not null default 0,       -- of the backup file, or of what the drill restored
  messages integer not null default 0,    -- that the drill found
  file text not null default '',          -- the backup's name; empty when it is kept no longer
  fault text not null default ''          -- why it failed; empty when it went well
) strict;
CREATE INDEX upkeeps_by_kind on upkeeps(kind, started_at desc);

CREATE TABLE ticket_statuses (
  id         integer primary key autoincrement,
  name       text    not null,
  kind       text    not null check (kind in ('open', 'pending', 'resolved', 'closed')), -- as which it counts
  position   integer not null default 0,
  created_at integer not null,
  deleted_at integer                    -- tickets keep it
) strict;

CREATE TABLE snoozes (                  -- tickets that are out of the lists for a while
  conversation_id integer primary key references conversations(id) on delete cascade,
  until           integer,              -- null: until the customer answers
  agent_id        integer not null references agents(id),
  created_at      integer not null
) strict;
CREATE INDEX snoozes_due on snoozes(until) where until is not null;

CREATE TABLE ticket_followers (         -- agents who want to hear of a ticket without being in it
  conversation_id integer not null references conversations(id) on delete cascade,
  agent_id        integer not null references agents(id) on delete cascade,
  created_at      integer not null,
  primary key (conversation_id, agent_id)
) strict, without rowid;
CREATE INDEX tickets_followed on ticket_followers(agent_id, conversation_id);

CREATE TABLE merges (
  id        integer primary key autoincrement,
  from_id   integer not null references conversations(id) on delete cascade, -- whose messages went
  into_id   integer not null references conversations(id) on delete cascade, -- to this one
  status    text    not null,           -- of the ticket before
  status_id integer,
  cc        text    not null default '[]', -- JSON: addresses that the other got by it
  agent_id  integer not null,
  at        integer not null,
  undone_at integer
) strict;
CREATE INDEX merges_from on merges(from_id);
CREATE INDEX merges_into on merges(into_id);

CREATE TABLE merged_messages (
  message_id integer not null references messages(id) on delete cascade,
  merge_id   integer not null references merges(id) on delete cascade,
  seq        integer not null,          -- its place before
  primary key (message_id, merge_id)
) strict, without rowid;
CREATE INDEX messages_of_merge on merged_messages(merge_id);

CREATE TABLE sticker_packs (
  id         integer primary key autoincrement,
  name       text    not null collate nocase unique,
  position   integer not null,
  created_at integer not null
) strict;

CREATE TABLE stickers (
  id           integer primary key autoincrement,
  pack_id      integer not null references sticker_packs(id) on delete cascade,
  public_id    text    not null unique, -- 128 random bits
  name         text    not null,
  content_type text    not null,
  sha256       blob    not null,
  size         integer not null,        -- bytes
  width        integer not null,
  height       integer not null
) strict;
CREATE INDEX stickers_of_pack on stickers(pack_id, id);

CREATE TABLE proactive (
  id         integer primary key autoincrement,
  inbox_id   integer not null references inboxes(id),
  name       text    not null,
  enabled    integer not null default 1,
  text       text    not null,
  url        text    not null default '', -- a part of the page's address, * for anything; empty: every page
  after      integer not null default 0,  -- seconds on the page
  scroll     integer not null default 0,  -- percent of the page
  visitors   text    not null default 'all' check (visitors in ('all', 'new', 'returning')),
  again      integer not null default 0,  -- minutes after a refusal; 0: never again
  daily_max  integer not null default 1,  -- for one visitor
  created_at integer not null,
  deleted_at integer
) strict;
CREATE INDEX proactive_of_inbox on proactive(inbox_id, id) where deleted_at is null;

CREATE TABLE proactive_shown (
  id           integer primary key autoincrement,
  proactive_id integer not null references proactive(id),
  customer_id  integer not null references customers(id) on delete cascade,
  outcome      text    not null check (outcome in ('shown', 'accepted', 'refused')),
  at           integer not null
) strict;
CREATE INDEX proactive_shown_to on proactive_shown(customer_id, proactive_id, at);
CREATE INDEX proactive_shown_at on proactive_shown(at, proactive_id, outcome);

CREATE TABLE notices (                  -- what an admin tells the agents
  id         integer primary key autoincrement,
  agent_id   integer references agents(id), -- who wrote it; null: the desk itself
  subject    text    not null,
  text       text    not null,
  file       text    not null default '', -- public id of an attachment
  audience   text    not null,          -- JSON: teams and agents; neither: all
  created_at integer not null
) strict;

CREATE TABLE notifications (            -- what an agent is told, kept for good
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
CREATE INDEX notifications_of_agent on notifications(agent_id, id desc, category, read_at);
CREATE INDEX notifications_unread on notifications(agent_id, id desc, category, conversation_id, created_at, mailed_at) where read_at is null;
CREATE INDEX notifications_missed on notifications(created_at) where read_at is null and mailed_at is null;
CREATE INDEX notifications_of_conversation on notifications(conversation_id) where conversation_id is not null;
CREATE INDEX notifications_mailed on notifications(agent_id, mailed_at) where mailed_at is not null;

CREATE TABLE pushes (
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
CREATE INDEX pushes_due on pushes(due_at);
CREATE INDEX pushes_of_conversation on pushes(conversation_id);

CREATE TABLE transfers (
  id              integer primary key autoincrement,
  conversation_id integer not null references conversations(id) on delete cascade,
  from_id         integer not null references agents(id), -- who asks
  team_id         integer references teams(id),  -- of whom it will be; null: as before
  agent_id        integer references agents(id), -- who is asked; null: everyone in the team
  note            text    not null default '',
  state           text    not null check (state in ('asked', 'accepted', 'refused', 'timed_out', 'withdrawn')),
  asked_at        integer not null,
  due_at          integer not null,     -- when it is timed out
  settled_at      integer,
  settled_by      integer references agents(id)
) strict;
CREATE UNIQUE INDEX transfers_asked on transfers(conversation_id) where state = 'asked';
CREATE INDEX transfers_due on transfers(due_at) where state = 'asked';
CREATE INDEX transfers_of_conversation on transfers(conversation_id);

CREATE TABLE transfer_asked (
  transfer_id integer not null references transfers(id) on delete cascade,
  agent_id    integer not null references agents(id) on delete cascade,
  refused_at  integer,
  primary key (transfer_id, agent_id)
) strict, without rowid;
CREATE INDEX transfers_of_agent on transfer_asked(agent_id, transfer_id) where refused_at is null;

CREATE TABLE pins (                     -- what an agent keeps at the top of his list
  agent_id        integer not null references agents(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  primary key (agent_id, conversation_id)
) strict, without rowid;
CREATE INDEX pins_of_conversation on pins(conversation_id);

CREATE TABLE rooms (                    -- where colleagues talk: two of them, or a team
  id         integer primary key autoincrement,
  team_id    integer unique references teams(id) on delete cascade,
  low_id     integer references agents(id) on delete cascade, -- of two agents the one with the smaller id
  high_id    integer references agents(id) on delete cascade,
  last_id    integer not null default 0, -- the last message
  created_at integer not null,
  unique (low_id, high_id),
  check ((team_id is null) = (low_id is not null) and (low_id is null) = (high_id is null) and coalesce(low_id < high_id, 1))
) strict;
CREATE INDEX rooms_of_higher on rooms(high_id);

CREATE TABLE room_messages (
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
CREATE INDEX messages_of_room on room_messages(room_id, id desc);
CREATE INDEX room_files on room_messages(file) where file <> '';
CREATE TRIGGER room_message_made after insert on room_messages begin
  insert into room_search(rowid, pairs) values (new.id, pairs(new.text));
end;
CREATE TRIGGER room_message_recalled after update of text on room_messages begin
  delete from room_search where rowid = old.id;
end;
CREATE TRIGGER room_message_erased after delete on room_messages begin
  delete from room_search where rowid = old.id;
end;

CREATE TABLE room_reads (               -- how far each agent has read
  room_id    integer not null references rooms(id) on delete cascade,
  agent_id   integer not null references agents(id) on delete cascade,
  message_id integer not null,
  primary key (room_id, agent_id)
) strict, without rowid;

CREATE VIRTUAL TABLE room_search using fts5(pairs, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');

CREATE TABLE two_factors (
  agent_id     integer primary key references agents(id) on delete cascade,
  secret       blob    not null,           -- encrypted
  confirmed_at integer,                    -- null: begun, and no code was given yet
  last_step    integer not null default 0  -- the newest half minute whose code was used; none is used twice
, fresh blob, fresh_at integer) strict;

CREATE TABLE recovery_codes (              -- each works once, in place of a code
  agent_id  integer not null references agents(id) on delete cascade,
  code_hash blob    not null,
  primary key (agent_id, code_hash)
) strict, without rowid;

CREATE TABLE login_steps (                 -- the password was right, the code is still to come
  token_hash blob    primary key,
  agent_id   integer not null references agents(id) on delete cascade,
  keep       integer not null,
  tries      integer not null default 0,
  expires_at integer not null
, sign_on integer not null default 0) strict, without rowid;

CREATE TABLE login_places (                -- browser and network in which an agent has logged in
  agent_id integer not null references agents(id) on delete cascade,
  place    blob    not null,               -- a hash of both
  network  blob    not null,               -- a hash of the network alone
  seen_at  integer not null,
  primary key (agent_id, place)
) strict, without rowid;

CREATE TABLE snippets (
  id         integer primary key autoincrement,
  public_id  text    not null unique, -- stands in the code
  name       text    not null,
  settings   text    not null default '{}', -- kind, contents and service levels: desk.Snippet
  created_at integer not null,
  deleted_at integer
) strict;

CREATE TABLE sla_plans (
  id          integer primary key autoincrement,
  name        text    not null,
  position    integer not null default 0,   -- the first that fits counts
  schedule_id integer references schedules(id), -- the clock runs in its hours; null: day and night
  inboxes     text    not null default '[]', -- for tickets of these mailboxes; empty: all
  topics      text    not null default '[]', -- and of these topics; empty: all
  targets     text    not null,              -- by priority: minutes to the first answer, to each next one, to the end
  enabled     integer not null default 1,
  created_at  integer not null
) strict;

CREATE TABLE sla_clocks (
  conversation_id integer not null references conversations(id) on delete cascade,
  kind            text    not null check (kind in ('first', 'next', 'resolution')),
  plan_id         integer not null references sla_plans(id) on delete cascade,
  started_at      integer not null,
  spent           integer not null default 0, -- milliseconds of work until it was stopped last
  running_since   integer,                    -- null: it stands still, or is over
  warn_at         integer,                    -- with running_since: when four fifths are gone
  due_at          integer,                    -- with running_since: when it is broken
  met_at          integer,                    -- null: not yet
  warned_at       integer,
  breached_at     integer,
  primary key (conversation_id, kind)
) strict, without rowid;
CREATE INDEX sla_clocks_due on sla_clocks(due_at) where due_at is not null and breached_at is null;
CREATE INDEX sla_clocks_warn on sla_clocks(warn_at) where warn_at is not null and warned_at is null;
CREATE INDEX sla_clocks_soon on sla_clocks(conversation_id) where warned_at is not null and breached_at is null and met_at is null and running_since is not null;
CREATE INDEX sla_clocks_late on sla_clocks(conversation_id, met_at) where breached_at is not null;

CREATE TABLE presence_asks (            -- an agent who wants to be given nothing, where the company wants to be asked first
  id          integer primary key autoincrement,
  agent_id    integer not null references agents(id) on delete cascade,
  presence    text    not null check (presence in ('busy', 'away', 'invisible')),
  reason      text    not null,
  asked_at    integer not null,
  answered_at integer,
  answered_by integer references agents(id),
  granted     integer
) strict;
CREATE UNIQUE INDEX presence_asks_open on presence_asks(agent_id) where answered_at is null;

CREATE TABLE rules (
  id         integer primary key autoincrement,
  name       text    not null,
  position   integer not null default 0,
  enabled    integer not null default 1,
  happens    text    not null,             -- what sets it off
  minutes    integer not null default 0,   -- for those that time sets off
  conditions text    not null,             -- JSON: all must hold
  actions    text    not null,             -- JSON
  applied    integer not null default 0,   -- how often
  applied_at integer,
  created_at integer not null
) strict;

CREATE TABLE rule_runs (                   -- so that the same cause sets a rule off once
  rule_id         integer not null references rules(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  cause           text    not null,        -- e and the event's id, or t and the moment from which time was counted
  at              integer not null,
  primary key (rule_id, conversation_id, cause)
) strict, without rowid;
CREATE INDEX rule_runs_by_conversation on rule_runs(conversation_id, at);

CREATE TABLE visitor_browsers (         -- browsers of visitors who allowed it to tell of answers
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
CREATE INDEX visitor_browsers_of on visitor_browsers(customer_id, inbox_id);

CREATE TABLE visitor_pushes (           -- an answer that waits for one of them: one for each conversation, with the last words
  browser_id      integer not null references visitor_browsers(id) on delete cascade,
  conversation_id integer not null references conversations(id) on delete cascade,
  message_id      integer not null,
  event_id        integer not null,
  event_at        integer not null,
  due_at          integer not null,
  attempts        integer not null default 0,
  primary key (browser_id, conversation_id)
) strict, without rowid;
CREATE INDEX visitor_pushes_due on visitor_pushes(due_at);
CREATE INDEX visitor_pushes_of_conversation on visitor_pushes(conversation_id);

CREATE TABLE "ticket_fields" (
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

CREATE TABLE erasures (
  public_id text    primary key,          -- the customer's id outside, which is given once
  at        integer not null,
  agent_id  integer not null default 0,   -- who ordered it
  done_at   integer                       -- null: it was begun, and is gone on with at the next start
) strict, without rowid;
CREATE INDEX erasures_open on erasures(at) where done_at is null;

CREATE TABLE customer_tags (            -- what can be said of a customer in a word
  id         integer primary key autoincrement,
  name       text    not null collate nocase unique,
  color      text    not null,          -- one of the console's: grey, blue, green, amber, red
  created_at integer not null
) strict;

CREATE TABLE tagged_customers (
  customer_id integer not null references customers(id) on delete cascade,
  tag_id      integer not null references customer_tags(id) on delete cascade,
  primary key (customer_id, tag_id)
) strict, without rowid;
CREATE INDEX tagged_customers_by_tag on tagged_customers(tag_id, customer_id);

CREATE TABLE awaited (                  -- ids that a mail answers and that no message had when it came: their mails may come yet
  external_id text    not null,
  message_id  integer not null references messages(id) on delete cascade,
  at          integer not null,
  primary key (external_id, message_id)
) strict, without rowid;
CREATE INDEX awaited_by_message on awaited(message_id);

CREATE TABLE ticket_values (
  field_id        integer not null references ticket_fields(id),
  value           text    not null,
  conversation_id integer not null references conversations(id) on delete cascade,
  primary key (field_id, value, conversation_id)
) strict, without rowid;
CREATE INDEX ticket_values_of on ticket_values(conversation_id, field_id, value);
CREATE INDEX ticket_values_number on ticket_values(field_id, cast(value as real), conversation_id) where value glob '[-+0-9]*';

CREATE VIRTUAL TABLE message_search using fts5(text, content='', contentless_delete=1, prefix='1', tokenize='unicode61 remove_diacritics 2');

CREATE TABLE exports (                  -- the history as files that agents take home
  id         integer primary key autoincrement,
  agent_id   integer not null references agents(id) on delete cascade,
  format     text    not null check (format in ('csv', 'xlsx')),
  filter     text    not null,          -- JSON: what was asked for
  words      text    not null default '', -- the same as it stood in the page's address
  state      text    not null check (state in ('asked', 'ready', 'failed')),
  cause      text    not null default '', -- why it failed: too_large, not_allowed or fault
  rows       integer not null default 0,
  size       integer not null default 0, -- bytes
  sha256     blob,                      -- null: there is no file yet, or no more
  taken      integer not null default 0, -- how often it was downloaded
  created_at integer not null,
  done_at    integer
) strict;
CREATE INDEX exports_of_agent on exports(agent_id, id desc);
CREATE INDEX exports_kept on exports(done_at) where sha256 is not null;

CREATE VIRTUAL TABLE ticket_search using fts5(pairs, content='', contentless_delete=1, prefix='1', tokenize='unicode61 remove_diacritics 2');

CREATE VIRTUAL TABLE customer_search using fts5(pairs, content='', contentless_delete=1, prefix='1', tokenize='unicode61 remove_diacritics 2');

CREATE TABLE sign_ons (                    -- answers of the company's login page that somebody has logged in by: none works twice
  state_hash blob    primary key,
  until      integer not null              -- then it is over anyway
) strict, without rowid;

CREATE TABLE cheat_sheets (                -- what a team's agents want at hand
  team_id    integer primary key references teams(id) on delete cascade,
  text       text    not null,
  agent_id   integer not null references agents(id), -- who wrote it last
  changed_at integer not null
) strict;

-- blobs.db ------------------------------------------------------------------------------------------------------

CREATE TABLE blobs (
  id         integer primary key,
  sha256     blob    not null unique,
  size       integer not null,          -- bytes
  created_at integer not null           -- Unix milliseconds, as all times in both files
) strict;

CREATE TABLE chunks (
  blob_id integer not null references blobs(id) on delete cascade,
  n       integer not null,             -- 0, 1, 2 …
  data    blob    not null,
  primary key (blob_id, n)
) strict;
