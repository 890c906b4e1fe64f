-- Numbers in form fields are looked for by what they are worth; text as it stands is another order.
create index ticket_values_number on ticket_values(field_id, cast(value as real), conversation_id) where value glob '[-+0-9]*';
-- One character is looked for by the beginning of a pair. Without an index of beginnings of its own that meant to join the places of every pair
-- that begins with it.
drop table ticket_search;
create virtual table ticket_search using fts5(pairs, content='', contentless_delete=1, prefix='1', tokenize='unicode61 remove_diacritics 2');
insert into ticket_search(rowid, pairs) select id, pairs(subject) from tickets;
drop table customer_search;
create virtual table customer_search using fts5(pairs, content='', contentless_delete=1, prefix='1', tokenize='unicode61 remove_diacritics 2');
insert into customer_search(rowid, pairs) select id, pairs(name || ' ' || email || ' ' || phone) from customers where name <> '' or email <> '' or phone <> '';
