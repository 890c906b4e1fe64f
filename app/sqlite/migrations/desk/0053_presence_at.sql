-- Since when an agent is what he is: whose customers wait for him go back into the queue once he has been gone for long.
alter table agents add column presence_at integer not null default 0;
