/** The statements of the handler written by hand for MariaDB, and the schema it runs on; the same rows as in queries.ts. */

const orderColumns = 'id, customer_id, status, total, note, paid, created_at, updated_at'
const customerColumns = 'id, name, email, country, city, credit, newsletter, created_at'
const itemColumns = 'order_id, line, product, quantity, price'

const object = (columns: string) =>
  `JSON_OBJECT(${columns
    .split(', ')
    .map((name) => `'${name}', ${name}`)
    .join(', ')})`

export const queries = {
  customer: `SELECT ${customerColumns} FROM customers WHERE id = ?`,
  orders: `SELECT ${orderColumns} FROM orders ORDER BY id LIMIT ?`,
  ordersDeep: `SELECT ${orderColumns},
      (SELECT ${object(customerColumns)} FROM customers c WHERE c.id = o.customer_id) AS customer,
      (SELECT JSON_ARRAYAGG(${object(itemColumns)} ORDER BY line) FROM order_items i WHERE i.order_id = o.id) AS items
    FROM orders o ORDER BY id LIMIT ?`,
  insertNote: 'INSERT INTO notes (author, body) VALUES (?, ?) RETURNING id, author, body, created_at',
} as const

/** 10,000 customers, 50,000 orders, 150,000 items; the same bytes on every run. */
export const schema = `
SET time_zone = '+00:00';
CREATE TABLE customers (
  id int AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, email varchar(100) NOT NULL UNIQUE, country char(2) NOT NULL,
  city varchar(100), credit decimal(12,2) NOT NULL, newsletter boolean NOT NULL, created_at timestamp(6) NOT NULL);
CREATE TABLE orders (
  id int AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), status varchar(20) NOT NULL, total decimal(12,2) NOT NULL,
  note text, paid boolean NOT NULL, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE order_items (
  order_id int NOT NULL REFERENCES orders (id), line int NOT NULL, product varchar(100) NOT NULL, quantity int NOT NULL, price decimal(12,2) NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE notes (id bigint AUTO_INCREMENT PRIMARY KEY, author varchar(100) NOT NULL, body text NOT NULL, created_at timestamp(6) NOT NULL DEFAULT current_timestamp(6));
INSERT INTO customers SELECT seq, CONCAT('Customer ', seq), CONCAT('customer', seq, '@example.com'), ELT(1 + seq % 5, 'DE', 'FR', 'US', 'JP', 'BR'),
  CONCAT('City ', seq % 300), (seq * 7919 % 100000) / 100, seq % 3 = 0, '2025-01-01' + INTERVAL seq * 61 MINUTE FROM seq_1_to_10000;
INSERT INTO orders SELECT seq, 1 + seq * 7 % 10000, ELT(1 + seq % 4, 'open', 'paid', 'shipped', 'cancelled'), (seq * 104729 % 1000000) / 100,
  IF(seq % 4 = 0, CONCAT('Please leave the parcel with the neighbour "', seq, '"'), NULL), seq % 4 > 0,
  '2025-06-01' + INTERVAL seq * 7 MINUTE + INTERVAL seq * 1.5 SECOND, '2025-06-02' + INTERVAL seq * 7 MINUTE FROM seq_1_to_50000;
INSERT INTO order_items SELECT o.seq, l.seq, CONCAT('Product ', o.seq * l.seq % 500), 1 + (o.seq + l.seq) % 9, (o.seq * l.seq * 31 % 10000) / 100 FROM seq_1_to_50000 o, seq_1_to_3 l;
ANALYZE TABLE customers, orders, order_items;
`
