-- Mail: what each mailbox's server showed, and what became of it.

create table mail_folders (             -- how far each folder has been read
  inbox_id     integer not null references inboxes(id) on delete cascade,
  account      text    not null,        -- user, host and folder: another account is another folder
  uid_validity integer not null,
  uid          integer not null,        -- the last one that stands in the ledger
  updated_at   integer not null,
  primary key (inbox_id, account)
) strict, without rowid;

create table mail_ledger (              -- one row for every message that a server showed
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
  settled_at      integer,
  unique (inbox_id, account, uid_validity, uid)
) strict;
create index mail_ledger_stored on mail_ledger(inbox_id, id) where state = 'stored';
create index mail_ledger_by_state on mail_ledger(inbox_id, state, id);

create table mail_auto_replies (        -- when each sender was last answered by a program
  inbox_id integer not null references inboxes(id) on delete cascade,
  address  text    not null collate nocase,
  at       integer not null,
  primary key (inbox_id, address)
) strict, without rowid;
