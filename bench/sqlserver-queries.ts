/** The statements of the handler written by hand for SQL Server, and the schema it runs on; the same rows as in queries.ts. */

const orderColumns = 'id, customer_id, status, total, note, paid, created_at, updated_at'
const customerColumns = 'id, name, email, country, city, credit, newsletter, created_at'

export const queries = {
  customer: `SELECT ${customerColumns} FROM customers WHERE id = @id`,
  orders: `SELECT TOP (@limit) ${orderColumns} FROM orders ORDER BY id`,
  ordersDeep: `SELECT TOP (@limit) ${orderColumns},
      (SELECT ${customerColumns} FROM customers c WHERE c.id = o.customer_id FOR JSON PATH, WITHOUT_ARRAY_WRAPPER) AS customer,
      (SELECT order_id, line, product, quantity, price FROM order_items i WHERE i.order_id = o.id ORDER BY line FOR JSON PATH) AS items
    FROM orders o ORDER BY id`,
  insertNote:
    'INSERT INTO notes (author, body) OUTPUT inserted.id, inserted.author, inserted.body, inserted.created_at VALUES (@author, @body)',
} as const

/** 10,000 customers, 50,000 orders, 150,000 items; the same bytes on every run. */
export const schema = `
CREATE TABLE numbers (i bigint PRIMARY KEY);
INSERT INTO numbers SELECT TOP (50000) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) FROM sys.all_columns a CROSS JOIN sys.all_columns b;
CREATE TABLE customers (
  id int IDENTITY PRIMARY KEY, name varchar(100) NOT NULL, email varchar(100) NOT NULL UNIQUE, country char(2) NOT NULL,
  city varchar(100), credit decimal(12,2) NOT NULL, newsletter bit NOT NULL, created_at datetimeoffset(6) NOT NULL);
CREATE TABLE orders (
  id int IDENTITY PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status varchar(20) NOT NULL, total decimal(12,2) NOT NULL,
  note varchar(200), paid bit NOT NULL, created_at datetimeoffset(6) NOT NULL, updated_at datetimeoffset(6) NOT NULL);
CREATE TABLE order_items (
  order_id int NOT NULL REFERENCES orders, line int NOT NULL, product varchar(100) NOT NULL, quantity int NOT NULL, price decimal(12,2) NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE notes (id bigint IDENTITY PRIMARY KEY, author varchar(100) NOT NULL, body varchar(max) NOT NULL, created_at datetimeoffset(6) NOT NULL DEFAULT SYSDATETIMEOFFSET());
GO
SET IDENTITY_INSERT customers ON;
INSERT INTO customers (${customerColumns})
  SELECT i, CONCAT('Customer ', i), CONCAT('customer', i, '@example.com'), CHOOSE(1 + i % 5, 'DE', 'FR', 'US', 'JP', 'BR'), CONCAT('City ', i % 300),
  (i * 7919 % 100000) / 100.0, IIF(i % 3 = 0, 1, 0), DATEADD(minute, i * 61, CAST('2025-01-01T00:00:00+00:00' AS datetimeoffset(6)))
  FROM numbers WHERE i <= 10000;
SET IDENTITY_INSERT customers OFF;
GO
SET IDENTITY_INSERT orders ON;
INSERT INTO orders (${orderColumns})
  SELECT i, 1 + i * 7 % 10000, CHOOSE(1 + i % 4, 'open', 'paid', 'shipped', 'cancelled'), (i * 104729 % 1000000) / 100.0,
  IIF(i % 4 = 0, CONCAT('Please leave the parcel with the neighbour "', i, '"'), NULL), IIF(i % 4 > 0, 1, 0),
  DATEADD(millisecond, i % 2 * 500, DATEADD(second, i * 421 + i / 2, CAST('2025-06-01T00:00:00+00:00' AS datetimeoffset(6)))),
  DATEADD(minute, i * 7, CAST('2025-06-02T00:00:00+00:00' AS datetimeoffset(6)))
  FROM numbers;
SET IDENTITY_INSERT orders OFF;
GO
INSERT INTO order_items
  SELECT o.i, l.i, CONCAT('Product ', o.i * l.i % 500), 1 + (o.i + l.i) % 9, (o.i * l.i * 31 % 10000) / 100.0
  FROM numbers o CROSS JOIN numbers l WHERE l.i <= 3;
DROP TABLE numbers;
GO
EXEC sp_updatestats
`
