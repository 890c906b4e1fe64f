-- One Chinese character is looked for by the beginning of a pair. Without an index of beginnings of its own that meant to join the places of
-- every pair that begins with it. The follower fills the new index from the log, from its beginning.
drop table message_search;
create virtual table message_search using fts5(text, content='', contentless_delete=1, prefix='1', tokenize='unicode61 remove_diacritics 2');
delete from cursors where name = 'search';
