create table sign_ons (                    -- answers of the company's login page that somebody has logged in by: none works twice
  state_hash blob    primary key,
  until      integer not null              -- then it is over anyway
) strict, without rowid;

alter table login_steps add column sign_on integer not null default 0; -- the company's login page said who it is, and no password
