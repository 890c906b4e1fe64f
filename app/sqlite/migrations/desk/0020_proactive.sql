-- Invitations that a widget shows by itself, and to whom it showed them.

create table proactive (
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
create index proactive_of_inbox on proactive(inbox_id, id) where deleted_at is null;

create table proactive_shown (
  id           integer primary key autoincrement,
  proactive_id integer not null references proactive(id),
  customer_id  integer not null references customers(id) on delete cascade,
  outcome      text    not null check (outcome in ('shown', 'accepted', 'refused')),
  at           integer not null
) strict;
create index proactive_shown_to on proactive_shown(customer_id, proactive_id, at);
create index proactive_shown_at on proactive_shown(at, proactive_id, outcome);
