-- What customers see of their tickets by a signed link, and the form by which anybody opens one.

alter table tickets add column link_version integer not null default 1; -- links of an earlier one are revoked
alter table ticket_fields add column public integer not null default 0; -- customers see it, and fill it in
