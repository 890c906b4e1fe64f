-- Whose chat is open: of a visitor who writes, and of everybody who is here, for the view Online.
create index open_chats on conversations(customer_id, inbox_id, kind, status) where kind = 'chat' and status <> 'closed';
