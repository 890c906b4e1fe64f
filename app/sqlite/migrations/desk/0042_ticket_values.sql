-- What the form fields of tickets hold, to find tickets by it: in small letters, of several choices a row each, of long ones the beginning.

create table ticket_values (
  field_id        integer not null references ticket_fields(id),
  value           text    not null,
  conversation_id integer not null references conversations(id) on delete cascade,
  primary key (field_id, value, conversation_id)
) strict, without rowid;
create index ticket_values_of on ticket_values(conversation_id, field_id, value);

with recursive lines(field_id, conversation_id, line, rest) as (
  select cast(f.key as integer), t.conversation_id, null, f.value || char(10) from tickets t, json_each(t.fields) f
    where cast(f.key as integer) in (select id from ticket_fields)
  union all
  select field_id, conversation_id, trim(substr(rest, 1, instr(rest, char(10)) - 1)), substr(rest, instr(rest, char(10)) + 1) from lines where rest <> ''
)
insert or ignore into ticket_values(field_id, value, conversation_id) select field_id, lower(substr(line, 1, 200)), conversation_id from lines where line <> '';
