-- One set for PostgreSQL and H2 in its PostgreSQL mode. ${bytewise} orders keys by their bytes, so that a
-- prefix is a range.
create sequence model_seq increment by 50;
create sequence version_seq increment by 50;
create sequence job_seq increment by 50;
create sequence fact_seq increment by 1000;
create sequence metric_seq increment by 50;
create sequence stage_seq increment by 50;

-- One row: whoever locks it writes, and leaves its name.
create table turn (holder varchar(40) not null);
insert into turn values ('nobody');

create table model (
  id bigint primary key,
  namespace varchar(253) not null,
  name varchar(253) not null,
  uid varchar(64) not null,
  family varchar,
  parameters bigint,
  source varchar,
  current_version varchar(10),
  latest_version varchar(10),
  unique (namespace, name)
);

create table version (
  id bigint primary key,
  model_id bigint not null references model (id) on delete cascade,
  number integer not null,
  parent integer,
  edit_job varchar(253),
  state varchar(16) not null,
  reason varchar,
  method varchar(32),
  digest varchar(96) not null,
  size_bytes bigint,
  facts_total integer,
  facts_verified integer,
  facts_failed integer,
  facts_noop integer,
  created_at varchar(40),
  changed varchar,
  read_from_storage boolean not null,
  unique (model_id, number)
);

create table job (
  id bigint primary key,
  namespace varchar(253) not null,
  name varchar(253) not null,
  uid varchar(64) not null unique,
  model varchar(253) not null,
  stage varchar(16),
  state varchar(16) not null,
  reason varchar(64),
  from_version varchar(10),
  version varchar(10),
  facts_total integer,
  created_at varchar(40),
  start_time varchar(40),
  completion_time varchar(40)
);
create index job_by_name on job (namespace, name);

create table stage (
  id bigint primary key,
  version_id bigint not null references version (id) on delete cascade,
  position integer not null,
  name varchar not null,
  seconds double precision not null,
  unit varchar,
  items bigint,
  unique (version_id, position)
);

create table metric (
  id bigint primary key,
  version_id bigint not null references version (id) on delete cascade,
  name varchar not null,
  before_edit double precision,
  after_edit double precision,
  unique (version_id, name)
);

create table fact (
  id bigint primary key,
  version_id bigint not null references version (id) on delete cascade,
  namespace varchar(253) not null,
  position integer not null,
  name varchar,
  subject varchar not null,
  subject_key varchar(256) ${bytewise} not null,
  prompt varchar not null,
  target varchar not null,
  target_key varchar(256) ${bytewise} not null,
  old_target varchar,
  verified boolean,
  unique (version_id, position)
);
-- The other key and the version are in each, so that a search by more reads no row that it does not list.
create index fact_by_subject on fact (namespace, subject_key, id, target_key, version_id);
create index fact_by_target on fact (namespace, target_key, id, subject_key, version_id);
-- For a search in one version, and in the few that one job made.
create index fact_of_version on fact (version_id, subject_key, id);
