-- The schema of the conformance suite for PostgreSQL. Every engine's file makes the same tables with the same rows,
-- as far as it can; what the suite expects of them is written down in the tests.

-- The shop: nobody writes to these tables, so that every test may count on their rows.

CREATE TABLE countries (
  code char(2) PRIMARY KEY,
  name varchar(60) NOT NULL
);
INSERT INTO countries VALUES ('AT', 'Austria'), ('CH', 'Switzerland'), ('DE', 'Germany');

CREATE TABLE customers (
  id         int PRIMARY KEY,
  name       varchar(60) NOT NULL,
  email      varchar(60) UNIQUE,
  country    char(2) REFERENCES countries,
  vip        boolean NOT NULL,
  credit     decimal(12, 2),
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE customers IS 'Who buys.';
INSERT INTO customers VALUES
  (1, 'Ada',            'ada@example.org',   'DE', true,  100.50, '2026-01-01 08:00:00Z'),
  (2, 'Grace',          'grace@example.org', 'AT', false, NULL,   '2026-01-02 08:00:00.5Z'),
  (3, 'Linus',          NULL,                NULL, false, 0.00,   '2026-01-03 08:00:00.123456Z'),
  (4, 'Ünal "Q" O''Neil', 'u_n%l@example.org', 'CH', true, -7.10,  '2026-01-03 08:00:00.123456Z');

-- One to one.
CREATE TABLE profiles (
  customer_id int PRIMARY KEY REFERENCES customers,
  bio         varchar(200) NOT NULL
);
INSERT INTO profiles VALUES (1, 'Counts.'), (4, 'back\slash, "quote", comma');

-- common.sql

CREATE VIEW order_totals AS
  SELECT o.id AS order_id, c.name AS customer, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id) AS items
  FROM orders o JOIN customers c ON c.id = o.customer_id;

CREATE MATERIALIZED VIEW product_sales AS
  SELECT product_id, sum(quantity) AS sold FROM order_items GROUP BY product_id;

-- Names that every layer must quote.
CREATE TABLE "weird table" (
  "id"              int PRIMARY KEY,
  "select"          varchar(20),
  "limit"           int,
  "order"           varchar(20),
  "filter"          varchar(20),
  "and"             varchar(20),
  "or"              varchar(20),
  "not"             varchar(20),
  "eq"              varchar(20),
  "count"           int,
  "dotted.name"     varchar(20),
  "two words"       varchar(20),
  "quo""te"         varchar(20),
  "it's"            varchar(20),
  "ünï¢ødé 💥"      varchar(20),
  "br[ack]et"       varchar(20),
  "pare(n)s,;:!"    varchar(20),
  "back\slash"      varchar(20),
  "amp&plus+per%=#?" varchar(20),
  "-minus"          varchar(20),
  "$1"              varchar(20),
  "__proto__"       varchar(20),
  "a23456789012345678901234567890123456789012345678901234567890123" varchar(20)
);
INSERT INTO "weird table" VALUES
  (1, 's1', 10, 'o1', 'f1', 'a1', 'r1', 'n1', 'e1', 100, 'd1', 't1', 'q1', 'i1', 'u1', 'b1', 'p1', 'k1', 'm1', 'x1', 'v1', 'y1', 'l1'),
  (2, 's2', 20, 'o2', 'f2', 'a2', 'r2', 'n2', 'e2', 200, 'd2', 't2', 'q2', 'i2', 'u2', 'b2', 'p2', 'k2', 'm2', 'x2', 'v2', 'y2', 'l2');

CREATE TABLE "Ünïcode/slash" (
  "key?" varchar(20) PRIMARY KEY,
  weird_id int REFERENCES "weird table"
);
INSERT INTO "Ünïcode/slash" VALUES ('a/b?c', 1), ('50%,x', 2), ('..', NULL);

-- NULLs, duplicates and every kind of order.
CREATE TABLE scores (
  id     int PRIMARY KEY,
  grp    int,
  score  int,
  label  varchar(20),
  ratio  double precision,
  amount decimal(10, 2),
  at     timestamptz,
  done   boolean
);
INSERT INTO scores
  SELECT i,
    CASE WHEN i % 5 = 0 THEN NULL ELSE i % 4 END,
    CASE WHEN i % 7 = 0 THEN NULL ELSE (i * 37) % 10 END,
    CASE WHEN i % 6 = 0 THEN NULL WHEN i % 11 = 0 THEN '' ELSE 'L' || chr(65 + i % 9) END,
    CASE WHEN i % 8 = 0 THEN NULL WHEN i = 9 THEN 'NaN' WHEN i = 10 THEN 'Infinity' ELSE (i % 6) / 4.0 END,
    CASE WHEN i % 9 = 0 THEN NULL ELSE (i % 12) - 5.25 END,
    CASE WHEN i % 10 = 0 THEN NULL ELSE timestamptz '2026-03-01 00:00:00.000001Z' + (i % 13) * interval '1 hour' END,
    CASE WHEN i % 4 = 0 THEN NULL ELSE i % 3 = 0 END
  FROM generate_series(1, 60) AS i;

-- One column for each canonical type that every engine has.
CREATE TABLE type_sets (
  id int PRIMARY KEY
);
INSERT INTO type_sets VALUES (1);

CREATE TABLE types (
  id          int PRIMARY KEY,
  set_id      int NOT NULL REFERENCES type_sets,
  a_text      text,
  a_varchar   varchar(40),
  a_char      char(8),
  a_smallint  smallint,
  a_int       int,
  a_bigint    bigint,
  a_decimal   decimal(30, 10),
  a_real      real,
  a_double    double precision,
  a_boolean   boolean,
  a_timestamp timestamptz,
  a_datetime  timestamp,
  a_date      date,
  a_time      time,
  a_json      jsonb,
  a_binary    bytea,
  a_uuid      uuid
);
INSERT INTO types VALUES
  (1, 1, E'line\nbreak\ttab "quoted" back\\slash / é 💥', 'plain', 'pad', -32768, 2147483647, 9223372036854775807,
   12345678901234567890.0123456789, 0.1, 0.1, true, '2026-11-23 14:05:09.123Z', '2026-11-23 14:05:09.123456',
   '2026-11-23', '14:05:09.12', '{"a": [1, 2.50, null], "b": "x"}', '\x00ff10', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  (2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, 1, '', '', '', 0, -2147483648, -9223372036854775808, -0.0000000001, -0.5, 1e300, false,
   '1969-12-31 23:59:59.999999Z', '0001-01-01 00:00:00', '9999-12-31', '00:00:00', '"null"', '',
   '00000000-0000-0000-0000-000000000000');

-- Tables that tests write to; each test brings its rows.
CREATE TABLE accounts (
  id         int GENERATED BY DEFAULT AS IDENTITY (START WITH 100) PRIMARY KEY,
  owner      varchar(20) NOT NULL,
  email      varchar(40) CONSTRAINT accounts_email_key UNIQUE,
  balance    decimal(12, 2) NOT NULL DEFAULT 0,
  age        int CONSTRAINT accounts_age_check CHECK (age >= 0),
  doubled    int GENERATED ALWAYS AS (age * 2) STORED,
  active     boolean NOT NULL DEFAULT true,
  big        bigint,
  parent_id  int CONSTRAINT accounts_parent_fkey REFERENCES accounts
);

CREATE TABLE ledger (
  account varchar(20) NOT NULL,
  seq     int NOT NULL,
  amount  decimal(30, 10),
  memo    varchar(20) DEFAULT 'none',
  PRIMARY KEY (account, seq)
);

CREATE TABLE files (
  path varchar(60) PRIMARY KEY,
  size bigint NOT NULL DEFAULT 0
);

CREATE TABLE tokens (
  id   uuid PRIMARY KEY,
  name varchar(20)
);

CREATE TABLE numbered (
  id   int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(20)
);

-- A view one can write through.
CREATE VIEW ledger_of_ada AS SELECT account, seq, amount FROM ledger WHERE account = 'ada' WITH CHECK OPTION;

-- Rows come and go here while others page through it.
CREATE TABLE feed (
  id   int PRIMARY KEY,
  rank int,
  tag  varchar(10)
);

CREATE FUNCTION add_numbers(a int, b int DEFAULT 10) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + b';
COMMENT ON FUNCTION add_numbers IS 'Adds.';
CREATE FUNCTION exact_numbers(a bigint, b decimal) RETURNS TABLE (big bigint, exact decimal)
  STABLE LANGUAGE sql AS 'SELECT a, b';
CREATE FUNCTION nothing_known() RETURNS int STABLE LANGUAGE sql AS 'SELECT NULL::int';
CREATE FUNCTION labels_up_to(n int) RETURNS SETOF varchar STABLE LANGUAGE sql
  AS 'SELECT label FROM tags WHERE id <= n ORDER BY id';
CREATE FUNCTION orders_of(customer int) RETURNS SETOF orders STABLE LANGUAGE sql
  AS 'SELECT * FROM orders WHERE customer_id = customer ORDER BY id';
CREATE FUNCTION cheapest(at_least decimal) RETURNS products STABLE LANGUAGE sql
  AS 'SELECT * FROM products WHERE price >= at_least ORDER BY price LIMIT 1';
CREATE FUNCTION split_name(full_name varchar, OUT first varchar, OUT last varchar) IMMUTABLE LANGUAGE sql
  AS $$SELECT split_part(full_name, ' ', 1)::varchar, split_part(full_name, ' ', 2)::varchar$$;
CREATE FUNCTION add_file(path varchar, size bigint) RETURNS bigint LANGUAGE sql
  AS 'INSERT INTO files VALUES (add_file.path, add_file.size) RETURNING files.size';
CREATE FUNCTION forget_files() RETURNS void LANGUAGE sql AS 'DELETE FROM files';
CREATE FUNCTION refuse(reason varchar) RETURNS int LANGUAGE plpgsql
  AS $$BEGIN RAISE EXCEPTION 'secret of the house: %', reason; END$$;
CREATE FUNCTION describe_thing(id int) RETURNS varchar STABLE LANGUAGE sql AS $$SELECT 'number ' || id$$;
CREATE FUNCTION describe_thing(label varchar) RETURNS varchar STABLE LANGUAGE sql AS $$SELECT 'label ' || label$$;
CREATE FUNCTION nameless(int, int) RETURNS int STABLE LANGUAGE sql AS 'SELECT $1 - $2';
CREATE FUNCTION sum_all(VARIADIC numbers int[]) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT sum(n) FROM unnest(numbers) n';
CREATE FUNCTION echo_json(document jsonb) RETURNS jsonb STABLE LANGUAGE sql AS 'SELECT document';
CREATE FUNCTION nap(seconds double precision) RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(seconds)';
CREATE PROCEDURE move_file(INOUT path varchar, suffix varchar) LANGUAGE plpgsql
  AS $$BEGIN
    UPDATE files SET path = move_file.path || suffix WHERE files.path = move_file.path;
    path := move_file.path || suffix;
  END$$;
