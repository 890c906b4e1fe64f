-- A rating's link is made of the key; of its token the hash is kept.
alter table ratings rename column token to token_hash;
update ratings set token_hash = lower(hex(sha256(token_hash)));
