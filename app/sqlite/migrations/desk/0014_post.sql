-- Mail to several of our addresses is one ticket for several teams; blocked senders; what is done with a mail on its server once it is
-- here; how folders compare with the ledger; a fresh schedule for a delivery that somebody tries again.

create table conversation_teams (       -- teams that see a conversation besides its own: they were addressed too
  conversation_id integer not null references conversations(id) on delete cascade,
  team_id         integer not null,     -- 0: everyone
  at              integer not null,
  primary key (conversation_id, team_id)
) strict, without rowid;
create index conversations_shown_to on conversation_teams(team_id, conversation_id);

create table blocked_senders (
  id         integer primary key autoincrement,
  pattern    text    not null unique collate nocase, -- a mail address, or @ and a domain
  reason     text    not null default '',
  agent_id   integer references agents(id),         -- who blocked it
  created_at integer not null,
  hits       integer not null default 0,            -- mails that were set aside since
  hit_at     integer
) strict;

alter table mail_ledger add column address text not null default ''; -- the sender's, in small letters
alter table mail_ledger add column words   blob;                     -- sum of what he wrote: the same again and again is a loop
alter table mail_ledger add column after   text not null default ''; -- what is still to be done with it on the server: seen, move, delete
create index mail_ledger_by_sender on mail_ledger(address, received_at) where address <> '';
create index mail_ledger_after on mail_ledger(inbox_id, id) where after <> '';
create index mail_ledger_by_cause on mail_ledger(inbox_id, cause, id) where cause <> '';

alter table mail_folders add column compared_at integer;                 -- when the ledger was last compared with the server
alter table mail_folders add column shown  integer not null default 0;   -- mails that the server had then
alter table mail_folders add column missed integer not null default 0;   -- of them those that were not in the ledger

alter table deliveries add column begun_at integer not null default 0;   -- since when it is tried: anew when somebody wants it again
alter table deliveries add column tries    integer not null default 0;   -- attempts since then
update deliveries set begun_at = created_at, tries = attempts;

-- Customers whom agents wrote down by hand are who they are by mail, too. What a visitor typed into a form proves nothing.
insert into identities(customer_id, channel, external_id, created_at)
  select min(c.id), 'email', lower(c.email), min(c.created_at) from customers c
  where c.email <> '' and not exists (select 1 from identities i where i.customer_id = c.id)
    and not exists (select 1 from identities i where i.channel = 'email' and i.external_id = lower(c.email))
  group by lower(c.email);
