-- The secret of another phone, which counts once a code of it was given; until then the one before does.
alter table two_factors add column fresh blob; -- encrypted
alter table two_factors add column fresh_at integer;
