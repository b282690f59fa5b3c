-- The schema of the conformance suite for SQL Server: the tables and rows of postgres.sql, as far as it can hold them.
-- The database itself must compare text by code points. GO on a line of its own ends a batch, as in the tools of the server.

-- The shop: nobody writes to these tables, so that every test may count on their rows.

CREATE TABLE countries (
  code char(2) PRIMARY KEY,
  name varchar(60) NOT NULL
);
INSERT INTO countries VALUES ('AT', 'Austria'), ('CH', 'Switzerland'), ('DE', 'Germany');

-- Several rows may be without an address: NULL is a value like others to a unique constraint of this server.
CREATE TABLE customers (
  id         int PRIMARY KEY,
  name       nvarchar(60) NOT NULL,
  email      varchar(60),
  country    char(2),
  vip        bit NOT NULL,
  credit     decimal(12, 2),
  created_at datetimeoffset(6) NOT NULL,
  FOREIGN KEY (country) REFERENCES countries (code)
);
CREATE UNIQUE INDEX customers_email_key ON customers (email) WHERE email IS NOT NULL;
EXEC sp_addextendedproperty 'MS_Description', 'Who buys.', 'SCHEMA', 'dbo', 'TABLE', 'customers';
INSERT INTO customers VALUES
  (1, 'Ada',            'ada@example.org',   'DE', 1, 100.50, '2026-01-01 08:00:00 +00:00'),
  (2, 'Grace',          'grace@example.org', 'AT', 0, NULL,   '2026-01-02 08:00:00.5 +00:00'),
  (3, 'Linus',          NULL,                NULL, 0, 0.00,   '2026-01-03 08:00:00.123456 +00:00'),
  (4, N'Ünal "Q" O''Neil', 'u_n%l@example.org', 'CH', 1, -7.10, '2026-01-03 08:00:00.123456 +00:00');

-- One to one.
CREATE TABLE profiles (
  customer_id int PRIMARY KEY,
  bio         varchar(200) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id)
);
INSERT INTO profiles VALUES (1, 'Counts.'), (4, 'back\slash, "quote", comma');

-- common.sql
ALTER TABLE orders ALTER COLUMN note nvarchar(60);
GO
-- Without DISTINCT what comes from one of its tables could be updated, unlike on other engines.
CREATE VIEW order_totals AS
  SELECT DISTINCT o.id AS order_id, c.name AS customer, (SELECT COUNT(*) FROM order_items i WHERE i.order_id = o.id) AS items
  FROM orders o JOIN customers c ON c.id = o.customer_id;
GO
-- Names that every layer must quote.
CREATE TABLE [weird table] (
  [id]              int PRIMARY KEY,
  [select]          varchar(20),
  [limit]           int,
  [order]           varchar(20),
  [filter]          varchar(20),
  [and]             varchar(20),
  [or]              varchar(20),
  [not]             varchar(20),
  [eq]              varchar(20),
  [count]           int,
  [dotted.name]     varchar(20),
  [two words]       varchar(20),
  [quo"te]          varchar(20),
  [it's]            varchar(20),
  [ünï¢ødé 💥]      varchar(20),
  [br[ack]]et]      varchar(20),
  [pare(n)s,;:!]    varchar(20),
  [back\slash]      varchar(20),
  [amp&plus+per%=#?] varchar(20),
  [-minus]          varchar(20),
  [$1]              varchar(20),
  [__proto__]       varchar(20),
  [a23456789012345678901234567890123456789012345678901234567890123] varchar(20)
);
INSERT INTO [weird table] VALUES
  (1, 's1', 10, 'o1', 'f1', 'a1', 'r1', 'n1', 'e1', 100, 'd1', 't1', 'q1', 'i1', 'u1', 'b1', 'p1', 'k1', 'm1', 'x1', 'v1', 'y1', 'l1'),
  (2, 's2', 20, 'o2', 'f2', 'a2', 'r2', 'n2', 'e2', 200, 'd2', 't2', 'q2', 'i2', 'u2', 'b2', 'p2', 'k2', 'm2', 'x2', 'v2', 'y2', 'l2');

CREATE TABLE [Ünïcode/slash] (
  [key?]   varchar(20) PRIMARY KEY,
  weird_id int,
  FOREIGN KEY (weird_id) REFERENCES [weird table] (id)
);
INSERT INTO [Ünïcode/slash] VALUES ('a/b?c', 1), ('50%,x', 2), ('..', NULL);

-- NULLs, duplicates and every kind of order. Two large numbers stand where PostgreSQL has infinity and NaN.
CREATE TABLE scores (
  id     int PRIMARY KEY,
  grp    int,
  score  int,
  label  varchar(20),
  ratio  float,
  amount decimal(10, 2),
  at     datetimeoffset(6),
  done   bit
);
WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
INSERT INTO scores
  SELECT i,
    CASE WHEN i % 5 = 0 THEN NULL ELSE i % 4 END,
    CASE WHEN i % 7 = 0 THEN NULL ELSE (i * 37) % 10 END,
    CASE WHEN i % 6 = 0 THEN NULL WHEN i % 11 = 0 THEN '' ELSE 'L' + CHAR(65 + i % 9) END,
    CASE WHEN i % 8 = 0 THEN NULL WHEN i = 9 THEN 1.5e308 WHEN i = 10 THEN 1e308 ELSE (i % 6) / 4e0 END,
    CASE WHEN i % 9 = 0 THEN NULL ELSE (i % 12) - 5.25 END,
    CASE WHEN i % 10 = 0 THEN NULL
      ELSE DATEADD(hour, i % 13, CAST('2026-03-01 00:00:00.000001 +00:00' AS datetimeoffset(6))) END,
    CASE WHEN i % 4 = 0 THEN NULL WHEN i % 3 = 0 THEN 1 ELSE 0 END
  FROM n;

-- One column for each canonical type that every engine has.
CREATE TABLE type_sets (
  id int PRIMARY KEY
);
INSERT INTO type_sets VALUES (1);

CREATE TABLE types (
  id          int PRIMARY KEY,
  set_id      int NOT NULL,
  a_text      nvarchar(max),
  a_varchar   varchar(40),
  a_char      char(8),
  a_smallint  smallint,
  a_int       int,
  a_bigint    bigint,
  a_decimal   decimal(30, 10),
  a_real      real,
  a_double    float,
  a_boolean   bit,
  a_timestamp datetimeoffset(6),
  a_datetime  datetime2(6),
  a_date      date,
  a_time      time(6),
  a_json      nvarchar(max),
  a_binary    varbinary(max),
  a_uuid      uniqueidentifier,
  FOREIGN KEY (set_id) REFERENCES type_sets (id)
);
-- Only since 2022 (and on Azure) a text or a number alone is a document, if asked for by name.
IF CAST(SERVERPROPERTY('ProductMajorVersion') AS int) >= 16 OR CAST(SERVERPROPERTY('EngineEdition') AS int) IN (5, 8)
  EXEC ('ALTER TABLE types ADD CHECK (ISJSON(a_json, VALUE) = 1)');
ELSE
  EXEC ('ALTER TABLE types ADD CHECK (ISJSON(a_json) = 1)');
INSERT INTO types VALUES
  (1, 1, N'line' + NCHAR(10) + N'break' + NCHAR(9) + N'tab "quoted" back\slash / é 💥', 'plain', 'pad', -32768, 2147483647,
   9223372036854775807, 12345678901234567890.0123456789, 0.1, 0.1, 1, '2026-11-23 14:05:09.123 +00:00',
   '2026-11-23 14:05:09.123456', '2026-11-23', '14:05:09.12', '{"a":[1,2.50,null],"b":"x"}', 0x00ff10,
   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  (2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, 1, '', '', '', 0, -2147483648, -9223372036854775808, -0.0000000001, -0.5, 1e300, 0,
   '1969-12-31 23:59:59.999999 +00:00', '0001-01-01 00:00:00', '9999-12-31', '00:00:00', '"null"', 0x,
   '00000000-0000-0000-0000-000000000000');

-- Tables that tests write to; each test brings its rows.
CREATE SEQUENCE account_ids AS int START WITH 100;
-- An IDENTITY takes no value, without a setting that only who may alter the table can make.
CREATE TABLE accounts (
  id         int NOT NULL DEFAULT (NEXT VALUE FOR account_ids) PRIMARY KEY,
  owner      varchar(20) NOT NULL,
  email      varchar(40),
  balance    decimal(12, 2) NOT NULL DEFAULT 0,
  age        int CONSTRAINT accounts_age_check CHECK (age >= 0),
  doubled    AS (age * 2) PERSISTED,
  active     bit NOT NULL DEFAULT 1,
  big        bigint,
  parent_id  int,
  CONSTRAINT accounts_parent_fkey FOREIGN KEY (parent_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX accounts_email_key ON accounts (email) WHERE email IS NOT NULL;

CREATE TABLE ledger (
  account varchar(20) NOT NULL,
  seq     int NOT NULL,
  amount  decimal(30, 10),
  memo    varchar(20) DEFAULT 'none',
  PRIMARY KEY (account, seq)
);

CREATE TABLE files (
  path nvarchar(60) PRIMARY KEY,
  size bigint NOT NULL DEFAULT 0
);

CREATE TABLE tokens (
  id   uniqueidentifier PRIMARY KEY,
  name varchar(20)
);

CREATE TABLE numbered (
  id   int IDENTITY PRIMARY KEY,
  name varchar(20)
);
GO
-- A view one can write through.
CREATE VIEW ledger_of_ada AS SELECT account, seq, amount FROM ledger WHERE account = 'ada' WITH CHECK OPTION;
GO
-- Rows come and go here while others page through it.
CREATE TABLE feed (
  id   int PRIMARY KEY,
  rank int,
  tag  varchar(10)
);
GO
-- Functions cannot write; procedures promise nothing, and give rows or output parameters.
CREATE FUNCTION add_numbers(@a int, @b int = 10) RETURNS int AS BEGIN RETURN @a + @b END;
GO
EXEC sp_addextendedproperty 'MS_Description', 'Adds.', 'SCHEMA', 'dbo', 'FUNCTION', 'add_numbers';
GO
CREATE FUNCTION exact_numbers(@a bigint, @b decimal(30, 10)) RETURNS TABLE AS RETURN SELECT @a AS big, @b AS exact;
GO
CREATE FUNCTION nothing_known() RETURNS int AS BEGIN RETURN NULL END;
GO
CREATE FUNCTION labels_up_to(@n int) RETURNS TABLE AS RETURN SELECT label FROM tags WHERE id <= @n;
GO
CREATE FUNCTION orders_of(@customer int) RETURNS TABLE AS RETURN SELECT * FROM orders WHERE customer_id = @customer;
GO
CREATE FUNCTION cheapest(@at_least decimal(10, 2)) RETURNS TABLE
AS RETURN SELECT TOP 1 * FROM products WHERE price >= @at_least ORDER BY price;
GO
CREATE FUNCTION split_name(@full_name varchar(40)) RETURNS TABLE AS RETURN SELECT
  LEFT(@full_name, CHARINDEX(' ', @full_name) - 1) AS first,
  SUBSTRING(@full_name, CHARINDEX(' ', @full_name) + 1, 40) AS last;
GO
CREATE PROCEDURE add_file(@path nvarchar(60), @size bigint) AS
BEGIN
  INSERT INTO files VALUES (@path, @size);
  SELECT @size AS size;
END;
GO
CREATE PROCEDURE forget_files AS DELETE FROM files;
GO
CREATE PROCEDURE refuse(@reason varchar(40)) AS
BEGIN
  DECLARE @words nvarchar(80) = 'secret of the house: ' + @reason;
  THROW 50001, @words, 1;
END;
GO
CREATE PROCEDURE nap(@seconds float) AS
BEGIN
  DECLARE @time datetime = DATEADD(millisecond, CAST(@seconds * 1000 AS int), 0);
  WAITFOR DELAY @time;
  SELECT 1 AS slept;
END;
GO
CREATE PROCEDURE move_file(@path nvarchar(60) OUTPUT, @suffix varchar(20)) AS
BEGIN
  UPDATE files SET path = @path + @suffix WHERE path = @path;
  SET @path = @path + @suffix;
END;
