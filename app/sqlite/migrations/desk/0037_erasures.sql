-- Customers who were erased, so that a restored copy erases them again. Nothing personal stands here.
create table erasures (
  public_id text    primary key,          -- the customer's id outside, which is given once
  at        integer not null,
  agent_id  integer not null default 0,   -- who ordered it
  done_at   integer                       -- null: it was begun, and is gone on with at the next start
) strict, without rowid;
create index erasures_open on erasures(at) where done_at is null;
