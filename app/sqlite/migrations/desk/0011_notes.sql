-- What a visitor wrote into the form when he left a note: as he wrote it, whatever his profile says.

create table notes (
  ticket_id integer primary key references tickets(id) on delete cascade,
  name      text    not null,
  phone     text    not null,
  email     text    not null,
  category  text    not null
) strict;
