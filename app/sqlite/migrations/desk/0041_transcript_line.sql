alter table system_mails add column line_id integer; -- the line of a conversation that tells how it went; null: none does
