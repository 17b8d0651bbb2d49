-- Versions are listed by pods: why one is not, in words; null while nothing is known to be wrong.
alter table version rename column read_from_storage to listed;
alter table version add column lacks varchar;
create index version_unlisted on version (listed, id);
