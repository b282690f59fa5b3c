-- The schema of the conformance suite for MySQL and MariaDB: the tables and rows of postgres.sql, as far as these
-- databases can hold them. The database itself must compare text by code points, without padding.

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
  country    char(2),
  vip        boolean NOT NULL,
  credit     decimal(12, 2),
  created_at timestamp(6) NOT NULL DEFAULT '2000-01-01 00:00:00',
  FOREIGN KEY (country) REFERENCES countries (code)
) COMMENT = 'Who buys.';
ALTER TABLE customers ALTER created_at DROP DEFAULT;
INSERT INTO customers VALUES
  (1, 'Ada',            'ada@example.org',   'DE', true,  100.50, '2026-01-01 08:00:00'),
  (2, 'Grace',          'grace@example.org', 'AT', false, NULL,   '2026-01-02 08:00:00.5'),
  (3, 'Linus',          NULL,                NULL, false, 0.00,   '2026-01-03 08:00:00.123456'),
  (4, 'Ünal "Q" O''Neil', 'u_n%l@example.org', 'CH', true, -7.10,  '2026-01-03 08:00:00.123456');

-- One to one.
CREATE TABLE profiles (
  customer_id int PRIMARY KEY,
  -- A full text index compares as its column does: binary collations tell Counts from counts.
  bio         varchar(200) COLLATE utf8mb4_unicode_ci NOT NULL,
  FULLTEXT KEY (bio),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
);
INSERT INTO profiles VALUES (1, 'Counts.'), (4, 'back\\slash, "quote", comma');

-- common.sql

CREATE VIEW order_totals AS
  SELECT o.id AS order_id, c.name AS customer, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id) AS items
  FROM orders o JOIN customers c ON c.id = o.customer_id;

-- Names that every layer must quote. A name has no characters beyond the basic plane here, and at most 64.
CREATE TABLE `weird table` (
  `id`              int PRIMARY KEY,
  `select`          varchar(20),
  `limit`           int,
  `order`           varchar(20),
  `filter`          varchar(20),
  `and`             varchar(20),
  `or`              varchar(20),
  `not`             varchar(20),
  `eq`              varchar(20),
  `count`           int,
  `dotted.name`     varchar(20),
  `two words`       varchar(20),
  `quo"te`          varchar(20),
  `it's`            varchar(20),
  `ünï¢ødé ☃`       varchar(20),
  `br[ack]et`       varchar(20),
  `pare(n)s,;:!`    varchar(20),
  `back\slash`      varchar(20),
  `amp&plus+per%=#?` varchar(20),
  `-minus`          varchar(20),
  `$1`              varchar(20),
  `__proto__`       varchar(20),
  `a23456789012345678901234567890123456789012345678901234567890123` varchar(20)
);
INSERT INTO `weird table` VALUES
  (1, 's1', 10, 'o1', 'f1', 'a1', 'r1', 'n1', 'e1', 100, 'd1', 't1', 'q1', 'i1', 'u1', 'b1', 'p1', 'k1', 'm1', 'x1', 'v1', 'y1', 'l1'),
  (2, 's2', 20, 'o2', 'f2', 'a2', 'r2', 'n2', 'e2', 200, 'd2', 't2', 'q2', 'i2', 'u2', 'b2', 'p2', 'k2', 'm2', 'x2', 'v2', 'y2', 'l2');

CREATE TABLE `Ünïcode/slash` (
  `key?` varchar(20) PRIMARY KEY,
  weird_id int,
  FOREIGN KEY (weird_id) REFERENCES `weird table` (id)
);
INSERT INTO `Ünïcode/slash` VALUES ('a/b?c', 1), ('50%,x', 2), ('..', NULL);

-- NULLs, duplicates and every kind of order. Two large numbers stand where PostgreSQL has infinity and NaN.
CREATE TABLE scores (
  id     int PRIMARY KEY,
  grp    int,
  score  int,
  label  varchar(20),
  ratio  double,
  amount decimal(10, 2),
  at     timestamp(6) NULL,
  done   boolean
);
INSERT INTO scores
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
  SELECT i,
    CASE WHEN i % 5 = 0 THEN NULL ELSE i % 4 END,
    CASE WHEN i % 7 = 0 THEN NULL ELSE (i * 37) % 10 END,
    CASE WHEN i % 6 = 0 THEN NULL WHEN i % 11 = 0 THEN '' ELSE CONCAT('L', CHAR(65 + i % 9 USING utf8mb4)) END,
    CASE WHEN i % 8 = 0 THEN NULL WHEN i = 9 THEN 1.5e308 WHEN i = 10 THEN 1e308 ELSE (i % 6) / 4.0 END,
    CASE WHEN i % 9 = 0 THEN NULL ELSE (i % 12) - 5.25 END,
    CASE WHEN i % 10 = 0 THEN NULL ELSE TIMESTAMP('2026-03-01 00:00:00.000001') + INTERVAL (i % 13) HOUR END,
    CASE WHEN i % 4 = 0 THEN NULL ELSE i % 3 = 0 END
  FROM n;

-- One column for each canonical type that every engine has. A timestamp begins in 1970.
CREATE TABLE type_sets (
  id int PRIMARY KEY
);
INSERT INTO type_sets VALUES (1);

CREATE TABLE types (
  id          int PRIMARY KEY,
  set_id      int NOT NULL,
  a_text      text,
  a_varchar   varchar(40),
  a_char      char(8),
  a_smallint  smallint,
  a_int       int,
  a_bigint    bigint,
  a_decimal   decimal(30, 10),
  a_real      float,
  a_double    double,
  a_boolean   boolean,
  a_timestamp timestamp(6) NULL,
  a_datetime  datetime(6),
  a_date      date,
  a_time      time(6),
  a_json      json,
  a_binary    blob,
  a_uuid      uuid,
  FOREIGN KEY (set_id) REFERENCES type_sets (id)
);
INSERT INTO types VALUES
  (1, 1, 'line\nbreak\ttab "quoted" back\\slash / é 💥', 'plain', 'pad', -32768, 2147483647, 9223372036854775807,
   12345678901234567890.0123456789, 0.1, 0.1, true, '2026-11-23 14:05:09.123', '2026-11-23 14:05:09.123456',
   '2026-11-23', '14:05:09.12', '{"a":[1,2.50,null],"b":"x"}', x'00ff10', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  (2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, 1, '', '', '', 0, -2147483648, -9223372036854775808, -0.0000000001, -0.5, 1e300, false,
   '1970-01-01 00:00:01', '0001-01-01 00:00:00', '9999-12-31', '00:00:00', '"null"', '',
   '00000000-0000-0000-0000-000000000000');

-- Tables that tests write to; each test brings its rows.
CREATE TABLE accounts (
  id         int AUTO_INCREMENT PRIMARY KEY,
  owner      varchar(20) NOT NULL,
  email      varchar(40),
  balance    decimal(12, 2) NOT NULL DEFAULT 0,
  age        int,
  doubled    int GENERATED ALWAYS AS (age * 2) STORED,
  active     boolean NOT NULL DEFAULT true,
  big        bigint,
  parent_id  int,
  CONSTRAINT accounts_email_key UNIQUE (email),
  CONSTRAINT accounts_age_check CHECK (age >= 0),
  CONSTRAINT accounts_parent_fkey FOREIGN KEY (parent_id) REFERENCES accounts (id)
) AUTO_INCREMENT = 100;

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
  id   int AUTO_INCREMENT PRIMARY KEY,
  name varchar(20)
);

-- A view one can write through.
CREATE VIEW ledger_of_ada AS SELECT account, seq, amount FROM ledger WHERE account = 'ada' WITH CHECK OPTION;

-- Rows come and go here while others page through it.
CREATE TABLE feed (
  id     int PRIMARY KEY,
  `rank` int,
  tag    varchar(10)
);

-- Rows come from procedures alone, and arguments have no defaults.
CREATE FUNCTION add_numbers(a int, b int) RETURNS int DETERMINISTIC NO SQL COMMENT 'Adds.' RETURN a + b;
CREATE PROCEDURE exact_numbers(a bigint, b decimal(30, 10)) READS SQL DATA SELECT a AS big, b AS exact;
CREATE FUNCTION nothing_known() RETURNS int DETERMINISTIC NO SQL RETURN NULL;
CREATE FUNCTION echo_json(document json) RETURNS json DETERMINISTIC NO SQL RETURN document;
CREATE PROCEDURE labels_up_to(n int) READS SQL DATA SELECT label FROM tags WHERE id <= n ORDER BY id;
CREATE PROCEDURE orders_of(customer int) READS SQL DATA SELECT * FROM orders WHERE customer_id = customer ORDER BY id;
CREATE PROCEDURE cheapest(at_least decimal(10, 2)) READS SQL DATA
  SELECT * FROM products WHERE price >= at_least ORDER BY price LIMIT 1;
CREATE PROCEDURE split_name(full_name varchar(40), OUT first varchar(40), OUT last varchar(40)) NO SQL
  SET first = SUBSTRING_INDEX(full_name, ' ', 1), last = SUBSTRING_INDEX(SUBSTRING_INDEX(full_name, ' ', 2), ' ', -1);
CREATE FUNCTION add_file(path varchar(60), size bigint) RETURNS bigint DETERMINISTIC MODIFIES SQL DATA
BEGIN
  INSERT INTO files VALUES (path, size);
  RETURN size;
END;
CREATE PROCEDURE forget_files() MODIFIES SQL DATA DELETE FROM files;
CREATE FUNCTION refuse(reason varchar(40)) RETURNS int NO SQL
BEGIN
  DECLARE words varchar(80) DEFAULT CONCAT('secret of the house: ', reason);
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = words;
  RETURN 0;
END;
CREATE FUNCTION nap(seconds double) RETURNS int NO SQL RETURN SLEEP(seconds) + 1;
CREATE PROCEDURE move_file(INOUT path varchar(60), suffix varchar(20)) MODIFIES SQL DATA
BEGIN
  UPDATE files f SET f.path = CONCAT(f.path, suffix) WHERE f.path = path;
  SET path = CONCAT(path, suffix);
END;
