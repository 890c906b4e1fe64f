create table sticker_packs (
  id         integer primary key autoincrement,
  name       text    not null collate nocase unique,
  position   integer not null,
  created_at integer not null
) strict;

create table stickers (
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
create index stickers_of_pack on stickers(pack_id, id);
