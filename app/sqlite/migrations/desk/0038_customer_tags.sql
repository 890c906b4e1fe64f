create table customer_tags (            -- what can be said of a customer in a word
  id         integer primary key autoincrement,
  name       text    not null collate nocase unique,
  color      text    not null,          -- one of the console's: grey, blue, green, amber, red
  created_at integer not null
) strict;

create table tagged_customers (
  customer_id integer not null references customers(id) on delete cascade,
  tag_id      integer not null references customer_tags(id) on delete cascade,
  primary key (customer_id, tag_id)
) strict, without rowid;
create index tagged_customers_by_tag on tagged_customers(tag_id, customer_id);
