-- What is asked of tickets besides.

create table ticket_fields (
  id         integer primary key autoincrement,
  name       text    not null,
  kind       text    not null check (kind in ('text', 'long', 'number', 'date', 'choice', 'choices', 'phone', 'mail')),
  options    text    not null default '[]', -- JSON: what may be chosen
  required   integer not null default 0,
  visible    integer not null default 1,    -- in the form that makes a ticket
  position   integer not null default 0,
  created_at integer not null,
  deleted_at integer                        -- tickets keep what it was filled with
) strict;

alter table tickets add column fields text not null default '{}'; -- JSON: field id → value; several choices are lines
